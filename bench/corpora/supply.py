"""The input of the engines: a file of quotes that each engine reads, without being charged for the reading.

Each engine builds in a separate process and reads quotes lot by lot, so that its peak of memory is its own.
"""

from __future__ import annotations

import hashlib
import pickle
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from quoth.engine import schema
from quoth.engine.analysis import words
from quoth.ingest.identity import record_of
from quoth.ingest.indexing import quotes_of
from quoth.quote import GivenQuote, Quote

Pair = tuple[str, Quote]  # the ledger key of a quote's record, and the quote

LOT = 1_000


def write(path: Path, given: Iterable[GivenQuote]) -> Iterator[Pair]:
    """Write ready-made quotes as Quoth imports them, and yield each one for counts and progress bars."""
    seen: set[str] = set()
    items = iter(given)
    with path.open("wb") as file:
        while lot := list(islice(items, LOT)):
            pairs = [(record_of(item).key, quote) for item in lot for quote in quotes_of(item)]
            # The ledger would reject the second of two equal quotes.
            fresh = [pair for key, pair in {pair[0]: pair for pair in pairs}.items() if key not in seen]
            seen.update(key for key, _ in fresh)
            pickle.dump(fresh, file, pickle.HIGHEST_PROTOCOL)
            yield from fresh


def read(path: Path) -> Iterator[list[Pair]]:
    """Yield the lots of a file that `write` wrote."""
    with path.open("rb") as file:
        while True:
            try:
                yield pickle.load(file)  # noqa: S301 - this program wrote it, a minute ago
            except EOFError:
                return


class Supply:
    """The `size` quotes of a file, which can be read once; `spent` counts the CPU nanoseconds of reading.

    It counts the CPU of the reading thread only, since an engine may work on another thread at the same time.
    """

    def __init__(self, path: Path, size: int) -> None:
        self._lots = read(path)
        self.size = size
        self.spent = 0

    def __iter__(self) -> Iterator[Pair]:
        while True:
            start = time.thread_time_ns()
            lot = next(self._lots, None)
            self.spent += time.thread_time_ns() - start
            if lot is None:
                return
            yield from lot


def columns(quote: Quote) -> dict[str, Any]:
    """Return the values that the other engines index beside the text: the same as Quoth, with the same hashed keys."""
    values = schema.fields(quote, " ".join(words(quote.text))).known()
    for name in schema.KEYS:
        digest = hashlib.blake2b(values[name].encode(), digest_size=8).digest()
        values[name] = int.from_bytes(digest, "little", signed=True)
    return values
