"""Reindexing: carry an archive over into a new store, from its originals, when the analysis of text has changed.

The ledgers of the old archive say which of its originals are in the index: of each record the version and the text.
They do not depend on the analysis. Adding is idempotent, so a run that was interrupted is simply begun again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

from quoth.errors import Refused
from quoth.ingest import originals
from quoth.ingest.identity import record_of
from quoth.ingest.originals import Item
from quoth.storage import numbers, snapshot
from quoth.storage.commit import LedgerCache
from quoth.storage.ledger import identity, pack
from quoth.storage.stores.protocol import Store

# Originals that are read at the same time, each with a request of its own.
PARALLEL = 8


@dataclass
class ReindexReport:
    """The outcome, in items: carried over, there from an earlier run, and left out.

    Left out are versions that were replaced, refused or rolled back. `missing` counts the records whose original was
    deleted, and that are therefore not in the new archive.
    """

    carried: int = 0
    present: int = 0
    left_out: int = 0
    missing: int = 0


def reindex(
    source: Store,
    into: Store,
    add: Callable[[list[Item]], object],
    begin: Callable[[int], object] = lambda _: None,
    done: Callable[[], object] = lambda: None,
) -> ReindexReport:
    """Carry an archive over: `add` adds a batch of its items to the new one, in `into`.

    `begin` is called with the number of originals, `done` once for each. Commits to the old archive meanwhile are
    carried over by another run. Raises `Refused` for an archive without originals.
    """
    wanted, present = _live_records(source), _live_records(into)
    report = ReindexReport(present=len(wanted & present))
    wanted -= present
    # The first of two that differ only in what the ledger does not know, such as the headline, is the indexed one.
    found = [entry for folder in originals.FOLDERS for entry in source.list(folder).entries]
    keys = [entry.key for entry in sorted(found, key=lambda entry: (entry.modified, entry.key))]
    if wanted and not keys:
        raise Refused(f"{source.uri} has no originals (articles/, imports/, withdrawals/) to index again")
    begin(len(keys))

    def items() -> Iterator[Item]:
        for several in _read(source, keys):
            for item in several:
                record = identity(pack([record_of(item)]))
                if record in wanted:
                    wanted.remove(record)
                    report.carried += 1
                    yield item
                elif record not in present:
                    report.left_out += 1
            done()

    for batch in originals.batches(items()):
        add(batch)
    report.missing = len(wanted)
    return report


def _live_records(store: Store) -> set[bytes]:
    """Return the identities of the records that are not retired."""
    manifest = snapshot.load(store).manifest
    ledgers = LedgerCache(store).of(manifest)
    return {
        identity(row)
        for segment in manifest.segments
        for number, (_, _, _, row) in enumerate(ledgers[segment.id].rows())
        if not numbers.holds(segment.retired, number)
    }


def _read(store: Store, keys: Iterable[str]) -> Iterator[list[Item]]:
    """Yield the items of each original, in order; a few are read ahead."""
    rest, ahead = iter(keys), deque[Future[list[Item]]]()
    with ThreadPoolExecutor(PARALLEL) as threads:
        for key in islice(rest, PARALLEL):
            ahead.append(threads.submit(originals.load, store, key))
        while ahead:
            yield ahead.popleft().result()
            for key in islice(rest, 1):
                ahead.append(threads.submit(originals.load, store, key))
