"""What Quoth answers, in JSON and in rows."""
