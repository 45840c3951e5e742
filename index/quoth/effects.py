"""What the edges supply so that every flow inside can be replayed: fresh names, chance, and waiting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Effects:
    """The effects a flow may have besides its store.

    `token` returns a name that was never returned before, `chance` a number in [0, 1), `sleep` waits for seconds, and
    `now` returns seconds of this process's own clock, for how long something took and nothing else.
    """

    new_id: Callable[[], str]
    random: Callable[[], float]
    sleep: Callable[[float], None]
    clock: Callable[[], float]
