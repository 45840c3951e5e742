"""Answers in JSON and in rows."""
