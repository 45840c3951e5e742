"""The edge: AWS events in, responses out. No rule of the domain lives here."""
