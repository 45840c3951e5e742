"""The edge: AWS events in, responses out. It contains no domain rules."""
