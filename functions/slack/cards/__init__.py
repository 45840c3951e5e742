"""The cards: how quotes, verdicts and speakers look in Slack, and which buttons they have."""
