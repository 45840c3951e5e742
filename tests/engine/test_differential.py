"""Random requests on random indexes, answered in three ways: by the searcher, by stock Whoosh, and by a full scan."""

from __future__ import annotations

import base64
import itertools
import json
import math
import operator
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from dataclasses import replace as changed
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from msgspec import UNSET
from msgspec.structs import replace
from whoosh import query

from quoth.engine import schema, segment
from quoth.engine.analysis import places, stem, stems, words
from quoth.engine.execution.collection import BUCKETS, PERIODS
from quoth.engine.guide import explanation
from quoth.engine.page import Bucket, CollapsedGroup, Hit, Page
from quoth.engine.query.filters import DEFAULT_TYPES, STATUSES, TYPES
from quoth.engine.query.grammar import Clause, Item, PhraseQuery, PrefixQuery, WordQuery
from quoth.engine.query.plan import Plan
from quoth.engine.query.request import COLLAPSES, FACETS, FUZZIES, MAX_LIMIT, Request
from quoth.engine.searcher import Searcher, _prepare
from quoth.errors import BadQuery, Expired
from quoth.quote import Quote, Speaker, utterance_id
from quoth.storage import history, snapshot
from quoth.storage.commit import LedgerCache, commit
from quoth.storage.segments import seal
from quoth.storage.stores.memory import MemoryStore
from quoth.text.function_words import FUNCTION_WORDS
from quoth.text.slugs import slug
from quoth.text.wording.compounds import INITIALS, as_one, compounds, parted
from tests.support import oracle
from tests.support.builders import TestEffects, a_draft, a_quote, a_record
from tests.support.oracle import Holding, Oracle


