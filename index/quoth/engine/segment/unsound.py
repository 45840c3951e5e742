"""Translate the errors that invalid bytes cause in code written for valid bytes.

The counts of a segment are checked when it is opened, and numpy checks every index. Its errors are translated at three
borders (an answer, a merge, a check), not where they happen: nothing in between catches them, and the fast paths have
no checks of their own. A bug of ours may raise the same errors, so the original error stays as the cause.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from quoth.errors import Damaged, Unavailable

_DATA_ERRORS = (ArithmeticError, LookupError, RecursionError, ValueError)


@contextmanager
def as_damage(name: Callable[[], str]) -> Iterator[None]:
    """Raise `Damaged` for errors that only invalid bytes should cause; `name` returns the name of their file.

    >>> with as_damage(lambda: "segment s1"):
    ...     [0][1]
    Traceback (most recent call last):
    quoth.errors.Damaged: segment s1 has invalid data: IndexError('list index out of range')
    """
    try:
        yield
    except _DATA_ERRORS as error:
        raise Damaged(f"{name()} has invalid data: {error!r:.200}") from error
    except MemoryError as error:
        raise Unavailable(f"not enough memory for {name()}") from error
