"""What a person reads in a terminal. Article text is hostile until shown, and kept unchanged until then."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from quoth.article import Article
from quoth.engine.page import Coverage, Hit, Page
from quoth.quote import Origin, Quote, Speaker

if TYPE_CHECKING:
    from quoth.scrub import Scrubbed
    from quoth.storage.garbage import Collected
    from quoth.storage.store import Entry

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
    """Return the quotes of one article with their reasons; what is told in the reporter's words is counted apart."""
    found = list(quotes)
    quoted = [quote for quote in found if quote.type != "indirect"]
    utterances = len({quote.utterance.id for quote in quoted})
    title = one_line(found_in.headline or found_in.id, 100)
    head = f"{title}\n{_count(len(quoted), 'quote')}, {_count(utterances, 'utterance')}"
    if told := len(found) - len(quoted):
        head += f", {_count(told, 'indirect statement')}"
    return "\n\n".join([head, *(_quote(quote, (), colour) for quote in found)]) + "\n"


def page(found: Page, took_ms: int, *, colour: bool) -> str:
    """Return a page of hits with their reasons."""
    head = f"{_of(found)}, {took_ms} ms"
    if not found.quotes:
        head += "\nThe archive is empty: add articles with `quoth index FILE`."
    elif found.total > len(found.hits):
        head += f", the best {len(found.hits)}"
    shown = [f"{rank}. {_hit(hit, colour)}" for rank, hit in enumerate(found.hits, start=1)]
    return "\n\n".join([head, *shown])


def _of(found: Page) -> str:
    """Return how many were found, and of how many."""
    request = found.request
    if request.types == ("indirect",):
        return f"{_count(found.total, 'indirect statement')} of {found.searched:,} in the index"
    within = "in the index" if request.type is None else "of these types"
    return f"{_count(found.total, 'quote')} of {found.searched:,} {within}"


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
        f"types       {', '.join(f'{count:,} {kind}' for kind, count in held.types) or 'none'}",
        f"published   {dates}, {held.undated:,} undated",
    ]
    lines += [f"publisher   {one_line(name or 'not known', 60)}: {count:,}" for name, count in held.publishers[:10]]
    return "\n".join(lines)


class Generation(NamedTuple):
    """A generation as it is listed: when it was replaced, unless it is the newest, and what it holds, if that was read.

    `bytes` are those of its segments; it shares most of them with other generations.
    """

    number: int
    replaced: datetime | None = None
    quotes: int | None = None
    segments: int | None = None
    bytes: int | None = None


def withdrawn(key: str, version: int, verdict: str) -> str:
    """Return what became of a withdrawal."""
    return {
        "added": f"kept out: {key} is not in the archive, and will not enter up to version {version}",
        "replaced": f"withdrawn: {key} up to version {version}; nothing of it is found any more",
        "superseded": f"not withdrawn: a version higher than {version} of {key} is in the archive",
    }.get(verdict, f"unchanged: {key} was withdrawn before")


def compacted(merges: int, newest: Generation) -> str:
    """Return what compaction did, and what the archive is made of now."""
    did = f"compacted: {_count(merges, 'merge')}" if merges else "nothing to merge"
    return f"{did}; {_made_of(newest)}"


def collected(what: Collected, *, dry_run: bool) -> str:
    """Return what was deleted, or would be, and what stays."""
    first, *_, last = what.generations if len(what.generations) > 1 else (*what.generations, *what.generations)
    needed = f"generation {first}" if first == last else f"{len(what.generations)} generations, {first} to {last}"
    lines = [
        f"{'would be deleted' if dry_run else 'deleted'}  {_objects(what.deleted)}",
        f"{'kept':<{16 if dry_run else 7}}  {_objects(what.kept)}: needed by {needed}, or younger than an hour",
    ]
    if not what.is_complete:
        lines.append("There was no time for all of it: run it again.")
    return "\n".join(lines)