@pytest.fixture(autouse=True, scope="module")
def whole_explanations() -> Iterator[None]:
    """Answers are compared whole, and an explanation omits what its own time does not suffice for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(explanation, "SECONDS", math.inf)  # the limit of the answer stays
        yield


# ---------------------------------------------------------------------------------------------------- documents

# Words that share stems and prefixes or are one typo apart; their quotes are short, so that matches are frequent.
WORDS = (
    *("land", "lands", "landed", "swap", "swapping", "swaps", "sawp", "trade", "trades", "not", "may", "us", "u.s"),
    *("café", "cafe\u0301", "cafes", "harbour", "harbor", "harbours", "line", "liner", "linen", "漢字", "don’t"),
    *("US", "swap-line", "swapline", "land swap", "e mail", "email", "cafe"),
)
MARKS = (" ", " ", " ", ", ", "—", "-", "…", "\n")
SPEAKERS: tuple[tuple[str, tuple[str, ...]] | None, ...] = (
    None,
    ("Boris Johnson", ("Johnson", "Boris Johnson")),
    ("Ada Johnston", ("Johnston",)),
    ("Agnes Rowe", ("Rowe", "A. Rowe")),
    ("Zoë Ünal", ("Ünal",)),
    ("漢 字", ()),
)
PUBLISHERS = (None, "The Times", "the times", "Le Phare", "読売")
HEADLINES = (None, None, "Land swap", "Line, harbour", "Orchard trade", "Johnson may swap")
LANGUAGES = (None, "en", "en-GB", "EN-us", "eng", "fr")
DATES = (
    None,
    None,
    datetime(2025, 8, 11, tzinfo=UTC),
    datetime(2025, 8, 11, 0, 0, 0, 500_000, tzinfo=UTC),
    datetime(2025, 8, 11, 23, 59, 59, tzinfo=UTC),
    datetime(2025, 8, 12, tzinfo=UTC),
    datetime(2024, 2, 29, 12, tzinfo=UTC),
    datetime(1969, 12, 31, 23, 59, 59, 900_000, tzinfo=UTC),
    datetime(1970, 1, 1, tzinfo=UTC),
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
)

texts = st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(MARKS)), min_size=1, max_size=7).map(
    lambda drawn: "".join(itertools.chain.from_iterable(drawn))
)


@st.composite
def quotes(draw: st.DrawFn) -> Quote:
    speaker = draw(st.sampled_from(SPEAKERS))
    quote = a_quote(
        draw(texts),
        type=draw(st.sampled_from(TYPES)),
        speaker=speaker and speaker[0],
        aliases=speaker[1] if speaker else (),
        published=draw(st.sampled_from(DATES)),
        publisher=draw(st.sampled_from(PUBLISHERS)),
        article_id=draw(st.sampled_from(("a", "b", "c"))),
    )
    status = draw(st.sampled_from(STATUSES))
    named = quote.speaker and replace(quote.speaker, id=slug(quote.speaker.id))
    return replace(
        quote,
        speaker=None if status == "denied" else named,
        denied_speaker=named if status == "denied" and named else UNSET,
        utterance=replace(quote.utterance, id=utterance_id(draw(st.sampled_from("uvw")))),
        article=replace(
            quote.article,
            language=draw(st.sampled_from(LANGUAGES)),
            headline=draw(st.sampled_from(HEADLINES)),
            precision=draw(st.sampled_from((UNSET, UNSET, "day", "month", "year"))),
        ),
        attribution=replace(
            quote.attribution,
            status=status,
            confidence=draw(st.sampled_from((None, 0.0, 0.49996, 0.5, 0.93, 1.0))),
        ),
    )


@st.composite
def parts(draw: st.DrawFn, most: int = 4) -> tuple[Holding, ...]:
    """Draw the contents of some segments; some records are retired."""
    made, number = [], 0
    for drawn in draw(st.lists(st.lists(quotes(), min_size=2, max_size=7), min_size=1, max_size=most)):
        pairs = []
        for quote in drawn:
            key = f"r{len(made)}-{len(pairs) // (1 + len(made) % 2)}"  # every other segment has two quotes per record
            pairs.append((key, replace(quote, id=f"q_{number}")))
            number += 1
        made.append(Holding(tuple(pairs), draw(st.frozensets(st.sampled_from([key for key, _ in pairs]), max_size=2))))
    return tuple(made)


class Library:
    """A store to which parts are committed one by one; right after it, the retired records of a part lose their quotes.

    They are withdrawn, or with `withdraws=False` replaced by versions without a quote.
    """

    def __init__(self, holdings: Sequence[Holding] = (), *, withdraws: bool = True) -> None:
        self.store = MemoryStore()
        self.withdraws = withdraws
        self.effects = TestEffects().effects()
        self.ledgers = LedgerCache(self.store)
        self.holdings: list[Holding] = []
        for holding in holdings:
            self.add(holding)

    def add(self, holding: Holding) -> None:
        name = f"s{len(self.holdings)}"
        counts = Counter(key for key, _ in holding.pairs)
        records = [a_record(key, quotes=count) for key, count in counts.items()]
        commit(self.store, seal(name, segment.build(holding.entries), records), self.ledgers, self.effects)
        if holding.retired:
            gone = [a_record(key, version=2, withdrawn=self.withdraws, quotes=0) for key in sorted(holding.retired)]
            commit(self.store, a_draft(f"{name}-gone", *gone, data=b""), self.ledgers, self.effects)
        self.holdings.append(holding)

    @property
    def generation(self) -> int:
        return snapshot.load(self.store).manifest.generation

    @property
    def oracle(self) -> Oracle:
        """Stock Whoosh over the live and retired quotes of the same segments: retired ones count in statistics."""
        return Oracle([holding for holding in self.holdings if not all(holding.gone)])

    @property
    def live(self) -> list[Quote]:
        whoosh = self.oracle
        return [whoosh.documents[number][1] for number in whoosh.live]


# ----------------------------------------------------------------------------------------------------- requests

asked_words = st.sampled_from(
    (*WORDS, "Land", "LANDING", "swapp", "landt", "nobody", "a", "hrabour", "harborr", "orchard", "times", "phare")
)
prefixes = st.sampled_from(("lan*", "swa*", "har*", "line*", "caf*", "cafe\u0301*", "tra*", "zzz*", "don*", "漢字*"))
phrases = st.lists(asked_words, min_size=1, max_size=3).map(lambda said: f'"{" ".join(said)}"')
items = st.one_of(asked_words, asked_words, prefixes, phrases)
names = st.sampled_from(
    (
        *("johnson", "Johnston", "johnsen", "Johnsten", "Boris Johnson", "boris-johnson", "rowe", "Row", "agnes rwoe"),
        *("unal", "Zoë Ünal", "漢 字", "漢", "nobody", "A. Rowe", "a rowe"),
    )
)
papers = st.sampled_from(("The Times", "THE TIMES", "le phare", "読売", "nobody"))
tags = st.sampled_from(("en", "EN-GB", "fr", "e", "en-us"))
moments = st.sampled_from(
    (
        *("2025-08-11", "2025-08-12", "2024-02-29", "1970-01-01", "0001-01-01", "9999-12-31", "2025-08-11T00:00:00.5Z"),
        *("2025-08-11T23:59:59Z", "2025-08-11T02:00:00+02:00", "1969-12-31T23:59:59.9", "2025-08-11T23:59:59.999999"),
    )
)


def qualifiers() -> st.SearchStrategy[str]:
    kinds = st.one_of(
        names.map(lambda value: f'speaker:"{value}"'),
        papers.map(lambda value: f'publisher:"{value}"'),
        st.sampled_from(TYPES).map("type:{}".format),
        tags.map("language:{}".format),
        st.sampled_from(STATUSES).map("status:{}".format),
    )
    dates = st.builds("{}:{}".format, st.sampled_from(("before", "after")), moments)
    return st.one_of(kinds, kinds.map("-{}".format), dates)


clauses = st.one_of(
    items,
    items,
    st.lists(items, min_size=2, max_size=3).map(" OR ".join),
    items.map("-{}".format),
    qualifiers(),
)
queries = st.lists(clauses, min_size=1, max_size=3).map(" ".join)
several = lambda values: st.none() | values | st.lists(values, min_size=1, max_size=3)  # noqa: E731


@st.composite
def requests(draw: st.DrawFn, **fixed: Any) -> Request:
    """Draw a valid request, with so few filters that it probably has hits."""

    def seldom(some: st.SearchStrategy[Any]) -> Any:
        return draw(some) if draw(st.integers(0, 5)) == 5 else None

    asked = {
        "q": draw(st.none() | queries | asked_words | st.lists(asked_words, min_size=2, max_size=5).map(" OR ".join)),
        "speaker": seldom(several(names)),
        "publisher": seldom(several(papers)),
        "type": draw(st.sampled_from((None, TYPES, TYPES, ("direct", "indirect"), ("partial",)))),
        "language": seldom(several(tags)),
        "status": seldom(several(st.sampled_from(STATUSES))),
        "from_": seldom(moments),
        "to": seldom(moments),
        "min_confidence": seldom(st.sampled_from((0, 0.00004, 0.5, 0.93, 1))),
        "sort": draw(st.sampled_from((None, None, "relevance", "newest", "oldest"))),
        "fuzzy": draw(st.sampled_from(FUZZIES)),
        "match": draw(st.sampled_from(("best", "best", "all"))),
        "collapse": draw(st.sampled_from(COLLAPSES)),
        "limit": 1_000,
        **fixed,
    }
    try:
        return Request(**asked)
    except BadQuery:
        assume(False)
        raise


# --------------------------------------------------------------------------------------------- the full scan


@dataclass(frozen=True)
class Reader:
    """Scans every quote and follows the documentation, without an index.

    `everything` includes retired quotes, whose words are in the index and so are not typos. `live` excludes them.
    """

    live: Sequence[Quote]
    everything: Sequence[Quote]

    def found(self, request: Request) -> list[Quote]:
        return [quote for quote in self.looked_at(request) if self.holds(request, quote)]

    def looked_at(self, request: Request) -> list[Quote]:
        inside = {one.value for one in request.parsed.qualifiers if one.name == "type" and not one.is_excluded}
        gone = {one.value for one in request.parsed.qualifiers if one.name == "type" and one.is_excluded}
        types = set(DEFAULT_TYPES) if not request.type and not inside else set(TYPES)
        for some in (request.type, inside):
            types &= set(some or TYPES)
        return [quote for quote in self.live if quote.type in types - gone]

    def holds(self, request: Request, quote: Quote) -> bool:
        return all(self._clause(request, clause, quote) for clause in request.parsed.clauses) and all(
            self._filters(request, quote)
        )

    # ----------------------------------------------------------------------------------------------- words

    def _clause(self, request: Request, clause: Any, quote: Quote) -> bool:
        if is_one_word(clause):
            return self.has(request, clause.items[0].word, quote)
        if clause.is_excluded:
            return not any(self.stands(item, quote.text) for item in clause.items)
        return any(
            self.has(request, item.word, quote) if isinstance(item, WordQuery) else self.stands(item, quote.text)
            for item in clause.items
        )

    def has(self, request: Request, word: str, quote: Quote) -> bool:
        """Whether a quote has a word, in any form or as a name of its speaker or publisher."""
        sought = self.sought(request, word)
        names = spellings_of(quote.speaker) | publisher_words(quote) if request.match == "best" else set()
        return not names.isdisjoint(map(slug, sought)) or not set(map(stem, sought)).isdisjoint(stems(quote.text))

    def is_about(self, request: Request, word: str, quote: Quote) -> bool:
        return not set(map(stem, (word, *self.sought(request, word)))).isdisjoint(oracle.about(quote))

    def sought(self, request: Request, word: str) -> tuple[str, ...]:
        """Return the words that stand for a word: its corrections or itself, and the compounds that it is a part of."""
        wholes = self.wholes(request, word)
        is_capital = any(part == word and whole in INITIALS for part, whole in request.parsed.compounds)
        return wholes if is_capital else (*self.meant(request, word), *wholes)

    def wholes(self, request: Request, word: str) -> tuple[str, ...]:
        return tuple(whole for part, whole in self.compounds(request) if part == word)

    def is_in(self, request: Request, word: str, quote: Quote, place: str) -> bool:
        """Whether a quote has a word, in any of its forms, in one place."""
        (forms,) = (forms for forms in self.ranked(request) if forms[0] == word)
        sought = [one for form in forms for one in self.sought(request, form)]
        terms = {
            "text": (stem, stems(quote.text)),
            "speaker": (slug, spellings_of(quote.speaker)),
            "publisher": (slug, publisher_words(quote)),
            "about": (stem, oracle.about(quote)),
        }
        name, there = terms[place]
        return not set(map(name, (*forms, *sought) if place == "about" else sought)).isdisjoint(there)

    def compounds(self, request: Request) -> Iterator[tuple[str, str]]:
        yield from request.parsed.compounds
        said = [clause.items[0].word for clause in request.parsed.clauses if is_one_word(clause)]
        if "us" in said:
            yield "us", "u.s"
        known = {name for quote in self.everything for name in stems(quote.text)}
        for first, second in itertools.pairwise(said):
            whole = first + second
            is_usual = stem(whole) in known and len(whole) >= 5 and FUNCTION_WORDS.isdisjoint((first, second))
            if as_one(first, second) == whole or is_usual:
                yield from ((first, whole), (second, whole))

    def stands(self, item: Item, text: str) -> bool:
        said = words(text)
        match item:
            case WordQuery(word):
                return stem(word) in stems(text)
            case PrefixQuery(start):
                return any(word.startswith(start) for word in said)
            case PhraseQuery(phrase):
                return tuple(phrase) in zip(*(said[n:] for n in range(len(phrase))), strict=False)

    def meant(self, request: Request, word: str) -> tuple[str, ...]:
        """Return the corrections of an unknown word, if it may have some, or the word."""
        return (self.spellings(request, word) if request.fuzzy == "auto" else ()) or (word,)

    def spellings(self, request: Request, word: str) -> tuple[str, ...]:
        """Return the corrections of an unknown word."""
        known = [set(words(quote.text)) for quote in self.everything]
        sought = {stem(word), *(stem(whole) for part, whole in self.compounds(request) if part == word)}
        if any(not sought.isdisjoint(stems(quote.text)) for quote in self.everything):
            return ()
        if request.match == "best":
            names = [spellings_of(quote.speaker) for quote in self.everything]
            known += names
            names = [*names, *map(publisher_words, self.everything)]
            if any(slug(word) in some for some in names):
                return ()
        counts = Counter(other for some in known for other in some if is_one_typo(word, other))
        return tuple(sorted(counts, key=lambda other: (-counts[other], other))[:16]) if len(word) >= 4 else ()

    # ------------------------------------------------------------------------------------------ what is covered

    def ranked(self, request: Request) -> list[list[str]]:
        """Return the words by which quotes are ranked, the forms of one stem together."""
        clauses = filter(is_one_word, request.parsed.clauses)
        forms: dict[str, list[str]] = {}
        for clause in clauses:
            forms.setdefault(stem(clause.items[0].word), []).append(clause.items[0].word)
        is_ranked = request.match == "best" and request.order == "relevance" and request.collapse == "none"
        return list(forms.values()) if is_ranked else []

    def covered(self, request: Request) -> dict[str, tuple[Any, list[str]]]:
        """Return the rank of each quote that meets the conditions and covers half, and the words that it misses.

        First those that have every word, then those that have half of the words and that the others stand about, then
        those that cover most, where a word about a quote covers half of its weight.
        """
        if not self.everything:
            return {}
        groups = self.ranked(request)
        weights = [math.log1p(len(self.everything) / max(1, self.frequency(request, forms))) for forms in groups]
        units = [max(1, round(100 * weight / sum(weights))) for weight in weights]
        conditions = [clause for clause in request.parsed.clauses if not is_one_word(clause)]
        found = {}
        for quote in self.looked_at(request):
            if not all(self._filters(request, quote)):
                continue
            if not all(self._clause(request, clause, quote) for clause in conditions):
                continue
            has = [any(self.has(request, word, quote) for word in forms) for forms in groups]
            about = [any(self.is_about(request, word, quote) for word in forms) for forms in groups]
            is_there = list(map(operator.or_, has, about))
            covered = sum(itertools.compress(units, is_there))
            if 2 * covered >= sum(units):
                own = sum(itertools.compress(units, has))
                missing = [forms[0] for forms, there in zip(groups, is_there, strict=True) if not there]
                is_about = all(is_there) and 2 * sum(has) >= len(has)
                found[quote.id] = ((all(has), is_about, Fraction(covered + own, 2)), missing)
        return found

    def frequency(self, request: Request, forms: Sequence[str]) -> int:
        """Return the sum of the frequencies of the stems and names of a word, those of retired quotes included."""
        sought = [word for form in forms for word in self.sought(request, form)]
        wanted, names = set(map(stem, sought)), set(map(slug, sought))
        return sum(
            len(wanted.intersection(stems(quote.text)))
            + len(names & spellings_of(quote.speaker))
            + (not names.isdisjoint(publisher_words(quote)))
            for quote in self.everything
        )

    # --------------------------------------------------------------------------------------------- filters

    def _filters(self, request: Request, quote: Quote) -> Iterator[bool]:
        spellings = spellings_asked_by(request)
        tests: dict[str, Callable[[str, Quote], bool]] = {
            "speaker": lambda name, quote: self._is_by(name, quote, spellings),
            "publisher": lambda name, quote: slug(quote.article.publisher or "\0") == slug(name),
            "language": lambda tag, quote: is_language(quote.article.language, tag),
            "status": lambda status, quote: quote.attribution.status == status,
        }
        for name, test in tests.items():
            inside = [one.value for one in request.parsed.qualifiers if one.name == name and not one.is_excluded]
            for values in (getattr(request, name), inside):
                if values:
                    yield any(test(value, quote) for value in values)
            yield not any(
                test(one.value, quote) for one in request.parsed.qualifiers if one.name == name and one.is_excluded
            )
        yield from self._dates(request, quote)
        if request.min_confidence is not None:
            confidence, status = quote.attribution.confidence, quote.attribution.status
            is_sure = confidence is not None and round(confidence * 1e4) >= round(request.min_confidence * 1e4)
            yield status == "given" or is_sure

    def _is_by(self, given: str, quote: Quote, spellings: Callable[[Quote], set[str]]) -> bool:
        keys = {given, slug(given)}
        if not any(keys & spellings(other) for other in self.everything):
            counts = Counter(name for other in self.everything for name in spellings(other))
            close = [name for name in counts if len(slug(given)) >= 4 and is_one_typo(slug(given), name)]
            if close:
                keys = set(sorted(close, key=lambda name: (-counts[name], name))[:16])
        return bool(keys & spellings(quote))

    def _dates(self, request: Request, quote: Quote) -> Iterator[bool]:
        bounds = [("from", request.from_), ("to", request.to)]
        bounds += [(one.name, one.value) for one in request.parsed.qualifiers if one.name in ("before", "after")]
        second = second_of(quote)
        last = schema.fields(quote, "").published_to
        for kind, value in bounds:
            if value is None:
                continue
            moment = datetime.fromisoformat(value)
            first = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
            end = first + 86_400 if len(value) == 10 else math.floor(first) + 1  # exclusive, by day or by second
            if second is None:
                yield False
            elif kind == "from":
                yield last >= math.floor(first)
            elif kind == "to":
                yield second < end
            elif kind == "before":
                yield second < first
            else:
                yield last >= end


def publisher_words(quote: Quote) -> set[str]:
    return {slug(word) for word in words(quote.article.publisher or "") if word not in FUNCTION_WORDS}


def second_of(quote: Quote) -> int | None:
    published = quote.article.published
    return None if published is None else math.floor(published.timestamp())


def is_one_word(clause: Clause) -> bool:
    return not clause.is_excluded and len(clause.items) == 1 and isinstance(clause.items[0], WordQuery)


def spellings_of(speaker: Speaker | None) -> set[str]:
    if speaker is None:
        return set()
    names = (speaker.name, *speaker.aliases)
    parts = {slug(word) for name in names for word in words(name) if len(word) > 1}
    return {speaker.id, *map(slug, names), *parts} - {""}


def spellings_asked_by(request: Request) -> Callable[[Quote], set[str]]:
    """Return which names of a quote a filter for speakers compares: those that are denied only if asked for."""
    inside = {one.value for one in request.parsed.qualifiers if one.name == "status" and not one.is_excluded}
    gone = {one.value for one in request.parsed.qualifiers if one.name == "status" and one.is_excluded}
    lists = [set(some) for some in (request.status, inside) if some]
    statuses = set.intersection(*lists) - gone if lists else set(STATUSES) - {"denied"}

    def spellings(quote: Quote) -> set[str]:
        found = spellings_of(quote.speaker) if statuses != {"denied"} else set()
        return found | (spellings_of(quote.denied_speaker) if quote.denied_speaker and "denied" in statuses else set())

    return spellings


def is_language(value: str | None, tag: str) -> bool:
    return value is not None and (value.lower() + "-").startswith(tag.lower() + "-")


def is_one_typo(word: str, other: str) -> bool:
    """Whether the words differ by one inserted, deleted or replaced letter, or by two swapped."""
    at = next((n for n, (a, b) in enumerate(zip(word, other, strict=False)) if a != b), min(len(word), len(other)))
    a, b = word[at:], other[at:]
    is_swapped = a[:2] == b[:2][::-1] and len(b) > 1 and a[2:] == b[2:]
    return word != other and (a[1:] == b or a == b[1:] or a[1:] == b[1:] or is_swapped)


# ------------------------------------------------------------------------------------------------ (a) by Whoosh


def compare_with_whoosh(library: Library, request: Request, searcher: Searcher) -> None:
    """Assert that stock Whoosh gives the searcher's answer for the plan's tree and filter."""
    collection = searcher._index.current().collection
    made, _ = _prepare(request, collection)
    if made.ranked is not None:
        compare_scores_with_whoosh(library, made, searcher.search(request))
        return
    whoosh = library.oracle
    page = searcher.search(request)
    numbers = {quote.id: number for number, (_, quote) in enumerate(whoosh.documents)}
    docs = [numbers[hit.quote.id] for hit in page.hits]
    if made.sort is None:
        expected = oracle.search(whoosh.one, made.tree, made.filter)
        assert page.total == len(expected.docs)
        oracle.assert_alike(docs, [hit.score for hit in page.hits], whoosh, expected, request.limit)
    else:
        expected = oracle.search(whoosh.one, made.tree, made.filter, made.sort)
        ordered = sorted(expected.docs, key=lambda doc: whoosh.documents[doc][1].article.published is None)
        assert (page.total, docs) == (len(ordered), ordered[: request.limit])


def compare_scores_with_whoosh(library: Library, made: Plan, page: Page) -> None:
    """Assert that a hit scores what stock Whoosh gives it for any of the ranked words and what is required."""
    assert made.ranked is not None
    whoosh = library.oracle
    any_word = query.Or([leaf for word in made.ranked.words for _, tree in word.places for leaf in tree.leaves()])
    must = any_word if made.ranked.required is None else query.And([any_word, made.ranked.required])
    tree = query.AndMaybe(must, made.ranked.exact)
    expected = oracle.search(whoosh.one, tree, made.ranked.filter)
    scores = {whoosh.documents[doc][1].id: score for doc, score in zip(expected.docs, expected.scores, strict=True)}
    for hit in page.hits:
        assert math.isclose(hit.score, scores[hit.quote.id], rel_tol=oracle.NOISE)
    every = oracle.search(whoosh.one, made.tree, made.filter)
    assert {whoosh.documents[doc][1].id for doc in every.docs} == {hit.quote.id for hit in page.hits[: page.total]}


# ------------------------------------------------------------------------------------------- (b) by a full scan


def compare_with_a_reader(library: Library, request: Request, page: Page) -> None:
    reader = Reader(library.live, [quote for _, quote in library.oracle.documents])
    found = reader.found(request)
    shown = [hit.quote for hit in page.hits[: page.total]]
    assert page.searched == len(reader.looked_at(request))
    assert page.edition.quotes == len(library.live)
    assert {name: list(page.facets[name]) for name in page.facets} == {
        name: facet(name, found) for name in request.facets or ()
    }
    if request.collapse == "none":
        assert page.total == len(found)
        assert sorted(quote.id for quote in shown) == sorted(quote.id for quote in found)
        assert all(hit.collapsed is None for hit in page.hits)
    else:
        compare_groups(request, page, found)
    if request.order != "relevance":
        assert [by_date(request, quote) for quote in shown] == sorted(by_date(request, quote) for quote in shown)
    elif reader.ranked(request):
        compare_coverage(reader, request, page, [quote.id for _, quote in library.oracle.documents])
    else:
        assert [-hit.score for hit in page.hits] == sorted(-hit.score for hit in page.hits)
    for hit in page.hits:
        compare_highlights(reader, request, hit)


def compare_coverage(reader: Reader, request: Request, page: Page, ids: Sequence[str]) -> None:
    """Assert that the hits are the quotes that cover half, first those that cover most, then those that score most."""
    covered = reader.covered(request)
    assert (page.total + page.related, page.total) == (
        len(covered),
        sum(rank[0] for rank, _ in covered.values()),
    )
    assert sorted(hit.quote.id for hit in page.hits) == sorted(covered)
    assert [list(hit.missing) for hit in page.hits] == [covered[hit.quote.id][1] for hit in page.hits]
    for hit in page.hits:
        assert set(hit.found) == {forms[0] for forms in reader.ranked(request)} - set(hit.missing)
        for word, place in hit.found.items():
            assert reader.is_in(request, word, hit.quote, place)
    ranks = [covered[hit.quote.id][0] for hit in page.hits]
    assert ranks == sorted(ranks, reverse=True)
    order = [
        (ranks.index(rank), -hit.score, ids.index(hit.quote.id)) for rank, hit in zip(ranks, page.hits, strict=True)
    ]
    assert order == sorted(order)


def by_date(request: Request, quote: Quote) -> tuple[bool, int]:
    second = second_of(quote)
    return second is None, (second or 0) * (-1 if request.order == "newest" else 1)


def compare_groups(request: Request, page: Page, found: Sequence[Quote]) -> None:
    groups: dict[str, list[Quote]] = {}
    for quote in found:
        key = quote.utterance.id if request.collapse == "utterance" else " ".join(words(quote.text))
        groups.setdefault(key, []).append(quote)
    assert page.total == len(groups) == len(page.hits)
    for hit in page.hits:
        (group,) = (group for group in groups.values() if hit.quote in group)
        dates = sorted(second for quote in group if (second := second_of(quote)) is not None)
        assert hit.collapsed == CollapsedGroup(
            quotes=len(group),
            articles=len({quote.article.id for quote in group}),
            publishers=len({quote.article.publisher for quote in group} - {None}),
            first_seen=moment_of(dates[0]) if dates else None,
            last_seen=moment_of(dates[-1]) if dates else None,
        )
        if request.order != "relevance":
            assert by_date(request, hit.quote) == min(by_date(request, quote) for quote in group)


def moment_of(second: int) -> datetime:
    return datetime.fromordinal(719_163 + second // 86_400).replace(
        hour=second % 86_400 // 3_600, minute=second % 3_600 // 60, second=second % 60, tzinfo=UTC
    )


def facet(name: str, found: Sequence[Quote]) -> list[Bucket]:
    """Count a facet: by frequency, then by name; years and months newest first."""
    values: dict[str, Callable[[Quote], str | None]] = {
        "speaker": lambda quote: quote.speaker and quote.speaker.id,
        "publisher": lambda quote: quote.article.publisher,
        "type": lambda quote: quote.type,
        "language": lambda quote: quote.article.language,
        "status": lambda quote: quote.attribution.status,
        "year": lambda quote: quote.article.published and f"{quote.article.published.year:04}",
        "month": lambda quote: (
            quote.article.published and f"{quote.article.published.year:04}-{quote.article.published.month:02}"
        ),
    }
    counts = Counter(value for value in map(values[name], found) if value)
    if name in ("year", "month"):  # the periods
        return [Bucket(value, counts[value]) for value in sorted(counts, reverse=True)[:PERIODS]]
    people = {quote.speaker.id: quote.speaker.name for quote in found if quote.speaker}
    order = sorted(counts, key=lambda value: (-counts[value], value.encode()))[:BUCKETS]
    return [Bucket(value, counts[value], people[value] if name == "speaker" else None) for value in order]


# ----------------------------------------------------------------------------------------------- (e) highlights


def compare_highlights(reader: Reader, request: Request, hit: Hit) -> None:
    """Assert that spans are disjoint, within the text, and cover exactly the words of the query."""
    text, spans = hit.quote.text, hit.highlights
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(one[1] < other[0] for one, other in itertools.pairwise(spans))
    tokens = places(text)
    wanted = asked_places(reader, request, text, tokens)
    for start, end in spans:
        inside = [n for n, (_, first, last) in enumerate(tokens) if start <= first and last <= end]
        assert inside
        assert (tokens[inside[0]][1], tokens[inside[-1]][2]) == (start, end)
        assert set(inside) <= wanted
    shown = {n for n, (_, first, last) in enumerate(tokens) if any(s <= first and last <= e for s, e in spans)}
    assert shown == (wanted if request.highlight else set())


def asked_places(reader: Reader, request: Request, text: str, tokens: Sequence[tuple[str, int, int]]) -> set[int]:
    said = [word for word, _, _ in tokens]
    found: set[int] = set()
    for item in request.parsed.included:
        match item:
            case WordQuery(word):
                meant = set(map(stem, (*reader.meant(request, word), *reader.wholes(request, word))))
                found |= {n for n, other in enumerate(said) if stem(other) in meant}
                for whole, first, last in compounds(text):
                    if stem(whole) in meant:
                        found |= {n for n, (_, start, end) in enumerate(tokens) if first <= start and end <= last}
                for whole, n in parted(said):
                    if stem(whole) in meant:
                        found |= {n, n + 1}
            case PrefixQuery(start):
                found |= {n for n, other in enumerate(said) if other.startswith(start)}
            case PhraseQuery(phrase):
                for n in range(len(said) - len(phrase) + 1):
                    if tuple(said[n : n + len(phrase)]) == phrase:
                        found |= set(range(n, n + len(phrase)))
    return found


# --------------------------------------------------------------------------------------------------- the proofs


def differ(library: Library, asked: Sequence[Request]) -> None:
    searcher = Searcher(library.store)
    for request in asked:
        page = searcher.search(request)
        try:
            compare_with_a_reader(library, request, page)
            if library.live:
                compare_with_whoosh(library, replace(request, collapse="none", facets=None), searcher)
        except AssertionError as error:
            error.add_note(repr(request))
            raise


some_requests = st.lists(requests(facets=FACETS), min_size=1, max_size=8)

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


@settings(deadline=None, max_examples=8, suppress_health_check=SLOW)
@given(parts(), some_requests)
def test_a_search_agrees_with_whoosh_and_a_scan(holdings: tuple[Holding, ...], asked: list[Request]) -> None:
    differ(Library(holdings), asked)


@pytest.mark.prove(minutes=3)
@settings(deadline=None, max_examples=600, suppress_health_check=SLOW)
@given(parts(), some_requests)
def test_thousands_of_searches_agree_with_both(holdings: tuple[Holding, ...], asked: list[Request]) -> None:
    differ(Library(holdings), asked)


# ------------------------------------------------------------------------------------------ (c) page after page


def pages(searcher: Searcher, request: Request, limits: Iterator[int], between: Callable[[], object]) -> list[Page]:
    found, cursor = [], None
    while not found or cursor is not None:
        found.append(searcher.search(replace(request, limit=next(limits), cursor=cursor)))
        cursor = found[-1].next_cursor
        between()
    return found


def follow(holdings: Sequence[Holding], request: Request, limits: Sequence[int], others: Sequence[Holding]) -> None:
    library = Library(holdings)
    searcher, coming = Searcher(library.store), iter(others)
    whole = Searcher(library.store).search(request)

    def write() -> None:
        if (other := next(coming, None)) is not None:
            fresh = [
                (f"n{len(library.holdings)}-{key}", replace(q, id=f"n{len(library.holdings)}{q.id}"))
                for key, q in other.pairs
            ]
            library.add(Holding(tuple(fresh)))

    found = pages(searcher, request, itertools.cycle(limits), write)
    hits = [hit for page in found for hit in page.hits]
    assert [(hit.quote.id, hit.highlights, hit.collapsed) for hit in hits] == [
        (hit.quote.id, hit.highlights, hit.collapsed) for hit in whole.hits
    ]
    assert all(math.isclose(a.score, b.score, rel_tol=oracle.NOISE) for a, b in zip(hits, whole.hits, strict=True))
    assert [page.start for page in found] == [0, *itertools.accumulate(len(page.hits) for page in found[:-1])]
    for page in found:
        assert (page.total, page.edition, page.facets, page.searched) == (
            *(whole.total, whole.edition, whole.facets, whole.searched),
        )


some_limits = st.lists(st.integers(1, 5), min_size=1, max_size=3)


@settings(deadline=None, max_examples=8, suppress_health_check=SLOW)
@given(parts(), requests(), some_limits, parts(3))
def test_pages_are_the_whole_result_once_each_while_others_write(
    holdings: tuple[Holding, ...], request: Request, limits: list[int], others: tuple[Holding, ...]
) -> None:
    follow(holdings, request, limits, others)


@pytest.mark.prove(minutes=1)
@settings(deadline=None, max_examples=500, suppress_health_check=SLOW)
@given(parts(), requests(facets=FACETS), some_limits, parts(3))
def test_thousands_of_results_are_paged_through(
    holdings: tuple[Holding, ...], request: Request, limits: list[int], others: tuple[Holding, ...]
) -> None:
    follow(holdings, request, limits, others)


def said(*texts: str, start: int = 0) -> Holding:
    return Holding(tuple((f"r{n}", a_quote(text, id=f"q_{n}")) for n, text in enumerate(texts, start)))


def a_cursor(searcher: Searcher, request: Request) -> str:
    cursor = searcher.search(request).next_cursor
    assert cursor is not None
    return cursor


def test_a_generation_that_is_gone_has_expired() -> None:
    library = Library([said("land a", "land b", "land c")])
    request = Request(q="land", limit=1)
    cursor = a_cursor(Searcher(library.store), request)
    library.add(said("land d", start=9))
    searcher = Searcher(library.store)
    assert searcher.search(replace(request, cursor=cursor)).edition.generation == 1
    for copy in library.store.list(history.PREFIX).entries:
        library.store.delete(copy.key)
    with pytest.raises(Expired, match=r"^generation 1 is no longer kept; begin again without cursor$"):
        Searcher(library.store).search(replace(request, cursor=cursor))
    assert searcher.search(replace(request, cursor=cursor)).total == 3  # a searcher with the segment open still answers


def test_a_generation_whose_segments_were_collected_has_expired() -> None:
    library = Library([said("land a", "land b", "land c")])
    request = Request(q="land", limit=1)
    cursor = a_cursor(Searcher(library.store), request)
    library.add(said("land d", start=9))
    for file in library.store.list("segments/s0").entries:
        library.store.delete(file.key)
    with pytest.raises(Expired):
        Searcher(library.store).search(replace(request, cursor=cursor))


@pytest.mark.parametrize(
    "other",
    [
        {"q": "swap"},
        {"q": "land -swap"},
        {"q": None},
        {"speaker": "rowe"},
        {"type": "direct"},
        {"sort": "newest"},
        {"collapse": "wording"},
        {"fuzzy": "off"},
        {"match": "all"},
        {"from_": "2025-08-11"},
        {"min_confidence": 0.5},
    ],
    ids=repr,
)
def test_a_cursor_of_another_search_is_refused(other: dict[str, Any]) -> None:
    searcher = Searcher(Library([said("land a", "land b")]).store)
    request = Request(q="land", limit=1)
    cursor = a_cursor(searcher, request)
    with pytest.raises(BadQuery, match=r"^cursor: belongs to another search"):
        searcher.search(replace(request, cursor=cursor, **other))


def test_a_cursor_goes_with_another_limit_and_other_facets() -> None:
    searcher = Searcher(Library([said("land a", "land b")]).store)
    request = Request(q="land", limit=1)
    page = searcher.search(
        Request(q="land", limit=7, facets="type", highlight=False, cursor=a_cursor(searcher, request))
    )
    assert (page.start, len(page.hits), page.next_cursor) == (1, 1, None)


def _written(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        *("", " ", "!", "x", "\ud800", "é", "null", "A" * 100_000, _written("[" * 3_000), _written(None), _written([])),
        *(
            _written([1, 1]),
            _written([1, 1, None]),
            _written([0, 1, "x"]),
            _written([1, -1, "x"]),
            _written([1, 1.0, "x"]),
        ),
        *(_written([10**300, 1, "x"]), _written([True, True, "x"]), _written([1, 1, "x", 1]), _written({"1": 1})),
        base64.urlsafe_b64encode(b"[" * 9_000).decode(),
        base64.urlsafe_b64encode(b'[1,1,"\xff"]').decode(),
        base64.urlsafe_b64encode(b"[" + b"9" * 9_000 + b',1,"x"]').decode(),
        base64.urlsafe_b64encode(b"[NaN,Infinity,1]").decode(),
    ],
    ids=lambda cursor: cursor[:20].encode(errors="replace").decode(),
)
def test_a_forged_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(BadQuery) as refused:
        Searcher(Library([said("land a")]).store).search(Request(q="land", cursor=cursor))
    assert refused.value.parameter == "cursor"


@settings(deadline=None)
@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda some: base64.urlsafe_b64encode(some).decode()))
def test_any_text_as_a_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(BadQuery, match=r"^cursor: "):
        SEARCHER.search(Request(q="land", cursor=cursor))


SEARCHER = Searcher(Library([said("land a", "land b")]).store)


def test_a_cursor_beyond_the_end_is_an_empty_page() -> None:
    request = Request(q="land", limit=1)
    value = json.loads(base64.urlsafe_b64decode(a_cursor(SEARCHER, request) + "=="))
    page = SEARCHER.search(replace(request, cursor=_written([value[0], 2**53 - 1, value[2]])))
    assert (page.hits, page.total, page.next_cursor) == ((), 2, None)


# ------------------------------------------------------------------------------------------------- (d) the past


def compare_with_the_past(holdings: Sequence[Holding], asked: Sequence[Request]) -> None:
    """Assert that an archive's answers at a generation equal its later answers for that generation."""
    library, then = Library(withdraws=False), []
    for holding in holdings:
        library.add(holding)
        searcher = Searcher(library.store)
        then.append((library.generation, [searcher.search(request) for request in asked]))
    searcher = Searcher(library.store)
    for generation, expected in then:
        for request, page in zip(asked, expected, strict=True):
            found = searcher.search(replace(request, as_of=generation))
            assert replace(found, request=request) == page
    with pytest.raises(BadQuery, match=f"^as_of: generation {library.generation + 1} is not kept"):
        searcher.search(Request(q="land", as_of=library.generation + 1))


