"""The command that lists and dismisses readers' reports."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from quoth import reports
from quoth.answers.labels import count, who_said
from quoth.archive import Archive
from quoth.cli.commands.maintain import CommandFactory
from quoth.cli.terminal import DONE, open_existing, print_json
from quoth.errors import NotFound
from quoth.quote import Quote
from quoth.reports import StoredReport
from quoth.text import timestamps
from quoth.text.sanitize import one_line

_WORDS = 100  # characters of a quote


def declare(command: CommandFactory, parent: argparse.ArgumentParser) -> None:
    """Add the command."""
    reports = command(
        "reports", run, "List readers' reports that a quote has the wrong speaker, or dismiss them.", parent
    )
    reports.add_argument(
        "--dismiss", nargs="+", metavar="ID", help="delete the reports of these quotes (q_…), and list no others"
    )


def run(options: argparse.Namespace) -> int:
    """Print the reports, the oldest first, or delete some."""
    archive = open_existing(options)
    if options.dismiss:
        dismissed = reports.dismiss(archive.store, options.dismiss)
        print_json({"dismissed": dismissed}) if options.json else print(f"{count(dismissed, 'report')} dismissed")
        return DONE
    found = []
    try:
        for each in reports.stored(archive.store):
            found.append((each, _quote(archive, each.report.quote)))
    finally:  # a damaged report hides no other
        _print(found, as_json=options.json)
    return DONE


def _print(found: list[tuple[StoredReport, Quote | None]], *, as_json: bool) -> None:
    if as_json:
        for each, quote in found:
            print_json(_as_json(each, quote))
    else:
        print("\n\n".join([count(len(found), "report"), *("\n".join(_lines(each, quote)) for each, quote in found)]))


def _quote(archive: Archive, quote_id: str) -> Quote | None:
    """Return a quote as it is now; `None` if it is there no longer."""
    try:
        return archive.get(quote_id)
    except NotFound:
        return None


def _as_json(each: StoredReport, quote: Quote | None) -> dict[str, str | None]:
    report = each.report
    return {
        "quote_id": report.quote,
        "time": timestamps.to_rfc3339(report.time),
        "source": report.source,
        "note": report.note,
        "text": None if quote is None else quote.text,
        "speaker": None if quote is None or quote.speaker is None else quote.speaker.name,
    }


def _lines(each: StoredReport, quote: Quote | None) -> Iterator[str]:
    report = each.report
    place = {"slack": "Slack", "page": "the page", "api": "the API"}[report.source]
    yield f"{report.quote} · {timestamps.to_rfc3339(report.time)} · from {place}"
    if quote is None:
        yield "   no longer in the index"
    else:
        yield f"   “{one_line(quote.text, _WORDS)}” {who_said(quote)}"
        yield f"   why: {one_line(quote.attribution.why)}"
    if report.note:
        yield f"   reader: {one_line(report.note)}"
