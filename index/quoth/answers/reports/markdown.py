r"""The report as Markdown. Words of drafts and articles are escaped: none of them is mark-up, a link or a tag."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from quoth.answers.reports import facts
from quoth.answers.reports.facts import ToldQuote
from quoth.checking.report import CheckReport
from quoth.text.sanitize import one_line

_SPECIAL = re.compile(r"[\\`*_{}\[\]<>()#+!|~&$@]")
# GitHub links an address without any mark-up.
_ADDRESS = re.compile(r":(?=//)|(?<=www)\.|(?<=mailto):|(?<=xmpp):", re.IGNORECASE)
_NOT_IN_A_TARGET = {"(": "%28", ")": "%29", "<": "%3C", ">": "%3E", "\\": "%5C"}


def write(reports: Iterable[tuple[str, CheckReport]]) -> str:
    """Return the reports on named drafts, one after the other."""
    return "\n\n".join("\n\n".join(_blocks(name, report)) for name, report in reports) + "\n"


def escaped(text: str) -> str:
    r"""Return a text as Markdown shows it, on one line.

    >>> print(escaped("[x](http://y) <b>*no*"))
    \[x\]\(http\://y\) \<b\>\*no\*
    """
    return _ADDRESS.sub(lambda match: f"\\{match[0]}", _SPECIAL.sub(lambda match: f"\\{match[0]}", one_line(text)))


def _blocks(name: str, report: CheckReport) -> Iterator[str]:
    yield f"# {escaped(one_line(name, 120))}"
    yield escaped(facts.summary(report))
    for group, quotes in report.groups().items():
        yield f"## {facts.TITLES[group]} ({len(quotes):,})"
        yield "\n".join(line for quote in quotes for line in _lines(facts.told(quote)))
    if report.quotes:
        yield facts.scope(report)


def _lines(quote: ToldQuote) -> Iterator[str]:
    yield f"- Line {quote.line}: “{escaped(quote.words)}”"
    yield f"  - **{escaped(quote.speaker)}** · {quote.verdict}: {escaped(quote.why)}"
    for difference in quote.differences:
        yield f"  - {escaped(difference)}"
    for source in quote.sources:
        words = f"{escaped(source.label)}: “{escaped(source.words)}” {escaped(source.speaker)}"
        yield f"  - {words}, {_linked(source)} `{source.id}`"
    yield f"  - `{quote.id}`"


def _linked(source: facts.ToldSource) -> str:
    label = escaped(source.source)
    if source.link is None:
        return label
    return f"[{label}]({''.join(_NOT_IN_A_TARGET.get(character, character) for character in source.link)})"
