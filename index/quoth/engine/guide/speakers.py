"""Find speakers by a prefix of their names, and count the quotes of one speaker."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from msgspec.structs import replace
from whoosh import query

from quoth.engine.analysis import words
from quoth.engine.execution.collection import Collection, PreparedSearch
from quoth.engine.page import Bucket, Edition, SpeakerCount, SpeakerList, SpeakerProfile
from quoth.engine.query.filters import DEFAULT_TYPES
from quoth.engine.query.lexicon import EXPANSIONS, Lexicon
from quoth.engine.query.plan import of_types
from quoth.engine.query.request import MAX_FACET, Period
from quoth.errors import Damaged, NotFound
from quoth.quote import Quote, Speaker, from_text
from quoth.text.function_words import FUNCTION_WORDS
from quoth.text.names.readings import readings
from quoth.text.names.titles import SUFFIXES

MOST = 100
_ALIKE = 5  # letters that the words of names near another share, but for a typo
# The newest quotes of a speaker whose words are counted, the words that are compared with the index, and those shown.
SAMPLE = 100
COMPARED = 40
DISTINCTIVE = 12

# The quotes of the speakers with a prefix, and the spellings that replace one that matches nothing.
PreparedLookup = tuple[PreparedSearch, tuple[str, ...]]

# What a profile counts.
_COUNTED = ("type", "publisher", "year", "month")

_DEFAULT_TYPES = of_types(DEFAULT_TYPES)


def prepare_lookup(collection: Collection, prefix: str | None, by: Period | None = None) -> PreparedLookup:
    """Fetch what the speakers with a prefix are counted from."""
    facets = ["speaker"] if by is None else ["speaker", by]
    collection.open(["known_as"], facets)
    tree, corrected_to = _names_query(collection, prefix)
    return collection.prepare(tree, _DEFAULT_TYPES, facets=facets), corrected_to


def lookup(
    collection: Collection,
    edition: Edition,
    prefix: str | None,
    limit: int,
    prepared: PreparedLookup,
    by: Period | None = None,
) -> SpeakerList:
    """Return the speakers with a spelling that starts with `prefix`, the most quoted first; without a prefix all.

    `by` also counts the quotes of each by month or year. Indirect quotes, statements in the reporter's words, do not
    count.
    """
    quotes, corrected_to = prepared
    buckets = len(collection.index.columns.values("speaker"))
    counts = collection.top_docs(quotes, limit=0, buckets=buckets).facets["speaker"]
    speakers = of_ids(collection, (speaker_id for speaker_id, _ in counts[:limit]))
    entries = tuple(SpeakerCount(speaker, count) for speaker, (_, count) in zip(speakers, counts, strict=False))
    periods = None if by is None else tuple(_periods(collection, each.speaker.id, by) for each in entries)
    return SpeakerList(prefix, entries, len(counts), edition, corrected_to, periods)


def _periods(collection: Collection, speaker_id: str, by: Period) -> tuple[Bucket, ...]:
    found = collection.search(
        query.Term("speaker", speaker_id), _DEFAULT_TYPES, limit=0, facets=[by], buckets=MAX_FACET
    )
    return tuple(Bucket(*item) for item in found.facets[by])


def _names_query(collection: Collection, prefix: str | None) -> tuple[query.Query, tuple[str, ...]]:
    """Return the query for a prefix, also after a title, and the spellings that replace one that matches nothing."""
    starts = readings(prefix or "")
    if not starts or prefix is None:
        return query.Every(), ()
    lexicon = Lexicon(collection.index)
    if lexicon.frequency("known_as", prefix):  # an id: the slug of a hash is another hash
        starts = (prefix,)
    for start in starts:
        if lexicon.count_prefixed("known_as", start):
            return query.Prefix("known_as", start), ()
    found = lexicon.near_prefix("known_as", starts[-1])
    return query.Or([query.Term("known_as", name) for name in found[:EXPANSIONS]]), found


def near(collection: Collection, name: str, limit: int) -> tuple[SpeakerCount, ...]:
    """Return the speakers whose names are nearest to an unknown one, the most quoted first.

    They share a word of it, the surname before others; or have a word within one typo; or one that begins alike.
    """
    collection.index.segments.open(["known_as.terms", "speaker.values", "speaker.ordinals"])
    names = list(_near_names(Lexicon(collection.index), readings(name)))
    if not names:
        return ()
    tree = query.Or([query.Term("known_as", known) for known in names])
    counts = collection.search(tree, limit=0, facets=["speaker"], buckets=limit).facets["speaker"]
    found = of_ids(collection, (speaker_id for speaker_id, _ in counts))
    return tuple(SpeakerCount(speaker, count) for speaker, (_, count) in zip(found, counts, strict=True))


def _near_names(lexicon: Lexicon, typed: tuple[str, ...]) -> Sequence[str]:
    """Return the indexed names of the first kind that there is."""
    words = [word for word in reversed(typed[-1].split("-")) if len(word) > 1 and word not in SUFFIXES] if typed else []
    for word in words:
        if lexicon.frequency("known_as", word):
            return (word,)
    for word in words:
        if found := lexicon.near(("known_as",), word) or lexicon.near_prefix("known_as", word[:_ALIKE]):
            return found
    return ()


def prepare_profile(collection: Collection, speaker_id: str) -> PreparedSearch:
    """Fetch what the profile of a speaker reads, except stored quotes."""
    return collection.prepare(query.Term("speaker", speaker_id), facets=_COUNTED)


def profile(collection: Collection, edition: Edition, speaker_id: str, quotes: PreparedSearch) -> SpeakerProfile:
    """Return the counts of one speaker's quotes; raises `NotFound`."""
    matches = collection.top_docs(quotes, limit=0)
    if not matches.total:
        raise NotFound(f"no quote is by a speaker with the id {speaker_id[:80]}")
    counts = {name: tuple(Bucket(*item) for item in items) for name, items in matches.facets.items()}
    newest, oldest = _outermost(collection, speaker_id)
    dated = sum(bucket.quotes for bucket in counts["year"])
    is_dated = oldest.article.published is not None
    return SpeakerProfile(
        speaker=_speaker(newest),
        quotes=matches.total,
        undated=matches.total - dated,
        types=counts["type"],
        publishers=counts["publisher"],
        years=counts["year"],
        months=counts["month"],
        first=oldest if is_dated else None,
        last=newest if is_dated else None,
        edition=edition,
    )


