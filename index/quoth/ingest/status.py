"""The status of what was sent: an article, by its key, or a batch of ready-made quotes, by its id.

It is computed from what is stored, and never stored itself: what the ledger has is indexed, and the newest version that
was sent decides. So a version that is indexed clears every refusal of an earlier one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from quoth.article import Article
from quoth.errors import BadInput, Damaged, NotFound, StaleVersion
from quoth.ingest import originals, refusals
from quoth.ingest.identity import record_of
from quoth.ingest.refusals import Refusal, RefusalCode
from quoth.storage import snapshot
from quoth.storage.commit import LedgerCache
from quoth.storage.ledger import Record, classify, fingerprints
from quoth.storage.manifest import Manifest, locate_records
from quoth.storage.stores.protocol import Store

# The longest that a queue keeps a message, by SQS's own limit: what is older, not indexed and not refused is lost.
QUEUE_DAYS = 14
_EXPIRED = "it was never indexed, and no queue keeps a message for so long; send it again"

IntakeStatus = Literal["queued", "indexed", "refused", "withdrawn"]

_ARTICLE = re.compile(r"a_[A-Za-z0-9_-]{22}")
_BATCH = re.compile(r"i_(?P<sha256>[0-9a-f]{64})")


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemStatus:
    """How far an article or a batch of ready-made quotes is, in a generation of the index.

    `version` is the newest version that was sent of an article, and `indexed_version` the one that the index has, with
    `quotes`; both are `None` for a batch. `since` is the time at which it was sent or refused; `code` and `why` are
    known for what is refused.
    """

    key: str
    status: IntakeStatus
    generation: int
    quotes: int = 0
    version: int | None = None
    indexed_version: int | None = None
    since: datetime | None = None
    code: RefusalCode | Literal["expired"] | None = None
    why: str | None = None


def of(store: Store, key: str, ledgers: LedgerCache, now: float) -> ItemStatus:
    """Return the status of an article (`a_…`) or a batch (`i_…`); raises `NotFound` if nothing of it was ever sent.

    `now` is in seconds since 1970.
    """
    if _ARTICLE.fullmatch(key):
        return _article(store, key, ledgers, now)
    if (match := _BATCH.fullmatch(key)) is not None:
        return _batch(store, key, f"imports/{match['sha256']}.jsonl", ledgers, now)
    raise BadInput(f"must be the key of an article (a_…) or of a batch of quotes (i_…): {key[:80]!r}", field="id")


def batch_key(original: str) -> str:
    """Return the id of the batch of ready-made quotes that an object keeps.

    >>> batch_key("imports/3f2a.jsonl")
    'i_3f2a'
    """
    return "i_" + original.removeprefix("imports/").removesuffix(".jsonl")


def check_new_version(store: Store, article: Article) -> None:
    """Raise `StaleVersion` if another text was sent as this version of the article, and was not refused.

    It tells a sender at once what the commit would find out later; two that send at the same time are told by the
    commit alone.
    """
    ours = originals.of_key(originals.key_of(article))
    if ours is None or ours.is_withdrawn:  # a withdrawal is the same, whatever its text
        return
    for kept in originals.of_article(store, article.key):
        is_same = (kept.version, kept.is_withdrawn) == (ours.version, False)
        if is_same and kept.digest != ours.digest and refusals.of_original(store, kept.key) is None:
            detail = f"{ours.version} of this article came with another text before; raise the version to replace it"
            raise StaleVersion(detail, field="version")


def _article(store: Store, key: str, ledgers: LedgerCache, now: float) -> ItemStatus:
    # The index last: what is indexed meanwhile is told as indexed.
    sent = {kept.key: kept for kept in (*refusals.refused(store, key), *originals.of_article(store, key))}
    newest = max(sent.values(), key=lambda kept: (kept.version, kept.is_withdrawn, kept.modified), default=None)
    refusal = None if newest is None else refusals.of_original(store, newest.key)
    manifest = snapshot.load(store).manifest
    current = _located(manifest, ledgers, [key]).get(key)
    if newest is None and current is None:
        raise NotFound(f"no article with the key {key} was sent; a ready-made quote comes without its article")
    status = ItemStatus(
        key=key,
        status="withdrawn" if current is not None and current.withdrawn else "indexed",
        generation=manifest.generation,
        quotes=0 if current is None else current.quotes,
        indexed_version=None if current is None else current.version,
    )
    if newest is None:
        return replace(status, version=status.indexed_version)
    sent_record = Record(key, newest.version, newest.is_withdrawn, newest.digest, 0)
    match classify(sent_record, current):
        case "unchanged" | "superseded":
            return replace(status, version=status.indexed_version)
        case "clash":
            return _refused(replace(status, version=newest.version), "clash", refusal, newest.modified)
        case _:
            return _waiting(replace(status, version=newest.version), refusal, newest.modified, now)


def _batch(store: Store, key: str, original: str, ledgers: LedgerCache, now: float) -> ItemStatus:
    sent = [entry for entry in store.list(original).entries if entry.key == original]
    refusal = refusals.of_original(store, original)
    if not sent and refusal is None:
        raise NotFound(f"no batch of quotes has the id {key}")
    modified = sent[0].modified if sent else 0.0
    try:
        records = [record_of(item) for item in originals.load(store, original)] if sent else []
    except Damaged:  # the indexer rings the alarm, and refuses it
        records = []
    manifest = snapshot.load(store).manifest
    current = _located(manifest, ledgers, [record.key for record in records])
    verdicts = {record: classify(record, current.get(record.key)) for record in records}
    held = {record.key for record, verdict in verdicts.items() if verdict == "unchanged"}
    withdrawn = [record for record in current.values() if record.withdrawn]
    status = ItemStatus(
        key=key,
        status="withdrawn" if current and len(withdrawn) == len(current) else "indexed",
        generation=manifest.generation,
        quotes=len(held),
    )
    counts = Counter(verdicts.values())
    if not records or counts["added"] or counts["replaced"]:
        return _waiting(status, refusal, modified, now)
    return _refused(status, "clash", refusal, modified) if counts["clash"] else status


def _located(manifest: Manifest, ledgers: LedgerCache, keys: Sequence[str]) -> Mapping[str, Record]:
    """Return the records that the index has now, by key."""
    located = locate_records(manifest, ledgers.of(manifest), fingerprints(keys))
    return {key: found.record for key, found in located.items()}


def _waiting(status: ItemStatus, refusal: Refusal | None, modified: float, now: float) -> ItemStatus:
    """Return the status of what is not in the index: queued, unless it was refused or no queue can have it any more."""
    if refusal is not None:
        return _refused(status, refusal.code, refusal, modified)
    sent = _moment(modified)
    if now - modified > QUEUE_DAYS * 86_400:
        return replace(status, status="refused", since=sent, code="expired", why=_EXPIRED)
    return replace(status, status="queued", since=sent)


def _refused(status: ItemStatus, code: RefusalCode, refusal: Refusal | None, modified: float) -> ItemStatus:
    since = _moment(modified) if refusal is None else refusal.time
    return replace(status, status="refused", since=since, code=code, why=refusals.SENTENCES[code])


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)
