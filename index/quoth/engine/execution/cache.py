"""A bounded cache of computed values."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")


class Cache:
    """Values by name, bounded by their total size: the least recently used is evicted first."""

    def __init__(self, capacity: int) -> None:
        self._free = capacity
        self._entries: OrderedDict[Hashable, tuple[int, Any]] = OrderedDict()

    def get(self, name: Hashable, make: Callable[[], T], size: Callable[[T], int]) -> T:
        """Return the value cached under a name, or make and cache it."""
        if name in self._entries:
            self._entries.move_to_end(name)
            value: T = self._entries[name][1]
            return value
        value = make()
        value_size = size(value)
        self._entries[name] = value_size, value
        self._free -= value_size
        while self._free < 0 and len(self._entries) > 1:
            self._free += self._entries.popitem(last=False)[1][0]
        return value

    def __contains__(self, name: Hashable) -> bool:
        return name in self._entries
