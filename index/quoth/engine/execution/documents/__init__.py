"""The documents of a snapshot: their segments, columns and stored quotes, and which of them are visible."""