def generations(past: Sequence[Generation], newest: Generation) -> str:
    """Return a table of generations, the newest last; what was not read is left out."""
    if not newest.number:
        return "The archive is empty: add articles with `quoth index FILE`."
    head = f"{'generation':>10}  {'replaced (UTC)':<19}  {'quotes':>12}  {'segments':>8}  {'bytes':>16}"
    return "\n".join([head, *map(_row, (*past, newest))])


def _row(one: Generation) -> str:
    when = f"{one.replaced:%Y-%m-%d %H:%M:%S}" if one.replaced else "the newest"
    quotes, segments, size = ("" if n is None else f"{n:,}" for n in (one.quotes, one.segments, one.bytes))
    return f"{one.number:>10}  {when:<19}  {quotes:>12}  {segments:>8}  {size:>16}".rstrip()


def rollback_question(older: Generation, newest: Generation) -> str:
    """Return what a rollback will do, as a question."""
    return (
        f"Generation {older.number} has {_quotes(older)}; the newest, {newest.number}, has {_quotes(newest)}.\n"
        "What was added since is not found until it is added again; what was withdrawn since is found again.\n"
        f"Make the archive what it was in generation {older.number}?"
    )


def rolled_back(older: Generation, before: Generation, became: int) -> str:
    """Return what a rollback has done."""
    if became == before.number:
        return f"generation {became} is the newest: nothing to do"
    undo = f"`quoth rollback {before.number}` undoes it"
    return f"generation {became} holds what generation {older.number} held, {_quotes(older)}; {undo}"


def scrubbed(what: Scrubbed) -> str:
    """Return what is damaged, a line each, and how much was read."""
    found = [f"{one_line(finding.key)}: {one_line(finding.what)}" for finding in what.findings]
    verdict = f"{_count(len(found), 'finding')}; the archive is damaged" if found else "nothing is damaged"
    read = f"{_count(what.generations, 'generation')}, {_count(what.objects, 'object')}, {what.bytes:,} bytes"
    newest = f"{_count(what.quotes, 'quote')} in the newest, {what.generation}" if what.generation else "no newest one"
    return "\n".join([*found, f"read {read}, {newest}: {verdict}"])


def _quotes(one: Generation) -> str:
    return _count(one.quotes or 0, "quote")


def _made_of(one: Generation) -> str:
    return f"{_quotes(one)} in {_count(one.segments or 0, 'segment')}, {one.bytes or 0:,} bytes"


def _objects(entries: Collection[Entry]) -> str:
    return f"{_count(len(entries), 'object')}, {sum(entry.size for entry in entries):,} bytes"


def _hit(hit: Hit, colour: bool) -> str:
    return _quote(hit.quote, hit.highlights, colour)


def _quote(quote: Quote, highlights: Iterable[tuple[int, int]], colour: bool) -> str:
    attribution = quote.attribution
    sure = "" if attribution.confidence is None else f" · {attribution.confidence:.0%}"
    part = f" · part {quote.utterance.position} of {quote.utterance.of}" if quote.utterance.of > 1 else ""
    who = speaker(quote.speaker) if quote.speaker else "nobody we could name"
    left, right = marks(quote)
    return "\n".join(
        [
            f"{left}{_marked(quote.text, highlights, colour)}{right}",
            f"   {_bold(who, colour)} · {kind(quote)}{part}{sure}",
            f"   why: {one_line(attribution.why)}",
            f"   {source_line(quote.article)}",
            f"   {quote.id}",
        ]
    )


def marks(quote: Quote) -> tuple[str, str]:
    """Return what stands before and behind a quote: nothing where the words are the reporter's."""
    return ("", "") if quote.type == "indirect" else ("“", "”")


def kind(quote: Quote) -> str:
    """Return the type of a quote as it is told."""
    return "indirect, in the reporter’s words" if quote.type == "indirect" else quote.type


def speaker(one: Speaker, limit: int | None = None) -> str:
    """Return the name of a speaker, in one line; a body or a document is said to be one.

    >>> speaker(Speaker("un", "United Nations", type="organisation")), speaker(Speaker("ada", "Ada", type="person"))
    ('United Nations (organisation)', 'Ada')
    """
    name = one_line(one.name, limit)
    return name if one.type in (None, "person") else f"{name} ({one.type})"


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
