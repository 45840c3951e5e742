"""Queued jobs become part of the index: one commit a batch, and a failure a message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools import Logger
from pydantic import ValidationError

from functions import settings
from functions.models import Job
from quoth import intake
from quoth.archive import Archive
from quoth.errors import QuothError
from quoth.intake import Item

logger = Logger()


@dataclass(frozen=True, slots=True)
class Message:
    """A queue message and what its key names."""

    id: str
    items: tuple[Item, ...]


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Index a batch of SQS messages and name those that failed; SQS delivers them again, at last to dead letters."""
    archive = settings.archive(settings.current().store)
    messages, failed = _load(archive, event["Records"])
    failed += _index(archive, messages)
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def _load(archive: Archive, records: Sequence[dict[str, Any]]) -> tuple[list[Message], list[str]]:
    messages, failed = [], []
    for record in records:
        message_id = record["messageId"]
        try:
            job = Job.model_validate_json(record["body"])
            messages.append(Message(message_id, tuple(intake.load(archive.store, job.key))))
        except (ValidationError, QuothError) as error:
            logger.error("job cannot be read", extra={"message_id": message_id, "reason": _reason(error)})
            failed.append(message_id)
        except Exception:  # whatever is wrong with it, its neighbours are not
            logger.exception("job cannot be read", extra={"message_id": message_id})
            failed.append(message_id)
    return messages, failed


def _index(archive: Archive, messages: Sequence[Message]) -> list[str]:
    """Commit all messages together; when that fails for a reason nobody foresaw, each alone.

    So an article that our code stumbles over fails by itself, and its neighbours are indexed.
    """
    if not messages:
        return []
    try:
        return _commit(archive, messages)
    except QuothError as error:  # the store's: it would be the same for each message alone
        logger.error("batch not committed", extra={"messages": len(messages), "reason": _reason(error)})
        return [message.id for message in messages]
    except Exception:
        logger.exception("batch failed", extra={"message_ids": [message.id for message in messages]})
        if len(messages) == 1:
            return [messages[0].id]
        return [message_id for message in messages for message_id in _index(archive, [message])]


def _commit(archive: Archive, messages: Sequence[Message]) -> list[str]:
    report = archive.index([item for message in messages for item in message.items])
    outcomes = iter(report.outcomes)
    failed = []
    for message in messages:
        errors = [error for _ in message.items if (error := next(outcomes).error) is not None]
        if errors:
            failed.append(message.id)
            logger.error("refused", extra={"message_id": message.id, "reason": _reason(errors[0])})
    verdicts = [outcome.verdict for outcome in report.outcomes]
    counts: dict[str, object] = {verdict: verdicts.count(verdict) for verdict in sorted(set(verdicts))}
    logger.info("committed", extra={"generation": report.generation, **counts})
    return failed


def _reason(error: Exception) -> str:
    """Return why, in words of ours: a validation error would repeat the message itself."""
    if isinstance(error, ValidationError):
        return f"the message is not a job: {error.error_count()} errors"
    return str(error)[:200]
