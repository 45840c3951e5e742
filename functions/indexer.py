"""Index queued jobs: one commit for as many messages as fit, and failures reported per message.

A clash is refused: the function stores a refusal for the sender (`quoth.ingest.refusals`) and does not try again. A
message that cannot be read, or fails at its last delivery, becomes a dead letter; its sender gets a refusal too.

Step Functions invokes it with a batch of a backfill in place of messages (`quoth.ingest.backfill`).
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from pydantic import ValidationError

from functions.http.models import Job
from functions.runtime import integrity, jobs, retries, settings
from quoth.archive import REAL, Archive
from quoth.article import Article
from quoth.errors import Damaged, NotFound, QuothError, Unavailable
from quoth.ingest import backfill, originals, refusals
from quoth.ingest.indexing import Outcome
from quoth.ingest.originals import Item
from quoth.ingest.refusals import RefusalCode
from quoth.quote import GivenQuote
from quoth.withdrawal import Withdrawal

# Messages loaded from the store in parallel; each takes some 20 ms, nearly all of it waiting.
LOADERS = 8

# The most characters of one commit; originals.QUOTES_A_COMMIT limits its quotes. A usual batch of a hundred articles
# has half a million characters and is one commit. A mebibyte of nothing but the shortest quotes takes 27 seconds to
# extract (2 for prose), and twice that on a processor half as fast. Any commit must end within the function's timeout.
TEXT_A_COMMIT = 8 * 2**20
SECONDS_A_CHARACTER = 60 / 2**20
# Seconds for the rest of a commit: the ledgers, the segment, some lost races, and merges in passing.
SECONDS_A_COMMIT = 30.0

logger = Logger()


@dataclass
class IndexingTally:
    """What became of messages: the ids of those to try again, and of those that our code stumbles over."""

    again: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    quotes: int = 0

    @property
    def failed(self) -> list[str]:
        """The ids of all messages that are not in the index."""
        return [*self.again, *self.broken]


@dataclass(frozen=True, slots=True)
class Message:
    """A queue message: the key of its original, its items, and their number of characters and ready-made quotes."""

    id: str
    key: str
    items: tuple[Item, ...]
    text: int
    quotes: int


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Index a batch of SQS messages and return the failed ones; SQS redelivers them, finally to the dead letters."""

    def seconds() -> float:
        return float(context.get_remaining_time_in_millis() / 1000)

    if "batch" in event:
        return _backfill(event["batch"], seconds)
    records = event["Records"]
    try:
        failed = _index_all(records, seconds)
    except Exception:  # Lambda logs and counts it, but it would leave all messages hidden for the queue's timeout
        _give_up(records)
        _retry_soon(records)
        raise
    unfinished = [record for record in records if record["messageId"] in failed]
    _give_up(unfinished)
    _retry_soon(unfinished)
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def _index_all(records: Sequence[dict[str, Any]], seconds: Callable[[], float]) -> list[str]:
    """Index messages and return the ids of the failed ones; `seconds` returns the remaining time."""
    archive = settings.archive(settings.current().store)
    messages, failed = _load(archive, records)
    tally = IndexingTally()
    for batch in _commits(messages):
        _index(archive, batch, seconds, tally)
    return [*failed, *tally.failed]


def _backfill(key: str, seconds: Callable[[], float]) -> dict[str, Any]:
    """Store and index the articles of a batch, and store its result. A batch with a result is not indexed again.

    Raises `Unavailable` if some of them are to be tried again: Step Functions does, and the ledger knows the others.
    """
    archive = settings.archive(settings.current().store)
    known = backfill.result_of(archive.store, key)
    if known is not None:
        return {"articles": known.articles}
    articles = backfill.load(archive.store, key)
    with ThreadPoolExecutor(LOADERS) as threads:
        kept = list(threads.map(lambda article: originals.keep(archive.store, [article]), articles))
    messages = [Message(k, k, (one,), len(one.body), 0) for one, (k,) in zip(articles, kept, strict=True)]
    tally = IndexingTally()
    for batch in _commits(messages):
        _index(archive, batch, seconds, tally)
    if tally.again:
        raise Unavailable(f"{len(tally.again)} of {len(articles)} articles are not indexed yet: {key}")
    for original in tally.broken:
        _refuse(original, "failed")
    counts = {"refused": tally.counts["clash"], "failed": len(tally.broken)}
    counts |= {name: tally.counts[name] for name in ("added", "replaced", "unchanged", "superseded", "withdrawn")}
    result = backfill.BatchResult(articles=len(articles), quotes=tally.quotes, **counts)
    return {"articles": backfill.finish(archive.store, key, result).articles}


def _retry_soon(records: Sequence[dict[str, Any]]) -> None:
    """Let SQS redeliver failed messages after the wait of their receive count.

    It comes last, since a message whose visibility ended during the invocation would be delivered twice. A fault here
    must not fail the batch: the messages are only delivered later, after the timeout of the queue.
    """
    if not records:
        return
    try:
        jobs.retry_later(settings.current().queue_url, records)
    except Exception:
        logger.exception("failed messages stay hidden for the timeout of the queue", extra={"messages": len(records)})


def _give_up(records: Sequence[dict[str, Any]]) -> None:
    """Store a refusal for each record that failed at its last delivery: the queue makes it a dead letter."""
    for record in records:
        with contextlib.suppress(ValueError, KeyError):  # a message that is no job is nobody's
            if int(record["attributes"]["ApproximateReceiveCount"]) >= retries.RECEIVES:
                _refuse(Job.model_validate_json(record["body"]).key, "failed", only_first=True)


