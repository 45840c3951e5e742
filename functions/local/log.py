"""The lines that the local server writes about its requests."""

from __future__ import annotations

import sys


def log_request(route_key: str | None, status: int) -> None:
    """Log the route and the status of a request; never its path or its query, since searches are private."""
    print(f"{route_key or 'no route'} {status}", file=sys.stderr)


def log_failure(name: str, error: Exception) -> None:
    """Log that a function failed by the kind of its error, whose message may have words of the request."""
    print(f"quoth: {name} failed: {type(error).__name__}", file=sys.stderr)
