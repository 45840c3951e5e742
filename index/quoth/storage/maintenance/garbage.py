"""Collection: what no generation needs any more is deleted, when it is old enough that nobody can still want it.

Segments are listed first, the manifest is read second, the history is listed third and read last. So whatever was part
of the index while this went on is seen: a segment that was replaced before the manifest was read is in a copy of its
generation, which was made before; one that was replaced later is in the manifest.

Age is told by the store's clock alone. What is in no generation is either a writer's that has not committed yet, and
younger than a writer's life when it is looked at and a collector's when it is deleted; or garbage.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from quoth.effects import Effects
from quoth.errors import NotFound
from quoth.storage import history, segments, snapshot
from quoth.storage.commit import WRITER_LIFE
from quoth.storage.manifest import Manifest
from quoth.storage.stores.protocol import Store, StoredObject
from quoth.storage.transitions import reachable

# Seconds from a collector's first look to its last deletion; Lambda ends a function after as long.
COLLECTOR_LIFE = 900.0
# Seconds that a reader may go on with a generation that has been replaced.
READER_LIFE = 1800.0
# Seconds. A copy of a generation may be a writer's life older than its replacement.
GRACE = WRITER_LIFE + COLLECTOR_LIFE + READER_LIFE
# Days that generations are kept, one a day in the end.
DAYS = 7.0


@dataclass(frozen=True, slots=True)
class CollectionReport:
    """What was deleted (or would be), and how much is left; `is_complete` when there was time for all of it."""

    deleted: tuple[StoredObject, ...]
    kept: tuple[StoredObject, ...]
    generations: tuple[int, ...]
    is_complete: bool


def collect(
    store: Store,
    effects: Effects,
    *,
    grace: float = GRACE,
    days: float = DAYS,
    life: float = COLLECTOR_LIFE,
    dry_run: bool = False,
    done: Callable[[], object] = lambda: None,
) -> CollectionReport:
    """Delete what nobody can reach, in at most `life` seconds; `done` is called once for each object that is.

    Running it twice, or two at a time, is harmless.
    """
    began = effects.clock()
    files = store.list(segments.PREFIX)
    held = snapshot.load(store)
    newest = held.manifest
    past = store.list(history.PREFIX)
    copies = history.copies(past.entries)
    kept = history.copies_to_keep(copies, past.now, grace=grace, days=days)
    generations = [_read(store, copy) for copy in copies if copy.key in kept]
    needed = {segments.PREFIX + name for name in reachable([newest, *(g for g in generations if g is not None)])}
    young = {entry.key for entry in files.entries if files.now - entry.modified < grace}
    doomed = [entry for entry in files.entries if entry.key not in needed | young]
    doomed += [entry for entry in past.entries if entry.key not in kept]
    if held.etag is None:  # before the first commit, or its manifest is lost: then these files are all there is
        doomed = []
    deleted = _delete(store, doomed, lambda: dry_run or effects.clock() - began < life, done, dry_run=dry_run)
    gone = {entry.key for entry in deleted}
    return CollectionReport(
        deleted=tuple(deleted),
        kept=tuple(entry for entry in (*files.entries, *past.entries) if entry.key not in gone),
        generations=tuple(sorted({copy.generation for copy in copies if copy.key in kept} | {newest.generation})),
        is_complete=len(deleted) == len(doomed),
    )


def _read(store: Store, copy: history.ManifestCopy) -> Manifest | None:
    try:
        return history.read_copy(store, copy)
    except NotFound:  # another collector was first
        return None


def _delete(
    store: Store,
    doomed: Collection[StoredObject],
    has_time: Callable[[], bool],
    done: Callable[[], object],
    *,
    dry_run: bool,
) -> list[StoredObject]:
    deleted = []
    for entry in doomed:
        if not has_time():
            break
        if not dry_run:
            store.delete(entry.key)
        deleted.append(entry)
        done()
    return deleted
