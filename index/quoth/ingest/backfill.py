"""A backfill: the articles of an archive in batches, each an object of the store that one invocation indexes.

    backfills/<name>/backfill.json             what was handed in, and the executions so far
    backfills/<name>/batches/<sha256>.jsonl    a batch of articles, an object a line, deflated
    backfills/<name>/results/<sha256>.json     what became of it: a batch without a result is still to be done
    backfills/<name>/runs/<number>.csv         what one execution is to do, a batch a line

A batch is named by its content, and the ledger makes indexing idempotent. So a backfill that is begun again does only
what is missing, and so does an invocation that is tried again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Self

import msgspec

from quoth import article as articles
from quoth.article import Article
from quoth.errors import BadInput, Conflict, Damaged, NotFound
from quoth.hashes import sha256
from quoth.ingest import originals
from quoth.storage.stores.protocol import Range, Store

PREFIX = "backfills/"

# A batch is one commit: of prose a thousand articles take some 12 seconds, and a commit besides a third of one. A batch
# of nothing but short quotes would take four minutes, a quarter of what its function has.
ARTICLES_A_BATCH = 1_000
TEXT_A_BATCH = 4 * 2**20  # characters
LARGEST_RESULT = 2**16  # bytes

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_BATCH = re.compile(rf"{PREFIX}(?P<name>{_NAME.pattern})/batches/(?P<sha256>[0-9a-f]{{64}})\.jsonl")


class BackfillState(msgspec.Struct, frozen=True, kw_only=True):
    """What was handed in: the number of articles in all batches, and of those refused; and the executions so far."""

    articles: int = 0
    refused: int = 0
    executions: tuple[str, ...] = ()


class BatchResult(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the articles of a batch, by verdict, and the number of their quotes.

    `refused` are those whose version the index has with another text, `failed` those that our code stumbled over.
    """

    articles: int = 0
    added: int = 0
    replaced: int = 0
    unchanged: int = 0
    superseded: int = 0
    withdrawn: int = 0
    refused: int = 0
    failed: int = 0
    quotes: int = 0

    def plus(self, other: Self) -> Self:
        """Return the sums of both."""
        return type(self)(**{name: getattr(self, name) + getattr(other, name) for name in self.__struct_fields__})