def prepare_words(collection: Collection, speaker_id: str) -> PreparedSearch:
    """Fetch what the words of a speaker are counted in, except stored quotes, and what they are compared with."""
    collection.open(["exact"])
    return collection.prepare(query.Term("speaker", speaker_id), _DEFAULT_TYPES, sort=("published", True))


def distinctive_words(collection: Collection, quotes: PreparedSearch) -> tuple[str, ...]:
    """Return the words that stand in the newest quotes of a speaker more often than in those of others.

    A word counts once a quote, and only if two quotes have it. The work is bounded by `SAMPLE` and `COMPARED`.
    """
    docs = collection.top_docs(quotes, limit=SAMPLE).docs
    counts = Counter[str]()
    for stored in collection.stored(docs):
        counts.update({word for word in words(from_text(stored).text) if len(word) > 2 and word.isalpha()})
    repeated = [(word, count) for word, count in counts.most_common() if count > 1 and word not in FUNCTION_WORDS]
    lexicon, every = Lexicon(collection.index), collection.index.documents

    def weight(word: str, count: int) -> float:
        # How much more often than in a quote of anybody, and how often.
        expected = lexicon.frequency("exact", word) / every * len(docs)
        return count * math.log(count / expected)

    weights = {word: weight(word, count) for word, count in repeated[:COMPARED]}
    return tuple(sorted((word for word in weights if weights[word] > 0), key=lambda word: -weights[word])[:DISTINCTIVE])


def of_ids(collection: Collection, ids: Iterable[str]) -> list[Speaker]:
    """Return the speakers with these ids, each as one of its quotes stores it."""
    docs = collection.exemplars("speaker", ids)
    return [of_stored(stored) for stored in collection.index.stored.get(docs)]


def of_stored(stored: bytes) -> Speaker:
    """Return the speaker of a stored quote."""
    return _speaker(from_text(stored))


def _outermost(collection: Collection, speaker_id: str) -> list[Quote]:
    """Return the newest and the oldest quote of a speaker."""
    by_speaker = query.Term("speaker", speaker_id)
    orders = (("published", True), ("published", False))
    docs = [int(collection.search(by_speaker, limit=1, sort=order).docs[0]) for order in orders]
    return [from_text(stored) for stored in collection.index.stored.get(docs)]


def _speaker(quote: Quote) -> Speaker:
    """Return the speaker of a quote, without the mention in that quote."""
    speaker = quote.speaker
    if speaker is None:
        raise Damaged(f"the quote {quote.id} is indexed under a speaker and has none")
    return replace(speaker, as_written=None)
