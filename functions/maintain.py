"""Every hour: small segments are merged, and what no generation needs any more is deleted.

Whatever ends a run early, an error, a crash or the clock, does no harm: the next run goes on. While something is
damaged nothing is deleted, since that might be what restores it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger

from functions.runtime import integrity, settings
from quoth.archive import REAL, Archive
from quoth.engine import segment
from quoth.errors import Conflict, Damaged, Unavailable
from quoth.storage.maintenance import compaction

# Seconds that must be left when another merge begins: the largest reads and writes 256 MiB.
MERGE_SECONDS = 240.0
# Seconds that must be left when the last object is deleted, which takes some 20 ms.
DELETE_SECONDS = 15.0

logger = Logger()

HasTime = Callable[[float], bool]


def handler(event: dict[str, Any], context: Any) -> None:
    """Compact, collect, and log what was done."""
    archive = settings.archive(settings.current().store)

    def has_time(seconds: float) -> bool:
        return bool(context.get_remaining_time_in_millis() >= 1000 * seconds)

    try:
        _compact(archive, has_time)
        _collect(archive, context.get_remaining_time_in_millis() / 1000 - DELETE_SECONDS)
    except Damaged as error:
        logger.error("stopped: the archive is damaged", extra={"reason": str(error), **integrity.field(error)})
    except (Unavailable, Conflict) as error:
        logger.warning("stopped: the next run goes on", extra={"reason": str(error)})


def _compact(archive: Archive, has_time: HasTime) -> None:
    merges = 0
    while has_time(MERGE_SECONDS):
        after = compaction.compact(archive.store, REAL, segment.merge)
        if after is None:
            break
        merges += 1
        held = after.manifest
        logger.info("merged", extra={"generation": held.generation, "segments": len(held.segments)})
    logger.info("compacted", extra={"merges": merges})


def _collect(archive: Archive, seconds: float) -> None:
    found = archive.collect(seconds=seconds)
    sizes = [entry.size for entry in found.kept]
    counts = {"deleted": len(found.deleted), "kept": len(sizes), "kept_bytes": sum(sizes)}
    logger.info("collected" if found.is_complete else "collected in part: the next run goes on", extra=counts)