class BackfillProgress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a backfill is: the keys of its batches with a result, and of those that are missing."""

    done: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def batches(self) -> int:
        """The number of all batches."""
        return len(self.done) + len(self.missing)


def check_name(name: str) -> str:
    """Return the name of a backfill, which is a part of keys; raises `BadInput`."""
    if not _NAME.fullmatch(name):
        raise BadInput(f"must have up to 40 letters a-z, digits and hyphens: {name[:80]!r}", field="name")
    return name


def name_of(sources: Sequence[str]) -> str:
    """Return a name for what is handed in: the same sources have the same name.

    >>> name_of(["news/2024.jsonl"]) == name_of(["news/2024.jsonl"]) != name_of(["news/2025.jsonl"])
    True
    """
    return "from-" + sha256(json.dumps(list(sources)).encode())[:12]


def batches(stream: Iterable[Article]) -> Iterator[list[Article]]:
    """Yield the articles of a stream in batches, the same for the same stream."""
    batch: list[Article] = []
    text = 0
    for article in stream:
        if batch and (len(batch) == ARTICLES_A_BATCH or text + len(article.body) > TEXT_A_BATCH):
            yield batch
            batch, text = [], 0
        batch.append(article)
        text += len(article.body)
    if batch:
        yield batch


def keep(store: Store, name: str, batch: Sequence[Article], present: Collection[str]) -> str:
    """Store a batch, unless it is among the `present` ones, and return its key."""
    data = b"".join(originals.compact(articles.to_json(article)) + b"\n" for article in batch)
    key = f"{PREFIX}{check_name(name)}/batches/{sha256(data)}.jsonl"
    if key not in present:
        originals.create(store, key, data)
    return key


def load(store: Store, key: str) -> list[Article]:
    """Return the articles of a batch; raises `NotFound`, `Damaged`, and `BadInput` for the key of anything else."""
    if not _BATCH.fullmatch(key):
        raise BadInput(f"is not the key of a batch: {key[:100]!r}", field="batch")
    data = originals.fetch(store, key)
    if sha256(data) not in key:
        raise Damaged(f"{key} does not match its own hash")
    return [articles.from_json(json.loads(line)) for line in data.splitlines()]


def stored(store: Store, name: str) -> list[str]:
    """Return the keys of the batches of a backfill."""
    return [entry.key for entry in store.list(f"{PREFIX}{check_name(name)}/batches/").entries]


def finish(store: Store, key: str, result: BatchResult) -> BatchResult:
    """Store what became of a batch; another invocation may have told it already, and its result is returned."""
    try:
        store.create(_result_key(key), msgspec.json.encode(result))
    except Conflict:
        return result_of(store, key) or result
    return result


def result_of(store: Store, key: str) -> BatchResult | None:
    """Return what became of a batch, `None` if it is not done; raises `Damaged`."""
    try:
        return _result(key, store.get(_result_key(key)).data)
    except NotFound:
        return None


def progress(store: Store, name: str) -> BackfillProgress:
    """Return how far a backfill is."""
    found = {entry.key for entry in store.list(f"{PREFIX}{check_name(name)}/results/").entries}
    keys = stored(store, name)  # last: a batch without a result is then missing, and not unknown
    return BackfillProgress(
        done=tuple(key for key in keys if _result_key(key) in found),
        missing=tuple(key for key in keys if _result_key(key) not in found),
    )


def results(store: Store, done: Sequence[str]) -> BatchResult:
    """Return the sums of the results of batches that are done; raises `Damaged`."""
    total = BatchResult()
    data = store.get_ranges([Range(_result_key(key), 0, LARGEST_RESULT) for key in done])
    for key, told in zip(done, data, strict=True):
        total = total.plus(_result(key, told))
    return total


def write_run(store: Store, name: str, number: int, keys: Sequence[str]) -> str:
    """Store what an execution is to do, a batch a line, and return its key. No key has a comma or a quotation mark."""
    key = f"{PREFIX}{name}/runs/{number}.csv"
    data = "".join(f"{batch}\n" for batch in keys).encode()
    try:
        store.create(key, data)
    except Conflict:  # of an execution that could not be started
        store.replace(key, data, store.get(key).etag)
    return key


def state(store: Store, name: str) -> tuple[BackfillState, str | None]:
    """Return what was handed in, with its ETag, `None` if there is nothing yet; raises `Damaged`."""
    key = _state_key(name)
    try:
        blob = store.get(key)
        return msgspec.json.decode(blob.data, type=BackfillState), blob.etag
    except NotFound:
        return BackfillState(), None
    except msgspec.DecodeError as error:
        raise Damaged(f"{key} cannot be read: {type(error).__name__}") from None


def save(store: Store, name: str, now: BackfillState, tag: str | None) -> str:
    """Store what was handed in over the state with an ETag; raises `Conflict` if somebody else has changed it."""
    data = msgspec.json.encode(now)
    return store.create(_state_key(name), data) if tag is None else store.replace(_state_key(name), data, tag)


def names(store: Store) -> list[str]:
    """Return the names of all backfills."""
    return [entry.key.split("/")[1] for entry in store.list(PREFIX).entries if entry.key.endswith("/backfill.json")]


def _state_key(name: str) -> str:
    return f"{PREFIX}{check_name(name)}/backfill.json"


def _result_key(key: str) -> str:
    return key.replace("/batches/", "/results/").removesuffix("l")


def _result(key: str, data: bytes) -> BatchResult:
    try:
        return msgspec.json.decode(data, type=BatchResult)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Damaged(f"{_result_key(key)} cannot be read: {type(error).__name__}") from None
