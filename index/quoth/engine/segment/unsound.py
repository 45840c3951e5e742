"""Translate the errors that invalid bytes cause in code written for valid bytes.

The counts of a segment are checked when it is opened, and numpy checks every index. Its errors are translated at three
borders (an answer, a merge, a check), not where they happen: nothing in between catches them, and the fast paths have
no checks of their own. A bug of ours may raise the same errors, so the original error stays as the cause.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType

from quoth.errors import Damaged, Unavailable

_DATA_ERRORS = (ArithmeticError, LookupError, RecursionError, ValueError)


def as_damage(name: Callable[[], str]) -> AbstractContextManager[None]:
    """Raise `Damaged` for errors that only invalid bytes should cause; `name` returns the name of their file.

    >>> with as_damage(lambda: "segment s1"):
    ...     [0][1]
    Traceback (most recent call last):
    quoth.errors.Damaged: segment s1 has invalid data: IndexError('list index out of range')
    """
    return _Translated(name)


class _Translated:
    def __init__(self, name: Callable[[], str]) -> None:
        self._name = name

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, _DATA_ERRORS):
            raise Damaged(f"{self._name()} has invalid data: {error!r:.200}") from error
        if isinstance(error, MemoryError):
            raise Unavailable(f"not enough memory for {self._name()}") from error
