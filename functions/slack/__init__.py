"""The Slack command: what a person typed, what the card shows, and what its buttons do.

Everything but `function`, `outbox` and `handover` is pure: values in, messages out.
"""
