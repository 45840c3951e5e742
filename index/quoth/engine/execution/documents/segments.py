"""The opened segments of one snapshot. Documents are numbered through, segment after segment."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from quoth.engine import schema
from quoth.engine.execution.budget import Budget
from quoth.engine.execution.cache import Cache
from quoth.engine.segment import dictionary, layout
from quoth.engine.segment.layout import Array
from quoth.engine.segment.reader import FileSpan, SegmentReader
from quoth.storage.files.segment_file import SegmentFile

_DICTIONARIES = (".terms", ".values")
# The columns that are read whole.
COLUMNS = frozenset((*schema.NUMBERS, *schema.KEYS, *(f"{name}.ordinals" for name in schema.VALUES)))

Load = Callable[[Iterable[FileSpan]], object]


class SegmentView(NamedTuple):
    """A segment of a snapshot: its bytes, its table as JSON values, the records that are no longer part of it.

    `retired` has their numbers in the segment, in any order; `name` is for messages.
    """

    file: SegmentFile
    table: Mapping[str, Any]
    retired: Array | Sequence[int] = ()
    name: str = ""


class OpenSegments:
    """The readers of a snapshot's segments, with the cache and the budget that everything read from them shares.

    `load` fetches spans of segment files ahead, in one go; without it the files are in memory. Far files are in a store
    whose round trips take time. Files that `older`, an earlier snapshot, has opened already are not opened again.
    `bases` has the first document of each segment, and behind it the number of all documents; `have_parts` says whether
    a dictionary has more than one part.
    """

    def __init__(
        self,
        views: Sequence[SegmentView],
        load: Load | None,
        memory: int,
        older: OpenSegments | None,
        budget: Budget,
        *,
        is_far: bool = True,
    ) -> None:
        known = {reader.file: reader for reader in older.readers} if older is not None else {}
        self.readers: list[SegmentReader] = [
            known.get(view.file) or SegmentReader(view.file, layout.from_json(view.table), view.name) for view in views
        ]
        self._load = load
        self.is_far = is_far and load is not None
        self.cache = Cache(memory)
        self.budget = budget
        self.bases: Array = np.cumsum([0, *(reader.documents for reader in self.readers)])
        self.documents = int(self.bases[-1])
        self.have_parts = any(reader.documents > dictionary.PART for reader in self.readers)

    def fetch(self, spans: Iterable[FileSpan]) -> None:
        """Fetch spans in one go: a far store takes one round trip, a near one opens each file once."""
        if self._load is not None and (missing := list(spans)):
            self._load(missing)

    def open(self, sections: Iterable[str]) -> None:
        """Fetch whole sections of every far segment in one go, except those that are in memory already."""
        if self.is_far:
            self.fetch(self.spans(sections))

    def spans(self, sections: Iterable[str]) -> Iterator[FileSpan]:
        """Yield the spans of whole sections of every segment, except those that are in memory already."""
        missing = sorted(name for name in set(sections) if ("column", name) not in self.cache)
        return (reader.span(name) for reader in self.readers for name in missing if not reader.is_cached(name))

    def can_look_up(self, sections: Iterable[str]) -> bool:
        """Whether the dictionaries among some sections are in memory, so that terms and values can be looked up."""
        names = [name for name in sections if name.endswith(_DICTIONARIES)]
        return all(reader.is_cached(name) for reader in self.readers for name in names)

    def lacks_columns(self, sections: Iterable[str]) -> bool:
        """Whether one of the columns among some sections is not in memory."""
        return any(name in COLUMNS and ("column", name) not in self.cache for name in sections)