def _refuse(original: str, code: RefusalCode, *, only_first: bool = False) -> bool:
    """Tell the sender of an original why it is refused; false if that cannot be told.

    With `only_first` an earlier refusal stays, which says more.
    """
    try:
        store = settings.archive(settings.current().store).store
        if only_first and refusals.of_original(store, original) is not None:
            return True
        return refusals.record(store, original, code, datetime.fromtimestamp(int(REAL.clock()), UTC))
    except Exception:
        logger.exception("the refusal cannot be stored", extra={"code": code})
        return False


def _load(archive: Archive, records: Sequence[dict[str, Any]]) -> tuple[list[Message], list[str]]:
    with ThreadPoolExecutor(LOADERS) as loaders:
        loaded = list(loaders.map(lambda record: _message(archive, record), records))
    failed = [record["messageId"] for record, message in zip(records, loaded, strict=True) if message is None]
    return [message for message in loaded if message is not None], failed


def _message(archive: Archive, record: dict[str, Any]) -> Message | None:
    """Return a message with its items, or `None` if they cannot be read."""
    message_id, key = record["messageId"], ""
    try:
        key = Job.model_validate_json(record["body"]).key
        items = tuple(originals.load(archive.store, key))
    except (ValidationError, QuothError) as error:
        reason = {"reason": _reason(error), **integrity.field(error)}
        logger.error("job cannot be read", extra={"message_id": message_id, **reason})
        if isinstance(error, Damaged | NotFound):
            _refuse(key, "damaged")
        return None
    except Exception:  # any other fault must not fail the neighbours
        logger.exception("job cannot be read", extra={"message_id": message_id})
        return None
    quotes = sum(isinstance(item, GivenQuote) for item in items)
    return Message(message_id, key, items, sum(map(_length, items)), quotes)


def _length(item: Item) -> int:
    if isinstance(item, Article):
        return len(item.body)
    return len(item.text) + len(item.context or "") if isinstance(item, GivenQuote) else 0


def _commits(messages: Iterable[Message]) -> Iterator[list[Message]]:
    """Yield the messages in batches, each for one commit; an oversized message is a batch by itself."""
    batch: list[Message] = []
    text = quotes = 0
    for message in messages:
        text, quotes = text + message.text, quotes + message.quotes
        if batch and (text > TEXT_A_COMMIT or quotes > originals.QUOTES_A_COMMIT):
            yield batch
            batch, text, quotes = [], message.text, message.quotes
        batch.append(message)
    if batch:
        yield batch


def _is_time(messages: Sequence[Message], seconds: float) -> bool:
    """Whether so many seconds are enough to commit these messages, even in the worst case."""
    return seconds >= SECONDS_A_COMMIT + SECONDS_A_CHARACTER * sum(message.text for message in messages)


def _index(archive: Archive, messages: Sequence[Message], seconds: Callable[[], float], tally: IndexingTally) -> None:
    """Commit messages together; `seconds` returns the remaining time.

    After an unexpected error each half is committed separately, and so on recursively: an article that triggers a bug
    fails alone, and its neighbours are indexed in a dozen commits rather than a hundred.
    """
    ids = [message.id for message in messages]
    if not _is_time(messages, seconds()):  # a commit cut off by the timeout is lost work; SQS redelivers its messages
        logger.warning("no time for a commit", extra={"messages": len(messages)})
        tally.again += ids
        return
    try:
        _commit(archive, messages, tally)
        return
    except QuothError as error:  # a fault of the store: each message alone would fail in the same way
        reason = {"reason": _reason(error), **integrity.field(error)}
        logger.error("batch not committed", extra={"messages": len(messages), **reason})
        tally.again += ids
        return
    except Exception:
        logger.exception("batch failed", extra={"message_ids": ids})
    if len(messages) == 1:
        tally.broken += ids
        return
    half = len(messages) // 2
    _index(archive, messages[:half], seconds, tally)
    _index(archive, messages[half:], seconds, tally)


def _commit(archive: Archive, messages: Sequence[Message], tally: IndexingTally) -> None:
    items = [item for message in messages for item in message.items]
    report = archive.index(items)
    outcomes = iter(report.outcomes)
    for message in messages:
        errors = [error for _ in message.items if (error := next(outcomes).error) is not None]
        if errors:
            logger.warning("refused", extra={"message_id": message.id, "reason": _reason(errors[0])})
            if not _refuse(_original(message), "clash"):
                tally.again.append(message.id)
    counts = Counter(map(_result, items, report.outcomes))
    tally.counts += counts
    tally.quotes += sum(outcome.quotes for outcome in report.outcomes)
    logger.info("committed", extra={"generation": report.generation, **dict(sorted(counts.items()))})


def _original(message: Message) -> str:
    """Return the key of a message's original as it would be stored today: articles of older archives have others."""
    (item, *_) = message.items
    return originals.key_of(item) if isinstance(item, Article) else message.key


def _result(item: Item, outcome: Outcome) -> str:
    """Return the outcome of an item as one word for the log."""
    withdraws = isinstance(item, Withdrawal) or (isinstance(item, Article) and item.is_withdrawn)
    return "withdrawn" if withdraws and outcome.verdict in ("added", "replaced") else outcome.verdict


def _reason(error: Exception) -> str:
    """Return the reason for the log: a validation error would repeat the content of the message."""
    if isinstance(error, ValidationError):
        return f"the message is not a job: {error.error_count()} errors"
    return str(error)[:200]
