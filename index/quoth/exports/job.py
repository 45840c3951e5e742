"""An export job: its id, its state in the store, and what a client may do with it.

The state is one object, `exports/<id>.json`, changed only under its ETag. The file of rows is named by its own hash,
`exports/<id>-<sha256>.csv`, and so is the list of the records in it, so two workers of one job write either the same
objects or different ones. Docs: docs/decisions/0025-export-jobs.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any, NamedTuple, Protocol

import msgspec

from quoth.answers.schema import ExportStatus
from quoth.article import article_key
from quoth.engine.page import Edition
from quoth.engine.query.request import Request
from quoth.errors import BadInput, BadQuery, Conflict, Damaged, Expired, NotFound, Unavailable
from quoth.hashes import fingerprint, short_hash
from quoth.quote import Quote
from quoth.storage.stores.protocol import Store

PREFIX = "exports/"
MAX_ROWS = 50_000

# A worker lives no longer: a job that has been running for longer without a sign of it has none any more.
WORKER_SECONDS = 960
# A job that waits for longer waits for a message that is lost, or is among the dead letters.
WAITING_SECONDS = 6 * 3600
# How long states and files are kept.
KEPT_SECONDS = 24 * 3600
# How often a change begins again because another process changed the state first.
ATTEMPTS = 8

_ID = re.compile(r"e_[A-Za-z0-9_-]{22}")
_KEY = re.compile(rf"{PREFIX}({_ID.pattern})\.json")
_DIGEST = 8  # bytes of the hash of a record's key


class ExportJob(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a job.

    `generation` is the one whose rows are wanted, 0 for those of an archive that was still empty. `parameters` are
    those of the `Request`, without its limit. `is_sent` says that a message for a worker is queued. `rows` counts those
    written so far. The rest is known when the job is done, or failed (`why`, a sentence): `filtered` is the newest
    generation whose withdrawals the rows are without. `tag` is the tag under which the generation was asked for.
    """

    parameters: dict[str, Any]
    format: str
    most: int
    generation: int
    status: ExportStatus = "queued"
    is_sent: bool = False
    rows: int = 0
    bytes: int = 0
    sha256: str = ""
    filtered: int = 0
    why: str | None = None
    tag: str = ""

    @property
    def request(self) -> Request:
        """The request whose rows are wanted, in its generation."""
        return Request(**self.parameters, as_of=self.generation or None)

    def failed(self, why: str) -> ExportJob:
        """Return the job after a failure."""
        return msgspec.structs.replace(self, status="failed", why=why)


class ExportSource(Protocol):
    """What a job needs of an archive."""

    store: Store

    def edition(self) -> Edition:
        """Return the newest edition."""

    def generation_of(self, as_of: int | str) -> int:
        """Return the number of the generation that a number or a tag names; raises `BadQuery` for no tag."""

    def rows(self, request: Request, most: int) -> tuple[Edition, Iterator[Quote]]:
        """Return the quotes of a request."""

    def withdrawn_since(self, generation: int) -> frozenset[str]:
        """Return the keys of the records that were withdrawn after a generation; raises `Expired` if unknown."""


class StoredJob(NamedTuple):
    """The state of a job as the store has it: its ETag, the seconds since its last change, and the keys beside it."""

    job: ExportJob
    tag: str
    age: float
    keys: frozenset[str]


def ask(source: ExportSource, request: Request, kind: str, most: int, send: Callable[[str], None]) -> str:
    """Begin the job of a request, unless it exists already, and return its id.

    `send` queues a message that names the key of the job. The state is stored first, so no message names a missing job;
    it says `is_sent` only afterwards, so after a crash between the two the next request sends again. A second message
    does no harm.
    """
    newest = source.edition().generation
    generation = newest if request.as_of is None else source.generation_of(request.as_of)
    if generation > newest:
        raise BadQuery("as_of", f"generation {generation} does not exist yet; the newest is {newest}")
    job = ExportJob(parameters=_parameters(request), format=kind, most=most, generation=generation, tag=request.tag)
    job_id = "e_" + short_hash(request.canonical, kind, most, generation, *filter(None, [request.tag]))
    for _ in range(ATTEMPTS):
        found = find(source.store, job_id)
        if found is not None and not _must_be_sent(source, job_id, found):
            return job_id
        with suppress(Conflict):  # another client asks at the same time: look at what it did
            etag = _write(source.store, job_id, job, None if found is None else found.tag)
            send(key_of(job_id))
            with suppress(Conflict):  # a worker was faster
                _write(source.store, job_id, msgspec.structs.replace(job, is_sent=True), etag)
            return job_id
    raise Unavailable(f"export {job_id} changes all the time")


def look(source: ExportSource, job_id: str) -> ExportJob:
    """Return the state of a job for a client; raises `NotFound`, and `Expired` if its rows were withdrawn since."""
    found = find(source.store, job_id)
    if found is None:
        raise NotFound(f"no export has the id {job_id[:80]}; exports are kept for a day")
    job = shown(found)
    if job.status == "done":
        if file_key(job_id, job) not in found.keys:
            raise NotFound(f"the file of export {job_id} has expired; ask again for a new one")
        if is_withdrawn(source, job_id, job):
            raise Expired("something in this export was withdrawn since; ask again for a new one")
    return job


def find(store: Store, job_id: str) -> StoredJob | None:
    """Return the state of a job, `None` if there is none."""
    if not _ID.fullmatch(job_id):
        return None
    loaded = load(store, job_id)
    if loaded is None:
        return None
    listing = store.list(PREFIX + job_id)  # after the state: what a state names was written before it
    ages = [listing.now - entry.modified for entry in listing.entries if entry.key == key_of(job_id)]
    return StoredJob(*loaded, max(ages, default=0.0), frozenset(entry.key for entry in listing.entries))


