"""Readers' reports that a quote has the wrong speaker: one small object each, and never who sent it.

The key is `reports/<quote id>/<source>-<day>`, written on condition: however many people report a quote from one place,
there is one object a day.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Literal, NamedTuple

import msgspec

from quoth.errors import BadInput, Conflict, Damaged, NotFound
from quoth.storage.stores.protocol import Store
from quoth.text.sanitize import one_line

PREFIX = "reports/"
MAX_NOTE = 200  # characters

# The card in Slack, the page of a quote, and clients of the API that sign their requests.
ReportSource = Literal["slack", "page", "api"]

_ID = re.compile(r"q_[A-Za-z0-9_-]{1,64}")
_KEY = re.compile(rf"{PREFIX}(?P<quote>{_ID.pattern})/(?P<source>slack|page|api)-(?P<day>\d{{4}}-\d\d-\d\d)")


class SpeakerReport(msgspec.Struct, frozen=True, kw_only=True):
    """A report: the quote, when and where it was reported, and what a reader said about it, if anything."""

    quote: str
    time: datetime
    source: ReportSource
    note: str | None = None


class StoredReport(NamedTuple):
    """A report and its key."""

    key: str
    report: SpeakerReport


def key_of(report: SpeakerReport) -> str:
    """Return the key of a report.

    >>> key_of(SpeakerReport(quote="q_1", time=datetime(2026, 1, 2, tzinfo=UTC), source="slack"))
    'reports/q_1/slack-2026-01-02'
    """
    return f"{PREFIX}{report.quote}/{report.source}-{report.time.astimezone(UTC):%Y-%m-%d}"


def check_note(note: str | None) -> str | None:
    """Return a note on one line, `None` for an empty one; raises `BadInput` if it is too long."""
    line = one_line(note or "").strip()
    if len(line) > MAX_NOTE:
        raise BadInput(f"is {len(line)} characters long; the limit is {MAX_NOTE}", field="note")
    return line or None


def record(store: Store, report: SpeakerReport) -> bool:
    """Store a report of a quote that exists; false if its source has reported the quote on this day already."""
    if not _ID.fullmatch(report.quote):
        raise NotFound(f"no quote has the id {report.quote[:80]}")
    with suppress(Conflict):
        store.create(key_of(report), msgspec.json.encode(report))
        return True
    return False


def stored(store: Store) -> Iterator[StoredReport]:
    """Yield all reports, the oldest first; raises `Damaged` at the end if some could not be read."""
    damaged = []
    for entry in sorted(store.list(PREFIX).entries, key=lambda entry: entry.modified):
        try:
            yield StoredReport(entry.key, read(entry.key, store.get(entry.key).data))
        except NotFound:  # dismissed since
            continue
        except Damaged as error:
            damaged.append(str(error))
    if damaged:
        raise Damaged("; ".join(damaged))


def read(key: str, data: bytes) -> SpeakerReport:
    """Return the report of an object; raises `Damaged` if it is none, or has another key than its own."""
    try:
        report = msgspec.json.decode(data, type=SpeakerReport)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Damaged(f"{key} cannot be read: {type(error).__name__}") from None
    if not _KEY.fullmatch(key) or key_of(report) != key:
        raise Damaged(f"{key} has a report of another quote or day")
    return report


def dismiss(store: Store, quotes: Iterable[str]) -> int:
    """Delete the reports of some quotes; return how many there were."""
    wanted = set(quotes)
    found = [entry.key for entry in store.list(PREFIX).entries if entry.key.split("/")[1] in wanted]
    for key in found:
        store.delete(key)
    return len(found)


def erase(store: Store, is_gone: Callable[[str], bool]) -> int:
    """Delete the reports of quotes that are gone, whose notes may have their words; return how many there were."""
    quotes = {entry.key.split("/")[1] for entry in store.list(PREFIX).entries}
    return dismiss(store, filter(is_gone, sorted(quotes)))
