"""The report as plain text, for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from quoth.answers.reports import facts
from quoth.answers.reports.facts import ToldQuote
from quoth.checking.report import CheckReport
from quoth.text.sanitize import one_line


def write(reports: Iterable[tuple[str, CheckReport]], emphasized: Callable[[str], str] = str) -> str:
    """Return the reports on named drafts, one after the other."""
    return "\n\n".join("\n\n".join(_blocks(name, report, emphasized)) for name, report in reports) + "\n"


def _blocks(name: str, report: CheckReport, emphasized: Callable[[str], str]) -> Iterator[str]:
    yield f"{emphasized(one_line(name, 120))}: {facts.summary(report)}"
    for group, quotes in report.groups().items():
        yield emphasized(f"{facts.TITLES[group]} ({len(quotes):,})")
        for quote in quotes:
            yield "\n".join(_lines(facts.told(quote), emphasized))
    if report.quotes:
        yield facts.scope(report)


def _lines(quote: ToldQuote, emphasized: Callable[[str], str]) -> Iterator[str]:
    yield f"line {quote.line}: “{quote.words}”"
    yield f"   {emphasized(quote.speaker)} · {quote.verdict}: {quote.why}"
    for difference in quote.differences:
        yield f"   {difference}"
    for source in quote.sources:
        yield f"   {source.label}: “{source.words}” {source.speaker}"
        yield f"      {source.source} · {source.link or 'no link'} · {source.id}"
    yield f"   {quote.id}"
