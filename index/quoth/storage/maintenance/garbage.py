"""Garbage collection: delete files that no generation needs, once they are too old for any process to need them.

Segments are listed first, the manifest is read second, the history is listed third and read last. So the collector
sees every segment that is part of the index meanwhile: a segment that is replaced before the manifest is read is in a
copy of its generation, which was made earlier; one that is replaced later is in the manifest. A tag that is not listed
yet is of a generation that has a copy until this collector has ended (tags.py).

Age is measured by the store's clock alone. A file in no generation is either garbage, or belongs to a writer that has
not committed yet; then it is younger than a writer's life when it is listed, and than that plus a collector's life
when it is deleted. The same age decides about the temporary file of a killed writer in a directory, whose lock tells
besides that no process writes it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from quoth.effects import Effects
from quoth.errors import NotFound
from quoth.storage import history, segments, snapshot
from quoth.storage.commit import WRITER_LIFE
from quoth.storage.history import DAYS
from quoth.storage.manifest import Manifest
from quoth.storage.stores.protocol import Store, StoredObject, SweepableStore
from quoth.storage.transitions import reachable

# Seconds from a collector's first listing to its last deletion; Lambda ends a function after the same time.
COLLECTOR_LIFE = 900.0
# Seconds that a reader may continue with a replaced generation.
READER_LIFE = 1800.0
# Seconds. The copy of a generation may be a writer's life older than its replacement.
GRACE = WRITER_LIFE + COLLECTOR_LIFE + READER_LIFE


@dataclass(frozen=True, slots=True)
class CollectionReport:
    """The objects deleted (in a dry run, those to delete) and kept; `is_complete` unless time ran out."""

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
    """Delete the unreachable objects, for at most `life` seconds; `done` is called for each deleted object.

    Repeated and concurrent collections are harmless.
    """
    began = effects.clock()
    files = store.list(segments.PREFIX)
    current = snapshot.load(store)
    newest = current.manifest
    past = store.list(history.PREFIX)
    copies = history.copies(past.entries)
    kept = history.copies_to_keep(copies, past.now, grace=grace, days=days)
    generations = [_read_copy(store, copy) for copy in copies if copy.key in kept]
    tagged = [tag.manifest for tag in history.tags(store) if not _is_abandoned(tag, past.now, grace)]
    every = [newest, *(manifest for manifest in (*generations, *tagged) if manifest is not None)]
    needed = {segments.PREFIX + name for name in reachable(every)}
    young = {entry.key for entry in files.entries if files.now - entry.modified < grace}
    doomed = [entry for entry in files.entries if entry.key not in needed | young]
    doomed += [entry for entry in past.entries if entry.key not in kept]
    if current.etag is None:  # before the first commit, or the manifest is lost: then these files are all that is left
        doomed = []
    deleted = _delete(store, doomed, lambda: dry_run or effects.clock() - began < life, done, dry_run=dry_run)
    deleted_keys = {entry.key for entry in deleted}
    has_commits = current.etag is not None
    left = store.leftovers(grace, delete=not dry_run) if has_commits and isinstance(store, SweepableStore) else ()
    for _ in left:
        done()
    return CollectionReport(
        deleted=(*deleted, *left),
        kept=tuple(entry for entry in (*files.entries, *past.entries) if entry.key not in deleted_keys),
        generations=tuple(
            sorted({copy.generation for copy in copies if copy.key in kept} | {g.generation for g in every})
        ),
        is_complete=len(deleted) == len(doomed),
    )


def _is_abandoned(tag: history.Tag, now: float, grace: float) -> bool:
    """Whether nobody can finish a tag any more: that takes a writer's life at most."""
    return tag.is_unfinished and tag.tagged is not None and now - tag.tagged >= grace


def _read_copy(store: Store, copy: history.ManifestCopy) -> Manifest | None:
    try:
        return history.read_copy(store, copy)
    except NotFound:  # another collector has deleted it
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
