"""What a person reads in a terminal. Article text is hostile until shown, and kept unchanged until then."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from quoth.answers.labels import kind, marks, speaker
from quoth.article import Article
from quoth.citation import plain
from quoth.context import Detail
from quoth.engine.page import Bucket, Coverage, Hit, Page, SpeakerList
from quoth.engine.searcher import VerifyResult
from quoth.engine.verify.verify import WordChange
from quoth.quote import Origin, Quote
from quoth.text.sanitize import one_line

if TYPE_CHECKING:
    from quoth.scrub import ScrubReport
    from quoth.storage.maintenance.garbage import CollectionReport
    from quoth.storage.stores.protocol import StoredObject


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
        first, last = found.start + 1, found.start + len(found.hits)
        head += f", the best {last}" if not found.start else f", {first} to {last}"
    told = [head, *_corrections(found)]
    shown = [f"{rank}. {_hit(hit, colour)}" for rank, hit in enumerate(found.hits, start=found.start + 1)]
    facets = [_facet(name, buckets) for name, buckets in found.facets.items() if buckets]
    more = [f"more: --cursor {found.next_cursor}"] if found.next_cursor is not None else []
    return "\n\n".join(["\n".join(told), *shown, *facets, *more])


def _corrections(found: Page) -> Iterator[str]:
    """Yield what was taken for something else, and what might have been meant."""
    for reading in found.corrections:
        given = one_line(reading.given, 60)
        yield f"nobody said “{given}”" if reading.parameter == "q" else f"no speaker is spelt “{given}”"
        yield f"   taken for {', '.join(one_line(word, 60) for word in reading.corrected_to)}"
    if found.did_you_mean is not None:
        yield f"did you mean: {one_line(found.did_you_mean)}"


def verification(checked: VerifyResult, *, colour: bool) -> str:
    """Return a verdict with its reason, the words that differ, and the quote it stands on."""
    found, held = checked.verification, checked.coverage
    parts = [f"{_bold(found.verdict.replace('_', ' '), colour)}: {one_line(found.why)}"]
    if found.quote is not None:
        if found.words != "exact":
            parts.append(f"   {_differing(found.difference, colour)}")
        said = found.utterance or (found.quote,)
        parts += [_quote(part, (), colour) for part in said]
    parts += [f"also: {_quote(other.quote, (), colour)}" for other in found.others]
    if found.nearest is not None:
        parts.append(f"nearest: {_quote(found.nearest, (), colour)}")
    if found.verdict == "not_found":
        dates = f"{(held.oldest or '')[:10]} to {(held.newest or '')[:10]}" if held.oldest else "no dates"
        articles = f"{_count(held.quotes, 'quote')} from {_count(held.articles, 'article')}, {dates}"
        parts.append(f"This index has {articles}. What is not in it may still have been said.")
    return "\n\n".join(parts)


def _differing(changes: Iterable[WordChange], colour: bool) -> str:
    """Return remembered words and those said in one line: [-not said-] and {+left out+}, as wdiff shows them."""
    shown = []
    for change in changes:
        if change.op in ("equal", "close"):
            shown.append(one_line(change.said))
            continue
        if change.remembered:
            shown.append(_bold(f"[-{one_line(change.remembered)}-]", colour))
        if change.said:
            shown.append(_bold(f"{{+{one_line(change.said)}+}}", colour))
    return " ".join(shown)


def _facet(name: str, buckets: Iterable[Bucket]) -> str:
    rows = [f"   {bucket.quotes:>9,}  {one_line(bucket.name or bucket.value or 'not known', 80)}" for bucket in buckets]
    return "\n".join([f"by {name}", *rows])


def speakers(found: SpeakerList) -> str:
    """Return those who are quoted, a line each."""
    head = _count(found.total, "speaker")
    if found.prefix is not None:
        head += f" with a name that begins with “{one_line(found.prefix, 60)}”"
    if found.corrected_to:
        head += f"; nobody’s does, taken for {', '.join(map(one_line, found.corrected_to))}"
    rows = [f"{count:>9,}  {speaker(one, 60)}  ({one.id})" for one, count in found.speakers]
    return "\n".join([head, *rows])


def detail(found: Detail, *, colour: bool) -> str:
    """Return one quote where it stands, its whole utterance, and how to cite it."""
    parts = [_quote(found.quote, (), colour)]
    if found.context is not None:
        left, right = marks(found.quote)
        said = _bold(one_line(found.quote.text), colour)
        # The marks of the article stand in the context already.
        before, after = one_line(found.context.before), one_line(found.context.after)
        is_marked = found.quote.selector.start is not None
        parts.append(f"… {before}{'' if is_marked else left}{said}{'' if is_marked else right}{after} …")
    if len(found.utterance) > 1:
        parts.append("\n".join(["the whole utterance", *(f"   “{one_line(part.text)}”" for part in found.utterance)]))
    return "\n\n".join([*parts, plain(found.quote)])


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


def collected(what: CollectionReport, *, dry_run: bool) -> str:
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


def scrubbed(what: ScrubReport) -> str:
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


def _objects(entries: Collection[StoredObject]) -> str:
    return f"{_count(len(entries), 'object')}, {sum(entry.size for entry in entries):,} bytes"


def _hit(hit: Hit, colour: bool) -> str:
    shown = _quote(hit.quote, hit.highlights, colour)
    group = hit.collapsed
    if group is None or group.quotes == 1:
        return shown
    seen = f", first {group.first_seen:%Y-%m-%d}" if group.first_seen is not None else ""
    where = f"{_count(group.articles, 'article')}, {_count(group.publishers, 'publisher')}"
    return f"{shown}\n   {_count(group.quotes, 'quote')} like it in {where}{seen}"


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
