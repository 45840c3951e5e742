"""The people and organisations that an article names, and their canonical speakers."""
