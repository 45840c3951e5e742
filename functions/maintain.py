"""Hourly maintenance: merge small segments, and delete objects that no generation needs any more.

A run may end early, by an error, a crash or the clock, without harm: the next run continues. While the archive is
damaged nothing is deleted, since the deleted objects might be needed to restore it.

A run that an error ends fails: Lambda counts it for MaintenanceAlarm, which rings after three failed hours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger

from functions.runtime import integrity, settings
from quoth.archive import Archive
from quoth.errors import Conflict, Damaged, Unavailable
from quoth.storage.manifest import Manifest

# Seconds that must be left to begin another merge: the largest reads and writes 256 MiB.
MERGE_SECONDS = 240.0
# Seconds that must be left after the last deletion; each takes some 20 ms.
DELETE_SECONDS = 15.0

logger = Logger()

HasTime = Callable[[float], bool]


def handler(event: dict[str, Any], context: Any) -> None:
    """Compact, collect, and log the results."""
    archive = settings.archive(settings.current().store)

    def has_time(seconds: float) -> bool:
        return bool(context.get_remaining_time_in_millis() >= 1000 * seconds)

    try:
        _compact(archive, has_time)
        _collect(archive, context.get_remaining_time_in_millis() / 1000 - DELETE_SECONDS)
    except Damaged as error:
        logger.error("stopped: the archive is damaged", extra={"reason": str(error), **integrity.field(error)})
        raise
    except (Unavailable, Conflict) as error:
        logger.warning("stopped: the next run continues", extra={"reason": str(error)})
        raise


def _compact(archive: Archive, has_time: HasTime) -> None:
    def log(merged: Manifest) -> None:
        logger.info("merged", extra={"generation": merged.generation, "segments": len(merged.segments)})

    merges = archive.compact(log, may_continue=lambda: has_time(MERGE_SECONDS))
    logger.info("compacted", extra={"merges": merges})


def _collect(archive: Archive, seconds: float) -> None:
    report = archive.collect(seconds=seconds)
    sizes = [entry.size for entry in report.kept]
    counts = {"deleted": len(report.deleted), "kept": len(sizes), "kept_bytes": sum(sizes)}
    logger.info("collected" if report.is_complete else "collected in part: the next run continues", extra=counts)
