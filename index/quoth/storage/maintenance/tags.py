"""Tags: a generation keeps a name and its segments, until the tag is deleted or broken.

A collector that has listed the tags before a new one was written does not know it. It ends within a collector's life,
so the generation must have another reason to stay for so long: a past one has a copy that lasts (rollback.py), and the
newest one, if it is replaced meanwhile, has a copy that is younger than the collector's grace.

Of what is withdrawn later a search as of the tag shows nothing, but the words are still in its segments. Erasing them
breaks the tag. A new tag has no such words, and is looked at again when it is written: a withdrawal comes before its
erasure, so either the erasure lists the tag, or the second look sees the withdrawal.

A process may end before its second look, or lose the response to its write. So a tag is first written unfinished, and
replaced by the finished one, on condition that nobody has changed it, after the second look. An unfinished tag holds
its segments as long as it may still be finished; then they are garbage, and it is an empty name that anybody may take.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

from quoth.effects import Effects
from quoth.errors import BadQuery, Conflict, Gone, NotFound, Unavailable
from quoth.storage import history, snapshot
from quoth.storage import manifest as manifests
from quoth.storage.commit import WRITER_LIFE, LedgerCache
from quoth.storage.history import DAYS, TAG_NAME, TAGS, Tag
from quoth.storage.ledger import fingerprints
from quoth.storage.maintenance.compaction import has_withdrawn
from quoth.storage.maintenance.rollback import lasting
from quoth.storage.manifest import Manifest
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
    known = existing.get(name)
    if known is not None and not known.is_unfinished:
        return _same(known, generation)
    if known is None and len(existing) >= MOST:
        raise BadQuery("name", f"is one too many: {MOST} tags are the limit; `quoth untag NAME` deletes one")
    newest = snapshot.load(store).manifest
    manifest = newest if generation == newest.generation else lasting(store, generation, days)
    if not manifest.generation:
        raise NotFound("the archive is empty: nothing can be tagged")
    _refuse_withdrawn(store, manifest, newest)
    etag = _begin(store, name, history.unfinished(manifest, effects.new_id()), known)
    if etag is not None:
        newest = snapshot.load(store).manifest
        if effects.clock() - began > WRITER_LIFE:
            raise Unavailable(f"the tag took longer than {WRITER_LIFE:.0f} seconds; try again")
        _refuse_withdrawn(store, manifest, newest)
        with suppress(Conflict):  # another process has changed it, or our own write whose response was lost
            store.replace(TAGS + name, manifests.to_bytes(manifest), etag)
    return _same(history.find_tag(store, name), generation)


def _begin(store: Store, name: str, data: bytes, known: Tag | None) -> str | None:
    """Write an unfinished tag, in the place of one that another process has left; return its ETag if it is ours."""
    try:
        return store.create(TAGS + name, data) if known is None else store.replace(TAGS + name, data, known.etag)
    except Conflict:  # with another process, or with our own write whose response was lost
        blob = store.get(TAGS + name)
    return blob.etag if blob.data == data else None


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
    """Return the tags of generations whose segments have words of an article or a ready-made quote up to a version."""
    finished = ((tag, tag.manifest) for tag in history.tags(store) if not tag.is_unfinished)
    return [tag for tag, manifest in finished if manifest is not None and _holds(store, manifest, {key: version})]


def break_withdrawn(store: Store) -> Sequence[Tag]:
    """Break the tags whose segments still have words of a withdrawn quote, and return them."""
    newest, done = snapshot.load(store).manifest, dict[str, Tag]()
    while doomed := [tag for tag in history.tags(store) if _must_break(store, tag, newest)]:
        for tag in doomed:
            # A conflict is looked at again: the tag may be deleted or broken by now, or finished.
            with suppress(Conflict):
                store.replace(TAGS + tag.name, history.broken(tag, newest.generation), tag.etag)
                done[tag.name] = tag
    return [*done.values()]


def _must_break(store: Store, tag: Tag, newest: Manifest) -> bool:
    try:
        return tag.manifest is not None and _has_words(store, tag.manifest, newest)
    except Gone:
        return tag.is_unfinished  # and was never finished


def _has_words(store: Store, tagged: Manifest, newest: Manifest) -> bool:
    """Whether the segments of a generation have words of what is withdrawn by now; if nobody knows, they may.

    Also of an earlier version, which was replaced before: a search does not show it, but its words are in the file.
    """
    if tagged.generation < newest.floor or any(map(has_withdrawn, tagged.segments)):
        return True
    return _holds(store, tagged, {item.key: item.version for item in newest.withdrawn})


def _holds(store: Store, tagged: Manifest, versions: Mapping[str, int]) -> bool:
    """Whether the segments of a generation have words of one of some items, up to its version."""
    hashes = fingerprints(versions)
    ledgers = LedgerCache(store).of(tagged).values() if versions else ()
    rows = (row for ledger in ledgers for row in ledger.find_all(hashes).items())
    return any(record.quotes and record.version <= versions[key] for key, (_, record) in rows)
