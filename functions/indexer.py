"""Queued jobs become part of the index: one commit for as many as fit, and a failure a message."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools import Logger
from pydantic import ValidationError

from functions.http.models import Job
from functions.runtime import integrity, settings
from quoth.archive import Archive
from quoth.article import Article
from quoth.errors import QuothError
from quoth.ingest import originals
from quoth.ingest.indexing import Outcome
from quoth.ingest.originals import Item
from quoth.quote import GivenQuote
from quoth.withdrawal import Withdrawal

# Messages that are read from the store at a time; each takes some 20 ms, nearly all of it waiting.
LOADERS = 8

# What makes one commit, in characters and quotes. A usual batch of a hundred articles has half a million characters and
# is one. A mebibyte that is nothing but the shortest quotes takes 27 seconds to extract (2 on prose), twice that where
# the processor is half as fast, and a commit must end within the function's time whatever its articles are.
TEXT_A_COMMIT = 8 * 2**20
SECONDS_A_CHARACTER = 60 / 2**20
# Seconds for all the rest of a commit: the ledgers, the segment, some lost races, and what is merged in passing.
SECONDS_A_COMMIT = 30.0

logger = Logger()


@dataclass(frozen=True, slots=True)
class Message:
    """A queue message, what its key names, and how many characters and ready-made quotes that is."""

    id: str
    items: tuple[Item, ...]
    text: int
    quotes: int


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Index a batch of SQS messages and name those that failed; SQS delivers them again, at last to dead letters."""
    archive = settings.archive(settings.current().store)
    messages, failed = _load(archive, event["Records"])
    for together in _commits(messages):
        failed += _index(archive, together, lambda: context.get_remaining_time_in_millis() / 1000)
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def _load(archive: Archive, records: Sequence[dict[str, Any]]) -> tuple[list[Message], list[str]]:
    with ThreadPoolExecutor(LOADERS) as loaders:
        loaded = list(loaders.map(lambda record: _message(archive, record), records))
    failed = [record["messageId"] for record, message in zip(records, loaded, strict=True) if message is None]
    return [message for message in loaded if message is not None], failed


def _message(archive: Archive, record: dict[str, Any]) -> Message | None:
    """Return a message with what it names, or `None` when that cannot be read."""
    message_id = record["messageId"]
    try:
        items = tuple(originals.load(archive.store, Job.model_validate_json(record["body"]).key))
    except (ValidationError, QuothError) as error:
        reason = {"reason": _reason(error), **integrity.field(error)}
        logger.error("job cannot be read", extra={"message_id": message_id, **reason})
        return None
    except Exception:  # whatever is wrong with it, its neighbours are not
        logger.exception("job cannot be read", extra={"message_id": message_id})
        return None
    quotes = sum(isinstance(item, GivenQuote) for item in items)
    return Message(message_id, items, sum(map(_length, items)), quotes)


def _length(item: Item) -> int:
    if isinstance(item, Article):
        return len(item.body)
    return len(item.text) + len(item.context or "") if isinstance(item, GivenQuote) else 0


def _commits(messages: Iterable[Message]) -> Iterator[list[Message]]:
    """Yield the messages in lists, each right for one commit; what is too much alone is alone."""
    together: list[Message] = []
    text = quotes = 0
    for message in messages:
        text, quotes = text + message.text, quotes + message.quotes
        if together and (text > TEXT_A_COMMIT or quotes > originals.QUOTES_A_COMMIT):
            yield together
            together, text, quotes = [], message.text, message.quotes
        together.append(message)
    if together:
        yield together


def _is_time(messages: Sequence[Message], seconds: float) -> bool:
    """Whether so many seconds are enough for a commit of these messages, whatever their articles are."""
    return seconds >= SECONDS_A_COMMIT + SECONDS_A_CHARACTER * sum(message.text for message in messages)


def _index(archive: Archive, messages: Sequence[Message], seconds: Callable[[], float]) -> list[str]:
    """Commit messages together and return which failed; `seconds` are left.

    When that fails for a reason nobody foresaw, each half is committed for itself, and so on: an article that our code
    stumbles over fails by itself, and its neighbours are indexed, in a dozen commits rather than a hundred.
    """
    failed = [message.id for message in messages]
    if not _is_time(messages, seconds()):  # a commit that is cut off is lost work; its messages come again
        logger.warning("no time for a commit", extra={"messages": len(messages)})
        return failed
    try:
        return _commit(archive, messages)
    except QuothError as error:  # the store's: it would be the same for each message alone
        reason = {"reason": _reason(error), **integrity.field(error)}
        logger.error("batch not committed", extra={"messages": len(messages), **reason})
        return failed
    except Exception:
        logger.exception("batch failed", extra={"message_ids": failed})
    if len(messages) == 1:
        return failed
    half = len(messages) // 2
    return [*_index(archive, messages[:half], seconds), *_index(archive, messages[half:], seconds)]


def _commit(archive: Archive, messages: Sequence[Message]) -> list[str]:
    items = [item for message in messages for item in message.items]
    report = archive.index(items)
    outcomes = iter(report.outcomes)
    failed = []
    for message in messages:
        errors = [error for _ in message.items if (error := next(outcomes).error) is not None]
        if errors:
            failed.append(message.id)
            logger.error("refused", extra={"message_id": message.id, "reason": _reason(errors[0])})
    counts = Counter(map(_became, items, report.outcomes))
    logger.info("committed", extra={"generation": report.generation, **dict(sorted(counts.items()))})
    return failed


def _became(item: Item, outcome: Outcome) -> str:
    """Return what became of an item, in a word."""
    takes_back = isinstance(item, Withdrawal) or (isinstance(item, Article) and item.is_withdrawn)
    return "withdrawn" if takes_back and outcome.verdict in ("added", "replaced") else outcome.verdict


def _reason(error: Exception) -> str:
    """Return why, in words of ours: a validation error would repeat the message itself."""
    if isinstance(error, ValidationError):
        return f"the message is not a job: {error.error_count()} errors"
    return str(error)[:200]
