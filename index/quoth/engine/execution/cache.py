"""What was computed and may be asked for again, within a bound."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")


class Cache:
    """What was computed, by name: the least recently used goes first when there is no room."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._held: OrderedDict[Hashable, tuple[int, Any]] = OrderedDict()

    def get(self, name: Hashable, make: Callable[[], T], size: Callable[[T], int]) -> T:
        """Return what is held under a name, or make it."""
        if name in self._held:
            self._held.move_to_end(name)
            value: T = self._held[name][1]
            return value
        value = make()
        taken = size(value)
        self._held[name] = taken, value
        self._room -= taken
        while self._room < 0 and len(self._held) > 1:
            self._room += self._held.popitem(last=False)[1][0]
        return value

    def __contains__(self, name: Hashable) -> bool:
        return name in self._held
