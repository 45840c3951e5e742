"""What a person reads in a terminal. Article text is hostile until shown, and kept unchanged until then."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from quoth.article import Article
from quoth.engine.page import Coverage, Hit, Page
from quoth.quote import Origin, Quote

_NEWLINES = re.compile(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
_SPACES = re.compile(r"[ \t]{2,}")
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")
# Marks that reorder what follows can make a terminal or a chat show another text than the one that was said.
_REORDERING = re.compile(r"[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")


def one_line(text: str, limit: int | None = None) -> str:
    r"""Return a text for one line of a terminal, a log or a chat: no controls, no reordering marks.

    >>> one_line("a\x1b[31m \n\n b\u202e"), one_line("land swapping", limit=6)
    ('a[31m b', 'land …')
    """
    shown = _SPACES.sub(" ", _REORDERING.sub("", _CONTROLS.sub("", _NEWLINES.sub(" ", text))))
    if limit is not None and len(shown) > limit:
        return shown[: limit - 1] + "…"
    return shown


def article(found_in: Article, quotes: Iterable[Quote], *, colour: bool) -> str:
    """Return the quotes of one article with their reasons."""
    found = list(quotes)
    utterances = len({quote.utterance.id for quote in found})
    title = one_line(found_in.headline or found_in.id, 100)
    head = f"{title}\n{_count(len(found), 'quote')}, {_count(utterances, 'utterance')}"
    return "\n\n".join([head, *(_quote(quote, (), colour) for quote in found)]) + "\n"


def page(found: Page, took_ms: int, *, colour: bool) -> str:
    """Return a page of hits with their reasons."""
    head = f"{_count(found.total, 'quote')} of {found.quotes:,} in the index, {took_ms} ms"
    if not found.quotes:
        head += "\nThe archive is empty: add articles with `quoth index FILE`."
    elif found.total > len(found.hits):
        head += f", the best {len(found.hits)}"
    shown = [f"{rank}. {_hit(hit, colour)}" for rank, hit in enumerate(found.hits, start=1)]
    return "\n\n".join([head, *shown])


def added(counts: Mapping[str, int], refused: int, quotes: int, unit: str, *, strict: bool) -> str:
    """Return one line about what became of the items that were to be added."""
    words = {
        "added": "added",
        "replaced": "replaced",
        "unchanged": "unchanged",
        "superseded": "older than what is there",
    }
    parts = [f"{counts[verdict]:,} {word}" for verdict, word in words.items() if counts.get(verdict)]
    parts += [f"{refused:,} refused"] if refused else []
    line = f"{unit}: {', '.join(parts) or 'none'}"
    if unit != "quotes":
        line += f"; {_count(quotes, 'quote')} added"
    return line + (" (--strict: nothing was added)" if strict else "")


def coverage(held: Coverage, store: str) -> str:
    """Return what an archive holds."""
    dates = f"{(held.oldest or '')[:10]} to {(held.newest or '')[:10]}" if held.oldest else "no dates"
    lines = [
        f"store       {store}",
        f"generation  {held.generation} ({_count(held.segments, 'segment')}, {held.bytes:,} bytes)",
        f"quotes      {held.quotes:,} from {_count(held.articles, 'article')} by {_count(held.speakers, 'speaker')}",
        f"published   {dates}, {held.undated:,} undated",
    ]
    lines += [f"publisher   {one_line(name or 'not known', 60)}: {count:,}" for name, count in held.publishers[:10]]
    return "\n".join(lines)


def _hit(hit: Hit, colour: bool) -> str:
    return _quote(hit.quote, hit.highlights, colour)


def _quote(quote: Quote, highlights: Iterable[tuple[int, int]], colour: bool) -> str:
    attribution = quote.attribution
    sure = "" if attribution.confidence is None else f" · {attribution.confidence:.0%}"
    part = f" · part {quote.utterance.position} of {quote.utterance.of}" if quote.utterance.of > 1 else ""
    who = one_line(quote.speaker.name) if quote.speaker else "nobody we could name"
    return "\n".join(
        [
            f"“{_marked(quote.text, highlights, colour)}”",
            f"   {_bold(who, colour)} · {quote.type}{part}{sure}",
            f"   why: {one_line(attribution.why)}",
            f"   {source_line(quote.article)}",
            f"   {quote.id}",
        ]
    )


def source_line(origin: Origin) -> str:
    """Return where a quote stands, in one line; what is not known is said to be so."""
    date = origin.published.date().isoformat() if origin.published else "date not known"
    publisher = origin.publisher or "publisher not known"
    parts = [origin.headline or "headline not known", publisher, date, origin.url or "no link"]
    return " · ".join(one_line(part, 120) for part in parts)


def _marked(text: str, highlights: Iterable[tuple[int, int]], colour: bool) -> str:
    shown, at = "", 0
    for start, end in highlights:
        shown += one_line(text[at:start]) + _bold(one_line(text[start:end]), colour)
        at = end
    return shown + one_line(text[at:])


def _bold(text: str, colour: bool) -> str:
    return f"\x1b[1m{text}\x1b[0m" if colour else text


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
