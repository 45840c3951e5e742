"""The handlers of Lambda on this machine."""
