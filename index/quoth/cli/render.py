"""Terminal output. Article text is hostile: it stays unchanged inside, and is sanitized when it is printed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from quoth.answers import explanation
from quoth.answers.labels import about, difference, kind, marks, nobody, related, source, speaker
from quoth.answers.labels import count as counted
from quoth.article import Article
from quoth.citation import plain
from quoth.citation.facts import MIXED_SCRIPT
from quoth.context import Detail
from quoth.engine.page import Bucket, Coverage, Hit, Page, SpeakerList
from quoth.engine.searcher import VerifyResult
from quoth.engine.verify.comparison.differences import WordChange
from quoth.engine.verify.verify import Piece, Verification
from quoth.quote import Quote
from quoth.text.sanitize import one_line

if TYPE_CHECKING:
    from quoth.checking.receipts import Recheck
    from quoth.ingest.reindexing import ReindexReport
    from quoth.scrub import ScrubReport
    from quoth.storage.maintenance.garbage import CollectionReport
    from quoth.storage.stores.protocol import StoredObject

SHOWN_PERIODS = 8  # columns of a table by time


def article(source: Article, quotes: Iterable[Quote], *, colour: bool) -> str:
    """Return the quotes of one article with their reasons; indirect statements are counted separately."""
    quotes = list(quotes)
    quoted = [quote for quote in quotes if quote.type != "indirect"]
    utterances = len({quote.utterance.id for quote in quoted})
    title = one_line(source.headline or source.id, 100)
    head = f"{title}\n{counted(len(quoted), 'quote')}, {counted(utterances, 'utterance')}"
    if indirect := len(quotes) - len(quoted):
        head += f", {counted(indirect, 'indirect statement')}"
    return "\n\n".join([head, *(_quote(quote, (), colour) for quote in quotes)]) + "\n"


def page(result: Page, took_ms: int, *, colour: bool) -> str:
    """Return a page of hits with their reasons."""
    head = f"{_totals(result)}, {took_ms} ms"
    if not result.quotes:
        head += "\nThe archive is empty: add articles with `quoth index FILE`."
    elif result.next_cursor is not None or result.start:
        first, last = result.start + 1, result.start + len(result.hits)
        shown = f"the best {last:,}" if not result.start else f"{first:,} to {last:,}"
        head += f", {shown} of {result.total:,}" if last <= result.total else f", {shown}"
    summary = [head, *_corrections(result), *explanation.sentences(result)]
    hits = [f"{rank}. {_hit(hit, colour)}" for rank, hit in enumerate(result.hits, start=result.start + 1)]
    facets = [_facet(name, buckets) for name, buckets in result.facets.items() if buckets]
    more = [f"more: --cursor {result.next_cursor}"] if result.next_cursor is not None else []
    return "\n\n".join(["\n".join(summary), *hits, *facets, *more])


def _corrections(result: Page) -> Iterator[str]:
    """Yield the corrections of unknown words and names, and the suggested query."""
    for correction in result.corrections:
        given = one_line(correction.given, 60)
        yield f"no quote has the word “{given}”" if correction.parameter == "q" else f"no speaker is named “{given}”"
        yield f"   corrected to {', '.join(one_line(word, 60) for word in correction.corrected_to)}"
    if result.did_you_mean is not None:
        yield f"did you mean: {one_line(result.did_you_mean)}"


def verification(result: VerifyResult, *, colour: bool) -> str:
    """Return a verdict with its reason, the words that differ, and the quote it is based on."""
    answer, coverage = result.verification, result.coverage
    parts = [f"{_bold(answer.verdict.replace('_', ' '), colour)}: {one_line(answer.why)}", *_comparison(answer, colour)]
    if answer.cut_from is not None:
        parts.append(f"   cut from: {one_line(answer.cut_from.sentence)} ({answer.cut_from.kind})")
    if answer.pieces:
        parts += [_piece(piece, colour) for piece in answer.pieces]
    elif answer.quote is not None:
        parts += [_quote(quote, (), colour) for quote in answer.utterance or (answer.quote,)]
    parts += [f"denied: {_quote(quote, (), colour)}" for quote in answer.also_denied]
    parts += [f"also: {_quote(other.quote, (), colour)}" for other in answer.others]
    if answer.nearest is not None:
        parts.append(f"nearest: {_quote(answer.nearest, (), colour)}")
    if answer.verdict == "not_found":
        articles = f"{counted(coverage.quotes, 'quote')} from {counted(coverage.articles, 'article')}"
        parts.append(
            f"This index has {articles}, {_dates(coverage)}. Words that are not in it may still have been said."
        )
    return "\n\n".join(parts)


def _comparison(answer: Verification, colour: bool) -> Iterator[str]:
    """Yield the words on one line with their differences marked, and the kinds of these."""
    comparison = answer.comparison or answer.nearest_comparison
    if not any(change.kind for change in comparison):
        return
    kinds = (difference(change) for change in comparison if change.kind is not None)
    yield "\n".join([f"   {_word_diff(comparison, colour)}", *(f"   {kind}" for kind in kinds)])


def _piece(piece: Piece, colour: bool) -> str:
    return f"piece: “{one_line(piece.text)}”\n{_quote(piece.quote, (), colour)}"


def _word_diff(changes: Iterable[WordChange], colour: bool) -> str:
    """Return remembered and said words on one line: [-remembered-] and {+said+}, as wdiff shows them."""
    words = []
    for change in changes:
        if change.kind is None:
            words.append(one_line(change.said))
            continue
        if change.remembered:
            words.append(_bold(f"[-{one_line(change.remembered)}-]", colour))
        if change.said:
            words.append(_bold(f"{{+{one_line(change.said)}+}}", colour))
    return " ".join(words)


def recheck(name: str, told: Recheck, *, colour: bool) -> str:
    """Return what a receipt is worth today, and the quote that it was based on."""
    receipt = told.receipt
    lines = [
        f"{one_line(name, 120)}: {_bold(told.standing.replace('_', ' '), colour)}: {one_line(told.why)}",
        f"   “{one_line(receipt.question.text, 200)}” {one_line(receipt.question.speaker or '', 80)}".rstrip(),
        f"   was {receipt.verdict.replace('_', ' ')} in generation {receipt.generation}, on {receipt.time:%Y-%m-%d}",
    ]
    if receipt.quote is not None:
        article = receipt.quote.article
        lines.append(f"   {receipt.quote.id} · {one_line(article.url or article.id, 200)} · version {article.version}")
    return "\n".join(lines)


def _facet(name: str, buckets: Iterable[Bucket]) -> str:
    rows = [f"   {bucket.quotes:>9,}  {_bucket_name(bucket)}" for bucket in buckets]
    return "\n".join([f"by {name}", *rows])


def _bucket_name(bucket: Bucket) -> str:
    name = one_line(bucket.name or bucket.value or "unknown", 80)
    return f"{name} ({MIXED_SCRIPT})" if bucket.mixed_script else name


def speakers(result: SpeakerList) -> str:
    """Return the speakers, a line each."""
    head = counted(result.total, "speaker")
    if len(result.speakers) < result.total:
        head = f"{len(result.speakers):,} of {head} (--limit)"
    if result.prefix is not None:
        head += f" with the name prefix “{one_line(result.prefix, 60)}”"
    if result.corrected_to:
        head += f", corrected to {', '.join(map(one_line, result.corrected_to))}"
    if result.periods is not None:
        return "\n".join([head, *_by_time(result, result.periods)])
    rows = [f"{count:>9,}  {speaker(each, 60)}  ({each.id})" for each, count in result.speakers]
    return "\n".join([head, *rows])


def _by_time(result: SpeakerList, periods: Sequence[Sequence[Bucket]]) -> Iterator[str]:
    """Yield a table of speakers and the last periods in which one of them is quoted."""
    every = sorted({bucket.value for buckets in periods for bucket in buckets})
    shown = every[-SHOWN_PERIODS:]
    yield f"{'speaker':<28}  {'all':>7}" + "".join(f"  {period:>7}" for period in shown)
    for (each, count), buckets in zip(result.speakers, periods, strict=True):
        counts = {bucket.value: f"{bucket.quotes:,}" for bucket in buckets}
        yield f"{speaker(each, 28):<28}  {count:>7,}" + "".join(f"  {counts.get(period, ''):>7}" for period in shown)
    if len(shown) < len(every):
        yield f"the last {len(shown)} of {len(every):,} periods; `--format csv` has all"


def detail(result: Detail, *, colour: bool) -> str:
    """Return one quote in its context, its whole utterance, and a citation."""
    parts = [_quote(result.quote, (), colour)]
    if result.context is not None:
        left, right = marks(result.quote)
        words = _bold(one_line(result.quote.text), colour)
        # The context already contains the article's own marks.
        before, after = one_line(result.context.before), one_line(result.context.after)
        is_marked = result.quote.selector.start is not None
        parts.append(f"… {before}{'' if is_marked else left}{words}{'' if is_marked else right}{after} …")
    if len(result.utterance) > 1:
        parts.append("\n".join(["the whole utterance", *(f"   “{one_line(part.text)}”" for part in result.utterance)]))
    return "\n\n".join([*parts, plain(result.quote)])


def _totals(result: Page) -> str:
    """Return the number of matches and of searched quotes."""
    request = result.request
    if request.types == ("indirect",):
        return f"{counted(result.total, 'indirect statement')} of {result.searched:,} in the index"
    within = "in the index" if request.type is None else "of these types"
    more = f", {related(result)}" if result.related else ""
    return f"{counted(result.total, 'quote')} of {result.searched:,} {within}{more}"


def added(counts: Mapping[str, int], refused: int, quotes: int, unit: str, *, strict: bool) -> str:
    """Return one line about the outcome of adding items."""
    words = {
        "added": "added",
        "replaced": "replaced",
        "unchanged": "unchanged",
        "superseded": "older than the archived version",
    }
    parts = [f"{counts[verdict]:,} {word}" for verdict, word in words.items() if counts.get(verdict)]
    parts += [f"{refused:,} refused"] if refused else []
    line = f"{unit}: {', '.join(parts) or 'none'}"
    if unit != "quotes":
        line += f"; {counted(quotes, 'quote')} added"
    return line + (" (--strict: nothing was added)" if strict else "")


def coverage(result: Coverage, store: str) -> str:
    """Return the contents of an archive, in numbers."""
    articles, speakers = counted(result.articles, "article"), counted(result.speakers, "speaker")
    lines = [
        f"store       {store}",
        f"generation  {result.generation} ({counted(result.segments, 'segment')}, {result.bytes:,} bytes)",
        f"quotes      {result.quotes:,} from {articles} by {speakers}",
        f"types       {', '.join(f'{count:,} {kind}' for kind, count in result.types) or 'none'}",
        f"published   {_dates(result)}, {result.undated:,} undated",
    ]
    lines += [f"publisher   {one_line(name or 'unknown', 60)}: {count:,}" for name, count in result.publishers[:10]]
    return "\n".join(lines)


def _dates(coverage: Coverage) -> str:
    oldest, newest = coverage.oldest, coverage.newest
    return f"{oldest[:10]} to {(newest or '')[:10]}" if oldest else "no dates"


class Generation(NamedTuple):
    """A listed generation: when it was replaced, unless it is the newest, and its contents, if they were read.

    `bytes` is the size of its segments; it shares most of them with other generations.
    """

    number: int
    replaced: datetime | None = None
    quotes: int | None = None
    segments: int | None = None
    bytes: int | None = None


def withdrawn(key: str, version: int, verdict: str) -> str:
    """Return the outcome of a withdrawal."""
    return {
        "added": f"blocked: {key} is not in the archive, and versions up to {version} will not be accepted",
        "replaced": f"withdrawn: {key} up to version {version}; no search finds it any more",
        "superseded": f"not withdrawn: the archive has a version higher than {version} of {key}",
    }.get(verdict, f"unchanged: {key} is already withdrawn")


def compacted(merges: int, newest: Generation) -> str:
    """Return the number of merges, and the contents of the archive afterwards."""
    merged = f"compacted: {counted(merges, 'merge')}" if merges else "nothing to merge"
    return f"{merged}; {_contents(newest)}"


def collected(report: CollectionReport, *, dry_run: bool) -> str:
    """Return two lines, the deleted and the kept objects; a third if time ran out."""
    first, *_, last = report.generations if len(report.generations) > 1 else (*report.generations, *report.generations)
    needed_by = f"generation {first}" if first == last else f"{len(report.generations)} generations, {first} to {last}"
    lines = [
        f"{'would be deleted' if dry_run else 'deleted'}  {_objects(report.deleted)}",
        f"{'kept':<{16 if dry_run else 7}}  {_objects(report.kept)}: needed by {needed_by}, or younger than an hour",
    ]
    if not report.is_complete:
        lines.append("The time ran out before everything was deleted: run it again.")
    return "\n".join(lines)


def generations(past: Sequence[Generation], newest: Generation) -> str:
    """Return a table of generations, the newest last; contents that were not read stay blank."""
    if not newest.number:
        return "The archive is empty: add articles with `quoth index FILE`."
    head = f"{'generation':>10}  {'replaced (UTC)':<19}  {'quotes':>12}  {'segments':>8}  {'bytes':>16}"
    return "\n".join([head, *map(_row, (*past, newest))])


def _row(generation: Generation) -> str:
    when = f"{generation.replaced:%Y-%m-%d %H:%M:%S}" if generation.replaced else "the newest"
    counts = generation.quotes, generation.segments, generation.bytes
    quotes, segments, size = ("" if count is None else f"{count:,}" for count in counts)
    return f"{generation.number:>10}  {when:<19}  {quotes:>12}  {segments:>8}  {size:>16}".rstrip()


def rollback_question(older: Generation, newest: Generation, kept: int | None) -> str:
    """Return the question that a rollback asks: its effects. `kept` withdrawals are kept; `None` if they are undone."""
    withdrawals = "later withdrawals are undone" if kept is None else _withdrawals(kept, "stays", "stay")
    return (
        f"Generation {older.number} has {_quotes(older)}; the newest, {newest.number}, has {_quotes(newest)}.\n"
        f"Later additions disappear until they are added again; {withdrawals}.\n"
        f"Restore generation {older.number}?"
    )


def rolled_back(older: Generation, before: Generation, result: int, kept: int | None) -> str:
    """Return the outcome of a rollback."""
    if result == before.number:
        return f"generation {result} is the newest: nothing to do"
    but = f", except {_withdrawals(kept, 'that is kept', 'that are kept')}" if kept else ""
    undo = f"`quoth rollback {before.number}` undoes it"
    return f"generation {result} restores generation {older.number}, {_quotes(older)}{but}; {undo}"


def _withdrawals(number: int, one: str, several: str) -> str:
    return f"{number:,} later withdrawal {one}" if number == 1 else f"{number:,} later withdrawals {several}"


def reindexed(report: ReindexReport, newest: Generation, store: str) -> str:
    """Return the outcome of a reindexing."""
    lines = [f"{store} has {_quotes(newest)} in generation {newest.number}"]
    outcomes = {
        "carried over": report.carried,
        "there from an earlier run": report.present,
        "left out: replaced, refused or rolled back": report.left_out,
        "not in the new store: the original was deleted": report.missing,
    }
    lines += [f"{counted(number, 'item')} {outcome}" for outcome, number in outcomes.items() if number]
    return "\n".join(lines)


def doctor(
    versions: Mapping[str, str], store: str, newest: Generation, took_ms: Sequence[int], advice: Sequence[str]
) -> str:
    """Return what runs on which archive, how long a search takes, and what would make it faster."""
    first, again = took_ms
    return "\n".join(
        [
            f"version     {', '.join(f'{name} {version}' for name, version in versions.items())}",
            f"store       {store}",
            f"newest      generation {newest.number}: {_contents(newest)}",
            f"search      {first} ms, and {again} ms once it is open",
            *(f"advice      {one}" for one in advice or ("nothing would make searches faster",)),
        ]
    )


def restored(saved: Generation, result: int) -> str:
    """Return the outcome of a restore, and which generations it may have lost."""
    text = f"generation {result} has the contents of generation {saved.number}, {_quotes(saved)}"
    if result - 1 == saved.number:
        return text
    return f"{text}; add again what was committed up to generation {result - 1}"


def scrubbed(report: ScrubReport) -> str:
    """Return the damage, a line each, and how much was read."""
    findings = [f"{one_line(finding.key)}: {one_line(finding.what)}" for finding in report.findings]
    verdict = f"{counted(len(findings), 'finding')}; the archive is damaged" if findings else "nothing is damaged"
    read = f"{counted(report.generations, 'generation')}, {counted(report.objects, 'object')}, {report.bytes:,} bytes"
    quotes = counted(report.quotes, "quote")
    newest = f"{quotes} in the newest, {report.generation}" if report.generation else "no newest one"
    return "\n".join([*findings, f"read {read}, {newest}: {verdict}"])


def _quotes(generation: Generation) -> str:
    return counted(generation.quotes or 0, "quote")


def _contents(generation: Generation) -> str:
    return f"{_quotes(generation)} in {counted(generation.segments or 0, 'segment')}, {generation.bytes or 0:,} bytes"


def _objects(entries: Collection[StoredObject]) -> str:
    return f"{counted(len(entries), 'object')}, {sum(entry.size for entry in entries):,} bytes"


def _hit(hit: Hit, colour: bool) -> str:
    quote = _quote(hit.quote, hit.highlights, colour)
    if hit.missing:
        quote += f"\n   without {', '.join(one_line(word, 60) for word in hit.missing)}"
    if beside := about(hit):
        quote += f"\n   {beside}"
    group = hit.collapsed
    if group is None or group.quotes == 1:
        return quote
    first_seen = f", first {group.first_seen:%Y-%m-%d}" if group.first_seen is not None else ""
    where = f"{counted(group.articles, 'article')}, {counted(group.publishers, 'publisher')}"
    return f"{quote}\n   {counted(group.quotes, 'quote')} like it in {where}{first_seen}"


def _quote(quote: Quote, highlights: Iterable[tuple[int, int]], colour: bool) -> str:
    attribution = quote.attribution
    confidence = "" if attribution.confidence is None else f" · {attribution.confidence:.0%}"
    part = f" · part {quote.utterance.position} of {quote.utterance.of}" if quote.utterance.of > 1 else ""
    name = speaker(quote.speaker) if quote.speaker else nobody(quote)
    left, right = marks(quote)
    return "\n".join(
        [
            f"{left}{_highlighted(quote.text, highlights, colour)}{right}",
            f"   {_bold(name, colour)} · {kind(quote)}{part}{confidence}",
            f"   why: {one_line(attribution.why)}",
            f"   {source(quote.article)} · {one_line(quote.article.url or 'no link', 120)}",
            f"   {quote.id}",
        ]
    )


def _highlighted(text: str, highlights: Iterable[tuple[int, int]], colour: bool) -> str:
    shown, at = "", 0
    for start, end in highlights:
        shown += one_line(text[at:start]) + _bold(one_line(text[start:end]), colour)
        at = end
    return shown + one_line(text[at:])


def bold(text: str) -> str:
    """Return a text in bold for a terminal."""
    return f"\x1b[1m{text}\x1b[0m"


def _bold(text: str, colour: bool) -> str:
    return bold(text) if colour else text