def compare_without_the_withdrawn(holdings: Sequence[Holding], request: Request, limit: int) -> None:
    """Assert that a past generation answers without quotes that were withdrawn later; all others keep their places."""
    library = Library([changed(holding, retired=frozenset()) for holding in holdings])
    then, generation = Searcher(library.store).search(replace(request, limit=MAX_LIMIT)), library.generation
    keys = {quote.id: key for holding in holdings for key, quote in holding.pairs}
    withdrawn = {key for holding in holdings for key in holding.retired}
    if withdrawn:
        gone = [a_record(key, version=2, withdrawn=True, quotes=0) for key in sorted(withdrawn)]
        commit(library.store, a_draft("gone", *gone, data=b""), library.ledgers, library.effects)
    searcher = Searcher(library.store)
    newest = searcher.search(request)  # which has the same quotes
    found, page = [], searcher.search(replace(request, as_of=generation, limit=limit))
    while True:
        assert (page.generation, page.total, page.facets, page.searched) == (
            *(generation, newest.total, newest.facets, newest.searched),
        )
        found += page.hits
        if page.next_cursor is None:
            break
        page = searcher.search(replace(request, cursor=page.next_cursor, limit=limit))
    if request.collapse == "none":
        assert found == [hit for hit in then.hits if keys[hit.quote.id] not in withdrawn]
    else:
        groups = searcher.search(replace(request, limit=MAX_LIMIT)).hits
        assert Counter(hit.collapsed for hit in found) == Counter(hit.collapsed for hit in groups)


