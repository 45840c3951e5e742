"""The memory of cached pages: few large mappings, which all files share.

Memory costs 2 µs for each 4 KiB where the system gives it in its own pages, one after the other, and less than half a
microsecond in a mapping of whole huge pages, which it can give 2 MiB at once. The first mappings are small, as most
archives are.
"""

from __future__ import annotations

import contextlib
import mmap

from quoth.errors import Unavailable

# The sizes of the first mapping and of the largest one, in bytes.
FIRST = 128 * 2**10
_MAPPING = 8 * 2**20
# A longer part has its own mapping. So a mapping never ends with much unused memory.
_LARGEST = _MAPPING // 16
_UNIT = 4096  # a page of the system
HUGE = 2 * 2**20  # what it gives at once, but only to a mapping of whole such units

_PRIVATE = {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | getattr(mmap, "MAP_NORESERVE", 0)}


class PageMemory:
    """Memory that is taken, and given up all at once. What somebody still has a view of stays as it is.

    >>> memory = PageMemory()
    >>> len(memory.take(5_000)), memory.taken
    (5000, 8192)
    """

    def __init__(self) -> None:
        self.taken = 0  # bytes since it was given up
        self._rest = memoryview(b"")

    def take(self, size: int) -> memoryview:
        """Return new memory of so many bytes."""
        room = -(-size // _UNIT) * _UNIT
        self.taken += room
        if room > _LARGEST:
            return _mapped(room)[:size]
        if room > len(self._rest):
            # As much again as was taken before.
            self._rest = _mapped(_rounded(max(room, min(_MAPPING, max(FIRST, self.taken)))))
        taken, self._rest = self._rest[:size], self._rest[room:]
        return taken

    def give_up(self) -> None:
        """Begin anew: the system gets the memory back once nobody has a view of it."""
        self.taken = 0
        self._rest = memoryview(b"")


def _rounded(size: int) -> int:
    """Return the size of a mapping of at least `size` bytes, in whole huge pages unless it is small.

    >>> _rounded(FIRST) == FIRST, _rounded(5 * HUGE // 2) // HUGE
    (True, 3)
    """
    return size if 2 * size <= HUGE else -(-size // HUGE) * HUGE


def _mapped(size: int) -> memoryview:
    """Return a new mapping. What is not written to takes no memory."""
    try:
        memory = mmap.mmap(-1, size, **_PRIVATE)
    except OSError as error:
        raise Unavailable(f"no memory for {size} bytes of segments: {error.strerror}") from error
    if hasattr(mmap, "MADV_HUGEPAGE"):
        with contextlib.suppress(OSError):  # a kernel without huge pages
            memory.madvise(mmap.MADV_HUGEPAGE)
    return memoryview(memory)
