"""The learned linear rankers and their features."""