@settings(deadline=None, max_examples=8, suppress_health_check=SLOW)
@given(parts(), requests(facets=FACETS), st.integers(1, 5))
def test_a_past_generation_is_shown_without_what_was_withdrawn_since(
    holdings: tuple[Holding, ...], request: Request, limit: int
) -> None:
    compare_without_the_withdrawn(holdings, request, limit)


@pytest.mark.prove(minutes=1)
@settings(deadline=None, max_examples=500, suppress_health_check=SLOW)
@given(parts(), requests(facets=FACETS), st.integers(1, 5))
def test_hundreds_of_past_generations_are_shown_without_what_was_withdrawn_since(
    holdings: tuple[Holding, ...], request: Request, limit: int
) -> None:
    compare_without_the_withdrawn(holdings, request, limit)


@pytest.mark.prove
@settings(deadline=None, max_examples=8, suppress_health_check=SLOW)
@given(parts(), st.lists(requests(facets=FACETS), min_size=1, max_size=2))
def test_a_past_generation_equals_an_archive_that_ended_there(
    holdings: tuple[Holding, ...], asked: list[Request]
) -> None:
    compare_with_the_past(holdings, asked)


@pytest.mark.prove(minutes=1)
@settings(deadline=None, max_examples=500, suppress_health_check=SLOW)
@given(parts(), st.lists(requests(facets=FACETS), min_size=1, max_size=2))
def test_hundreds_of_past_generations_equal_such_archives(holdings: tuple[Holding, ...], asked: list[Request]) -> None:
    compare_with_the_past(holdings, asked)
