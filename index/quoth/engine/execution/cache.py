"""Computed values: a bounded cache of them, and properties that are computed once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")
S = TypeVar("S")


class Cache:
    """Values by name, bounded by their total size: the least recently used is evicted first."""

    def __init__(self, capacity: int) -> None:
        self._free = capacity
        self._entries: OrderedDict[Hashable, tuple[int, Any]] = OrderedDict()

    def get(self, name: Hashable, make: Callable[[], T], size: Callable[[T], int]) -> T:
        """Return the value cached under a name, or make and cache it."""
        entry = self._entries.get(name)
        if entry is not None:
            self._entries.move_to_end(name)
            known: T = entry[1]
            return known
        value = make()
        value_size = size(value)
        self._entries[name] = value_size, value
        self._free -= value_size
        while self._free < 0 and len(self._entries) > 1:
            self._free += self._entries.popitem(last=False)[1][0]
        return value

    def __contains__(self, name: Hashable) -> bool:
        return name in self._entries


class Lazy(Generic[S, T]):
    """A property that is computed when it is first asked for.

    `functools.cached_property` of Python 3.11 takes a lock for that, which costs as much as most of these properties.
    """

    def __init__(self, compute: Callable[[S], T]) -> None:
        self._compute = compute
        self.__doc__ = compute.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Lazy[S, T]: ...
    @overload
    def __get__(self, instance: S, owner: type) -> T: ...
    def __get__(self, instance: S | None, owner: type) -> Lazy[S, T] | T:
        if instance is None:
            return self
        value = instance.__dict__[self._name] = self._compute(instance)
        return value
