"""The people and bodies that an article names, and their canonical speakers."""
