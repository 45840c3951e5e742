"""What code for sound bytes raises when bytes are not sound, told as damage.

The counts of a segment are checked when it is opened, and numpy looks where every index leads. What it says then is
translated at three borders (an answer, a merge, a check), not where it happens: in between nothing is caught, and the
fast paths do not ask what cannot be. A mistake of ours may raise the same; so the first error stays as the cause.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from quoth.errors import Damaged, Unavailable

_UNSOUND = (ArithmeticError, LookupError, RecursionError, ValueError)


@contextmanager
def as_damage(name: Callable[[], str]) -> Iterator[None]:
    """Raise `Damaged` for what only unsound bytes can bring about; `name` says whose they are.

    >>> with as_damage(lambda: "segment s1"):
    ...     [0][1]
    Traceback (most recent call last):
    quoth.errors.Damaged: segment s1 holds what cannot be: IndexError('list index out of range')
    """
    try:
        yield
    except _UNSOUND as error:
        raise Damaged(f"{name()} holds what cannot be: {error!r:.200}") from error
    except MemoryError as error:
        raise Unavailable(f"not enough memory for {name()}") from error
