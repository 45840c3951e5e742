"""Train and evaluate the attribution model: `make train`, `make evaluate`. Not installed with the package."""
