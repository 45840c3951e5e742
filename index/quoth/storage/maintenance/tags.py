"""Tags: a generation keeps a name and its segments, until the tag is deleted or broken.

A collector that has listed the tags before a new one was written does not know it. It ends within a collector's life,
so the generation must have another reason to stay for so long: a past one has a copy that lasts (rollback.py), and the
newest one, if it is replaced meanwhile, has a copy that is younger than the collector's grace.

Of what is withdrawn later a search as of the tag shows nothing, but the words are still in its segments. Erasing them
breaks the tag. A new tag has no such words, and is looked at again when it is written: a withdrawal comes before its
erasure, so either the erasure lists the tag, or the second look sees the withdrawal.
"""

from __future__ import annotations

from collections.abc import Sequence

from quoth.effects import Effects
from quoth.errors import BadQuery, Conflict, NotFound, QuothError, Unavailable
from quoth.storage import history, snapshot, transitions
from quoth.storage import manifest as manifests
from quoth.storage.commit import WRITER_LIFE, LedgerCache
from quoth.storage.history import DAYS, TAG_NAME, TAGS, Tag
from quoth.storage.maintenance.compaction import has_withdrawn
from quoth.storage.maintenance.rollback import lasting
from quoth.storage.manifest import Manifest, locate_records
from quoth.storage.stores.protocol import Store

# Each costs the collector a request, and holds segments.
MOST = 200


def tag(store: Store, generation: int, name: str, effects: Effects, *, days: float = DAYS) -> Tag:
    """Keep a generation under a name; `days` is the collector's retention. Repeating it changes nothing.

    Raises `NotFound` for a generation that is not kept or expires soon, and `Conflict` if the name is another's.
    """
    if not TAG_NAME.fullmatch(name):
        raise BadQuery(
            "name", "must be up to 63 small letters, digits, dots, hyphens and underscores, and not a number"
        )
    began = effects.clock()
    existing = {tag.name: tag for tag in history.tags(store)}
    if (known := existing.get(name)) is not None:
        return _same(known, generation)
    if len(existing) >= MOST:
        raise BadQuery("name", f"is one too many: {MOST} tags are the limit; `quoth untag NAME` deletes one")
    newest = snapshot.load(store).manifest
    manifest = newest if generation == newest.generation else lasting(store, generation, days)
    if not manifest.generation:
        raise NotFound("the archive is empty: nothing can be tagged")
    _refuse_withdrawn(store, manifest, newest)
    try:
        store.create(TAGS + name, manifests.to_bytes(manifest))
    except Conflict:  # of another process, or our own write whose response was lost
        return _same(history.find_tag(store, name), generation)
    try:
        if effects.clock() - began > WRITER_LIFE:
            raise Unavailable(f"the tag took longer than {WRITER_LIFE:.0f} seconds; try again")
        _refuse_withdrawn(store, manifest, snapshot.load(store).manifest)
    except QuothError:
        store.delete(TAGS + name)
        raise
    return history.find_tag(store, name)


def _refuse_withdrawn(store: Store, manifest: Manifest, newest: Manifest) -> None:
    if _has_words(store, manifest, newest):
        raise Conflict(
            f"generation {manifest.generation} has words of what was withdrawn; "
            "run `quoth compact --erase`, and tag the generation after it"
        )


def _same(known: Tag, generation: int) -> Tag:
    if known.generation != generation or known.manifest is None:
        state = f"is the tag of generation {known.generation}" if known.manifest else "is broken"
        raise Conflict(f"{known.name} {state}; `quoth untag {known.name}` frees the name")
    return known


def untag(store: Store, name: str) -> None:
    """Delete a tag, also a broken or damaged one; raises `NotFound`. The collector then deletes what nobody needs."""
    if not TAG_NAME.fullmatch(name) or not any(entry.key == TAGS + name for entry in store.list(TAGS + name).entries):
        raise NotFound(f"no generation has the tag {name[:80]!r}; `quoth tags` lists the tags")
    store.delete(TAGS + name)


def holding(store: Store, key: str, version: int) -> list[Tag]:
    """Return the tags of generations that have an article or a ready-made quote up to a version."""
    found = []
    for tag in history.tags(store):
        if tag.manifest is not None:
            location = locate_records(tag.manifest, LedgerCache(store).of(tag.manifest), [key]).get(key)
            if location is not None and location.record.version <= version and not location.record.withdrawn:
                found.append(tag)
    return found


def break_withdrawn(store: Store) -> Sequence[Tag]:
    """Break the tags whose segments still have words of a withdrawn quote, and return them."""
    newest = snapshot.load(store).manifest
    done = [tag for tag in history.tags(store) if tag.manifest is not None and _has_words(store, tag.manifest, newest)]
    for tag in done:
        try:
            store.replace(TAGS + tag.name, history.broken(tag, newest.generation), tag.etag)
        except Conflict:
            continue  # another process has broken or deleted it
    return done


def _has_words(store: Store, tagged: Manifest, newest: Manifest) -> bool:
    """Whether the segments of a generation have words of what is withdrawn by now; if nobody knows, they may."""
    if any(map(has_withdrawn, tagged.segments)):
        return True
    try:
        if not newest.withdrawn_after(tagged.generation):
            return False
    except NotFound:
        return True
    shown = transitions.without_withdrawn(tagged, newest, LedgerCache(store).of(tagged))
    return any(map(has_withdrawn, shown.segments))
