"""What every form of a report tells: titles, sentences, and the facts about each quote, each on one line.

The words come from drafts and articles: they are without controls here, and each form escapes its own mark-up.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from quoth.answers.labels import count, difference, nobody, source
from quoth.answers.labels import speaker as speaker_label
from quoth.checking import evidence
from quoth.checking.evidence import EvidenceQuote
from quoth.checking.report import CheckedQuote, CheckReport, Group
from quoth.citation import source_link
from quoth.engine.verify.verify import Verification
from quoth.text.sanitize import one_line

TITLES: dict[Group, str] = {
    "altered": "Altered: a difference may change what was said",
    "spliced": "Spliced: pieces of several utterances stand as one quote",
    "other_speaker": "Said by somebody else",
    "denied": "Denied: an article says that this person did not say it",
    "not_found": "Not found in this archive",
    "partial": "Partial: the words are a part of something longer",
    "speaker_unknown": "The words are confirmed, the speaker is not",
    "unchecked": "Not checked",
    "too_short": "Too short to verify",
    "confirmed": "Confirmed",
    "ignored": "Settled by hand",
}
_COUNTED: dict[Group, str] = {
    "altered": "altered",
    "spliced": "spliced",
    "other_speaker": "said by somebody else",
    "denied": "denied",
    "not_found": "not found",
    "partial": "partial",
    "speaker_unknown": "with an unknown speaker",
    "unchecked": "not checked",
    "too_short": "too short to verify",
    "confirmed": "confirmed",
    "ignored": "settled by hand",
}
NO_QUOTES = "There is no quote to check."


class ToldSource(NamedTuple):
    """A quote of the archive as a report shows it; the link opens the source at the quote, if it has an address."""

    label: str
    words: str
    speaker: str
    source: str
    link: str | None
    id: str


class ToldQuote(NamedTuple):
    """A quote of a draft as a report shows it."""

    line: int
    words: str
    speaker: str
    verdict: str
    why: str
    differences: tuple[str, ...]
    sources: tuple[ToldSource, ...]
    id: str


def told(checked: CheckedQuote) -> ToldQuote:
    """Return the facts about a quote."""
    asked, verification = checked.asked, checked.verification
    return ToldQuote(
        line=asked.line,
        words=one_line(asked.text).strip(),
        speaker=one_line(asked.speaker) if asked.speaker is not None else "no speaker named",
        verdict=checked.verdict.replace("_", " "),
        why=one_line(checked.why),
        differences=() if verification is None else tuple(_differences(verification)),
        sources=() if verification is None else tuple(_sources(checked)),
        id=asked.id,
    )


def _differences(verification: Verification) -> Iterator[str]:
    yield from map(difference, evidence.differences(verification))
    if verification.cut_from is not None:
        yield f"cut from a sentence that turns its sense: “{one_line(verification.cut_from.sentence)}”"


def _sources(checked: CheckedQuote) -> Iterator[ToldSource]:
    if checked.verification is None:
        return
    for shown in evidence.quotes(checked.verification):
        quote = shown.quote
        yield ToldSource(
            label=_label(shown),
            words=one_line(quote.text).strip(),
            speaker=nobody(quote) if quote.speaker is None else speaker_label(quote.speaker),
            source=source(quote.article),
            link=source_link(quote),
            id=quote.id,
        )


def _label(shown: EvidenceQuote) -> str:
    return shown.label if shown.piece is None else f"“{one_line(shown.piece)}” stands in"


def summary(report: CheckReport) -> str:
    """Return what came out, in one or two sentences."""
    if not report.quotes:
        return NO_QUOTES
    counts = [f"{len(quotes):,} {_COUNTED[group]}" for group, quotes in report.groups().items()]
    work = sum(quote.needs_work for quote in report.quotes)
    head = f"{count(len(report.quotes), 'quote')}, {work:,} to work on: {', '.join(counts)}."
    return f"{head} The draft has more quotes; the rest was not verified." if report.truncated else head


def scope(report: CheckReport) -> str:
    """Return which index answered."""
    coverage = report.coverage
    numbers = f"{count(coverage.quotes, 'quote')} from {count(coverage.articles, 'article')}"
    return f"Compared with generation {coverage.generation}: {numbers}. What it lacks may still have been said."
