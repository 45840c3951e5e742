"""The command `quoth`."""