def load(store: Store, job_id: str) -> tuple[ExportJob, str] | None:
    """Return the state of a job with its ETag, `None` if there is none."""
    try:
        blob = store.get(key_of(job_id))
        return msgspec.json.decode(blob.data, type=ExportJob), blob.etag
    except NotFound:
        return None
    except msgspec.DecodeError as error:
        raise Damaged(f"{key_of(job_id)} cannot be read: {type(error).__name__}") from error


def shown(found: StoredJob) -> ExportJob:
    """Return the state that a client sees: a job whose worker or message is lost has failed."""
    job = found.job
    if job.status == "running" and found.age > WORKER_SECONDS:
        return job.failed("its worker ended without a result; ask again")
    if job.status == "queued" and (found.age > WAITING_SECONDS or not job.is_sent) and found.age > WORKER_SECONDS:
        return job.failed("no worker began it; ask again")
    return job


def unfinished(store: Store) -> Iterator[str]:
    """Yield the keys of the jobs that wait or run: for a queue that forgets its messages when its process ends."""
    for entry in store.list(PREFIX).entries:
        match = _KEY.fullmatch(entry.key)
        found = None if match is None else load(store, match[1])
        if found is not None and found[0].status in ("queued", "running"):
            yield entry.key


def forget(store: Store) -> None:
    """Delete exports older than a day. In a bucket, a lifecycle rule does that."""
    listing = store.list(PREFIX)
    for entry in listing.entries:
        if listing.now - entry.modified > KEPT_SECONDS:
            store.delete(entry.key)


def change(store: Store, job_id: str, to: Callable[[ExportJob], ExportJob]) -> ExportJob | None:
    """Change the state of a job that is not done, and return what it is then; `None` if it has expired."""
    for _ in range(ATTEMPTS):
        loaded = load(store, job_id)
        if loaded is None or loaded[0].status == "done":
            return None if loaded is None else loaded[0]
        job, tag = to(loaded[0]), loaded[1]
        with suppress(Conflict):  # another worker of the same job
            _write(store, job_id, job, tag)
            return job
    raise Unavailable(f"export {job_id} changes all the time")


def is_withdrawn(source: ExportSource, job_id: str, job: ExportJob) -> bool:
    """Whether a record of a finished job was withdrawn since, or nobody knows."""
    try:
        withdrawn = source.withdrawn_since(job.filtered)
    except Expired:
        return True
    if not withdrawn:
        return False
    try:
        return is_touched(source.store.get(keys_key(job_id, job)).data, withdrawn)
    except NotFound:  # it expires with the file
        return True


def record_keys(quote: Quote) -> Iterator[str]:
    """Yield the keys of the records whose withdrawal withdraws a quote."""
    yield article_key(quote.article.id)
    if quote.attribution.method == "given":
        yield quote.id


def packed(keys: Iterable[str]) -> bytes:
    """Return keys as their short hashes, sorted: eight bytes each.

    >>> len(packed(["a_1", "a_2", "a_1"])), is_touched(packed(["a_1", "a_2"]), {"a_2"}), is_touched(b"", {"a_2"})
    (16, True, False)
    """
    return b"".join(sorted({fingerprint(key)[:_DIGEST] for key in keys}))


def is_touched(data: bytes, keys: Iterable[str]) -> bool:
    """Whether one of some keys is among the packed ones."""
    hashes = {data[start : start + _DIGEST] for start in range(0, len(data), _DIGEST)}
    return any(fingerprint(key)[:_DIGEST] in hashes for key in keys)


def key_of(job_id: str) -> str:
    """Return the key of the state of a job, which messages name."""
    return f"{PREFIX}{job_id}.json"


def id_of(key: str) -> str:
    """Return the id of the job with a key; raises `BadInput` for any other key.

    >>> id_of("exports/e_0123456789abcdefghijkl.json")
    'e_0123456789abcdefghijkl'
    """
    match = _KEY.fullmatch(key)
    if match is None:
        raise BadInput(f"is not the key of an export: {key[:100]!r}", field="key")
    return match[1]


def file_key(job_id: str, job: ExportJob) -> str:
    """Return the key of the file of a finished job."""
    return f"{PREFIX}{job_id}-{job.sha256}.{job.format}"


def keys_key(job_id: str, job: ExportJob) -> str:
    """Return the key of the list of the records in the file of a finished job."""
    return f"{PREFIX}{job_id}-{job.sha256}.keys"


def _must_be_sent(source: ExportSource, job_id: str, found: StoredJob) -> bool:
    """Whether a request begins its job anew: no message was sent for it, it failed, or its file is of no use."""
    job = shown(found)
    if job.status == "queued":
        return not job.is_sent
    if job.status == "done":
        return file_key(job_id, job) not in found.keys or is_withdrawn(source, job_id, job)
    return job.status == "failed"


def _write(store: Store, job_id: str, job: ExportJob, tag: str | None) -> str:
    data = msgspec.json.encode(job)
    return store.create(key_of(job_id), data) if tag is None else store.replace(key_of(job_id), data, tag)


def _parameters(request: Request) -> dict[str, Any]:
    """Return the parameters that decide the rows, without those that are as by default."""
    unwanted = ("limit", "as_of", "cursor", "facets", "facet_size", "highlight")
    names = [name for name in request.__struct_fields__ if name not in unwanted]
    default = Request()
    return {name: value for name in names if (value := getattr(request, name)) != getattr(default, name)}
