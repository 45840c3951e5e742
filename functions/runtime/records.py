"""The log of a function, loaded with its first record: a search that succeeds writes none, and starts faster."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger


@cache
def logger() -> Logger:
    """Return the logger, which writes records as JSON with their fields."""
    from aws_lambda_powertools import Logger

    return Logger()
