"""How the weights of the attribution are learned and measured: `make train`, `make evaluate`. Not installed."""
