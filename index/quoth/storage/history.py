"""Past generations: copies of the manifest, for rollback and audit. They never decide a commit.

Before a generation is replaced, it is copied to `history/<generation>-<nonce of the next one>`. Each attempt uses a
fresh name, so the age of a copy by the store's clock is the time since its generation was replaced, to within a
writer's life. The collector thins out the copies (garbage.py).

A tag is a copy with a name, `tags/<name>`, which the collector never touches: the generation stays for a publication
that cites it. maintenance/tags.py makes, deletes and breaks tags.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple

from quoth.errors import Damaged, NotFound
from quoth.storage import manifest as manifests
from quoth.storage import snapshot
from quoth.storage.manifest import Manifest
from quoth.storage.snapshot import Snapshot
from quoth.storage.stores.protocol import Store, StoredObject

PREFIX = snapshot.HISTORY
TAGS = "tags/"

TAG_NAME = re.compile(r"(?=.*[a-z])[a-z0-9][a-z0-9._-]{0,62}")  # never a number, which is that of a generation
_NAME = re.compile(r"history/(\d{12})-[A-Za-z0-9_-]+")

_BROKEN = b'{"broken":'
# What stands before the manifest of a tag that is not finished.
_UNFINISHED = b'{"unfinished":'

HOUR, DAY = 3600.0, 86400.0
# Days that past generations are kept; the oldest ones, one a day.
DAYS = 7.0


class ManifestCopy(NamedTuple):
    """A copy of a generation; `modified` is the time of the copy, by the store's clock."""

    key: str
    generation: int
    modified: float
    size: int


class Tag(NamedTuple):
    """A generation that is kept under a name; `tagged` is the time by the store's clock, if the tag was listed.

    A broken tag has no manifest any more: what it held was withdrawn and erased. `broken_in` is the generation in which
    that was found. An unfinished one is no promise yet: nobody finds it, and the collector keeps its segments only as
    long as it may still be finished.
    """

    name: str
    generation: int
    tagged: float | None
    etag: str
    manifest: Manifest | None
    broken_in: int | None = None
    is_unfinished: bool = False


def keep(store: Store, current: Snapshot, nonce: str) -> None:
    """Copy the current generation before the one with this nonce replaces it.

    Raises `Conflict` or `Unavailable` if it is unknown whether the copy exists: try again with another nonce.
    """
    if current.etag is not None:
        store.create(f"{PREFIX}{current.manifest.generation:012}-{nonce}", manifests.to_bytes(current.manifest))


def copies(entries: Iterable[StoredObject]) -> list[ManifestCopy]:
    """Return the copies among listed objects, oldest generation first."""
    matches = [(entry, _NAME.fullmatch(entry.key)) for entry in entries]
    copies = [ManifestCopy(entry.key, int(name[1]), entry.modified, entry.size) for entry, name in matches if name]
    return sorted(copies, key=lambda copy: (copy.generation, copy.modified, copy.key))


def copies_to_keep(copies: Iterable[ManifestCopy], now: float, *, grace: float, days: float) -> set[str]:
    """Return the keys of the copies to keep: all for `grace` seconds, then one an hour for a day, then one a day.

    The last copy of each hour of the store's clock is kept; after a day, the last copy of each day, for `days` days.
    A dropped copy is never selected later: the copy of a day is one of the last copies of its hours.
    """
    young, hours = set[str](), dict[float, ManifestCopy]()
    for copy in sorted(copies, key=lambda copy: (copy.modified, copy.generation)):
        if now - copy.modified < grace:
            young.add(copy.key)
        else:
            hours[copy.modified // HOUR] = copy
    old = [copy for copy in hours.values() if now - copy.modified >= DAY]
    daily = {copy.modified // DAY: copy for copy in old if now - copy.modified < days * DAY}
    return young | {copy.key for copy in hours.values() if now - copy.modified < DAY} | {c.key for c in daily.values()}


def find_generation(store: Store, generation: int) -> Manifest:
    """Return a past generation, or the current one; raises `NotFound` if it is not kept."""
    for copy in reversed(copies(store.list(f"{PREFIX}{generation:012}-").entries)):
        with suppress(NotFound):
            return read_copy(store, copy)
    current = snapshot.load(store).manifest
    if current.generation == generation and generation:
        return current
    for tag in tags(store):
        if tag.generation == generation and tag.manifest is not None and not tag.is_unfinished:
            return tag.manifest
    raise NotFound(f"generation {generation} is not kept; `quoth history` lists those that are")


def tags(store: Store) -> list[Tag]:
    """Return all tags, by name; raises `Damaged` if one cannot be read: nobody knows then which segments it needs."""
    found = []
    for entry in store.list(TAGS).entries:
        with suppress(NotFound):  # deleted since
            found.append(_read_tag(store, entry.key, entry.modified))
    return found


def find_tag(store: Store, name: str) -> Tag:
    """Return a tag; raises `NotFound` if there is none of this name, or if it is broken or unfinished."""
    unknown = NotFound(f"no generation has the tag {name[:80]!r}; `quoth tags` lists the tags")
    if not TAG_NAME.fullmatch(name):
        raise unknown
    try:
        tag = _read_tag(store, TAGS + name, None)
    except NotFound:
        raise unknown from None
    if tag.manifest is None:
        raise NotFound(f"the tag {name} of generation {tag.generation} is broken: part of what it held was erased")
    if tag.is_unfinished:
        raise NotFound(f"the tag {name} is not finished; `quoth tag {tag.generation} {name}` finishes it")
    return tag


def _read_tag(store: Store, key: str, tagged: float | None) -> Tag:
    blob = store.get(key)
    return tag_of(key, blob.data, tagged, blob.etag)


def tag_of(key: str, data: bytes, tagged: float | None = None, etag: str = "") -> Tag:
    """Return the tag that is stored under a key; raises `Damaged`."""
    name = key.removeprefix(TAGS)
    try:
        if data.startswith(_BROKEN):
            generation, since = json.loads(data)["broken"]
            return Tag(name, int(generation), tagged, etag, None, int(since))
        is_unfinished = data.startswith(_UNFINISHED)
        manifest = manifests.from_bytes(data.partition(b"\n")[2] if is_unfinished else data)
    except (Damaged, ValueError, TypeError) as error:
        raise Damaged(f"{key} cannot be read: {error}; `quoth untag {name}` deletes it") from error
    return Tag(name, manifest.generation, tagged, etag, manifest, is_unfinished=is_unfinished)


def broken(tag: Tag, since: int) -> bytes:
    """Return what is stored in place of a tag that is broken."""
    return _BROKEN + b"[%d,%d]}" % (tag.generation, since)


def unfinished(manifest: Manifest, nonce: str) -> bytes:
    """Return what is stored as a tag until it is finished; the nonce makes it differ from that of another process."""
    return _UNFINISHED + b'"%b"}\n%b' % (nonce.encode(), manifests.to_bytes(manifest))


def read_copy(store: Store, copy: ManifestCopy) -> Manifest:
    """Return the manifest in a copy; raises `Damaged` if its generation differs from the copy's name."""
    manifest = manifests.from_bytes(store.get(copy.key).data)
    if manifest.generation != copy.generation:
        raise Damaged(f"{copy.key} holds generation {manifest.generation}")
    return manifest
