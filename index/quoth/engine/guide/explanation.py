"""Explain why a search found nothing: unknown words and speakers, and the wider searches that find quotes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from msgspec.structs import replace

from quoth.engine.execution.budget import TooBroad
from quoth.engine.execution.collection import Collection
from quoth.engine.guide import speakers
from quoth.engine.page import Change, Explanation, UnknownSpeaker, WiderSearch
from quoth.engine.query.filters import FILTERS, Lookup, by_speaker, parameter
from quoth.engine.query.grammar import Extra, reduced
from quoth.engine.query.lexicon import Lexicon
from quoth.engine.query.plan import Plan
from quoth.engine.query.request import Request
from quoth.errors import BadQuery
from quoth.text import timestamps

# CPU seconds that an explanation may take, of those that the answer has left.
SECONDS = 0.25
MAX_NAMES = 3  # unknown speakers that are explained
MAX_NEAR = 3  # speakers that are listed for each

# Counts the quotes that a request finds: those with every word, and the related ones.
Count = Callable[[Request], tuple[int, int]]


class Wider(NamedTuple):
    """A request that is wider than another, and the change that made it so; `parameter` is the filter it omits."""

    change: Change
    request: Request
    parameter: str | None = None


def explain(request: Request, made: Plan, collection: Collection, count: Count) -> Explanation:
    """Return why a request with a plan finds nothing in a collection; what the time does not suffice for is omitted."""
    unknown: list[UnknownSpeaker] = []
    found: list[WiderSearch] = []
    budget = collection.index.budget
    try:
        with budget.of(SECONDS):
            unknown += _unknown_speakers(request, collection)
            steps = wider(request, made.unknown_words)
            for step in _for_unknown_words(steps) if made.is_hopeless else steps:
                budget.check()
                found += _found(step, count)
            if not made.is_hopeless and not any(each.change in _ONE_FILTER for each in found):
                found += [each for step in without_filters(request) for each in _found(step, count)]
    except TooBroad:
        pass  # the answer is an explanation of the rest
    return Explanation(made.unknown_words, tuple(unknown), tuple(_only_undated(found)))


def wider(request: Request, unknown_words: tuple[str, ...] = ()) -> Iterator[Wider]:
    """Yield the wider searches that a request suggests, each with one change.

    >>> [step[::2] for step in wider(Request(q="land -war", speaker="Ada", to="2024-01-01"))]
    [('without_filter', 'speaker'), ('newer', None), ('undated', None), ('with_indirect', None), ('without_exclusions', None)]
    """  # noqa: E501 - what the example prints
    yield from _without_filters(request)
    yield from _other_dates(request)
    if "indirect" not in request.types:
        yield Wider("with_indirect", replace(_without(request, "type"), type="indirect"))
    q = request.q
    rest: tuple[tuple[Change, str | None], ...] = (
        ("without_unknown_words", reduced(q, words=unknown_words)),
        ("without_exclusions", reduced(q, drop=_EXCLUSIONS)),
        ("without_marks", reduced(q, drop=_MARKS)),
    )
    for change, less in rest:
        if less is not None and less != reduced(q):
            yield from _valid(change, request, less)
    if request.has_words and request.fuzzy == "off":
        yield Wider("with_typos", replace(request, fuzzy="auto"))
    if request.has_words and (request.match == "all" or request.order != "relevance" or request.collapse != "none"):
        yield Wider("with_related", replace(request, match="best", sort="relevance", collapse="none"))


def without_filters(request: Request) -> Iterator[Wider]:
    """Yield the search without any filter, if there are several."""
    names = [step.parameter for step in _without_filters(request)]
    names += ["dates"] if request.seconds != (None, None) else []
    if len(names) > 1:
        yield Wider("without_filters", _without(request, *FILTERS, "before", "after"))


def _only_undated(found: Sequence[WiderSearch]) -> Iterator[WiderSearch]:
    """Yield searches; the one of any date without the older and the newer quotes: those without a date.

    >>> list(_only_undated([WiderSearch("older", 2), WiderSearch("undated", 3, 1), WiderSearch("without_marks", 1)]))[1]
    WiderSearch(change='undated', total=1, related=1, parameter=None)
    """
    dated = [each for each in found if each.change in ("older", "newer")]
    for each in found:
        if each.change != "undated":
            yield each
            continue
        total = each.total - sum(other.total for other in dated)
        related = each.related - sum(other.related for other in dated)
        if total > 0 or related > 0:
            yield each._replace(total=total, related=related)


def _for_unknown_words(steps: Iterable[Wider]) -> Iterator[Wider]:
    """Yield the searches that do not need a word that no quote has."""
    return (step for step in steps if step.change in ("without_unknown_words", "with_typos", "with_related"))


# The changes of one filter: if none of them finds a quote, the search without all may.
_ONE_FILTER = ("without_filter", "older", "newer", "undated")
_EXCLUSIONS: tuple[Extra, ...] = ("exclusions",)
_MARKS: tuple[Extra, ...] = ("marks",)
_DATES = ("from_", "to", "before", "after")
_1970 = datetime(1970, 1, 1, tzinfo=UTC)


def _without_filters(request: Request) -> Iterator[Wider]:
    for name in FILTERS:
        if name not in _DATES and (request.values(name) or request.left_out(name)):
            yield Wider("without_filter", _without(request, name), parameter(name))


def _without(request: Request, *names: str) -> Request:
    """Return a request without some filters, as parameters and inside `q`."""
    cleared: dict[str, Any] = {name: None for name in names if name in FILTERS}
    return replace(request, q=reduced(request.q, names), **cleared)


def _other_dates(request: Request) -> Iterator[Wider]:
    first, last = request.seconds
    if first is None and last is None:
        return
    dateless = _without(request, *_DATES)
    if first is not None and (end := _moment(first - 1)):
        yield Wider("older", replace(dateless, to=end))
    if last is not None and (start := _moment(last + 1)):
        yield Wider("newer", replace(dateless, from_=start))
    yield Wider("undated", dateless)


def _moment(second: int) -> str | None:
    try:
        return timestamps.to_rfc3339(_1970 + timedelta(seconds=second))
    except OverflowError:
        return None  # before the first year or after the last: no quote is there


def _valid(change: Change, request: Request, q: str) -> Iterator[Wider]:
    try:
        yield Wider(change, replace(request, q=q))
    except BadQuery:
        return  # without the marks it is no query: “*word”


def _found(step: Wider, count: Count) -> Iterator[WiderSearch]:
    try:
        total, related = count(step.request)
    except TooBroad:
        return  # of this search alone: the next one may be narrower
    if total or related:
        yield WiderSearch(step.change, total, related, step.parameter)


def _unknown_speakers(request: Request, collection: Collection) -> Iterator[UnknownSpeaker]:
    """Yield the names of a request that find no quote, with the speakers near them."""
    lookup = Lookup(Lexicon(collection.index), request.speaker_fields)
    names = dict.fromkeys(name for names in request.values("speaker") for name in names)
    for name in list(names)[:MAX_NAMES]:
        if not collection.search(by_speaker(lookup, name), limit=1).total:
            yield UnknownSpeaker(name, speakers.near(collection, name, MAX_NEAR))
