"""The report as one page of HTML, complete in itself: no script, no request to any server.

`quoth.answers.markup` builds it, so nothing that a draft or an article says becomes a tag.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from quoth.answers.markup import Markup, document, element, style
from quoth.answers.reports import facts
from quoth.answers.reports.facts import ToldQuote, ToldSource
from quoth.checking.report import SETTLED, CheckedQuote, CheckReport, Group
from quoth.text.sanitize import one_line

# The page may be opened from a mail: it loads nothing, sends nothing, and no source learns of its readers.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; border-bottom: 1px solid #bbb; }
h2.work { border-color: #b00020; } article { margin: 1rem 0; } blockquote { margin: 0.2rem 0 0.2rem 1rem; }
.line, .id, footer { color: #555; font-size: 0.85rem; } ul { margin: 0.2rem 0; padding-left: 1.2rem; }
.verdict { font-weight: 600; } a { color: #0645ad; overflow-wrap: anywhere; }
"""


def write(reports: Iterable[tuple[str, CheckReport]]) -> str:
    """Return one page with the reports on named drafts."""
    named = [(one_line(name, 120), report) for name, report in reports]
    title = f"Quotes of {', '.join(name for name, _ in named)}"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name_="viewport", content="width=device-width"),
        element("meta", name_="referrer", content="no-referrer"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("title", title),
        style(_STYLE),
    )
    body = element("body", *(part for name, report in named for part in _report(name, report)))
    return document(element("html", head, body, lang="en"))


def _report(name: str, report: CheckReport) -> Iterator[Markup]:
    yield element("h1", name)
    yield element("p", facts.summary(report))
    for group, quotes in report.groups().items():
        yield _group(group, quotes)
    if report.quotes:
        yield element("footer", element("p", facts.scope(report)))


def _group(group: Group, quotes: Iterable[CheckedQuote]) -> Markup:
    shown = [_quote(facts.told(quote)) for quote in quotes]
    title = element("h2", f"{facts.TITLES[group]} ({len(shown):,})", class_="settled" if group in SETTLED else "work")
    return element("section", title, *shown)


def _quote(quote: ToldQuote) -> Markup:
    points = [element("li", difference) for difference in quote.differences]
    points += [element("li", *_source(source)) for source in quote.sources]
    return element(
        "article",
        element("div", f"line {quote.line}", class_="line"),
        element("blockquote", f"“{quote.words}”"),
        element("div", quote.speaker, " · ", element("span", quote.verdict, class_="verdict"), f": {quote.why}"),
        element("ul", *points) if points else None,
        element("div", quote.id, class_="id"),
    )


def _source(source: ToldSource) -> Iterator[str | Markup]:
    yield f"{source.label}: “{source.words}” {source.speaker}, "
    yield element("a", source.source, href=source.link, rel="noreferrer") if source.link else source.source
    yield " "
    yield element("span", source.id, class_="id")
