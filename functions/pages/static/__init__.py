"""Files that pages load, and their versions."""
