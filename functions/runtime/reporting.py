"""Record that a reader thinks a speaker is wrong, and let a metric count it.

A metric filter of template.yaml counts the log records with the field `report`. The record says where the report came
from, never from whom, and no word of it.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime

from aws_lambda_powertools import Logger

from quoth import reports
from quoth.archive import Archive
from quoth.reports import ReportSource, SpeakerReport

logger = Logger()
clock = time.time


def record(archive: Archive, quote_id: str, source: ReportSource, note: str | None = None) -> bool:
    """Record a report of a quote that exists; false if this source has reported it today. Raises as `Archive.get`.

    The quote must exist, so that nobody can fill the store with reports of nothing.
    """
    quote = archive.get(quote_id)
    now = datetime.fromtimestamp(int(clock()), UTC)
    report = SpeakerReport(quote=quote.id, time=now, source=source, note=reports.check_note(note))
    is_new = reports.record(archive.store, report)
    if is_new:  # a warning: all but one LogLevel let it pass
        logger.warning("a reader reports a wrong speaker", extra={"report": source})
    return is_new
