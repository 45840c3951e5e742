"""Find the utterances that share most with remembered words.

Forty candidates share the rarest words; the dozen that share most of all are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice, pairwise
from typing import NamedTuple

from whoosh import query

from quoth.engine.analysis import stem, words
from quoth.engine.execution.collection import Collection
from quoth.engine.guide import utterances
from quoth.engine.query.lexicon import Lexicon
from quoth.engine.verify.comparison.alignment import WORD, weight
from quoth.engine.verify.comparison.words import ComparedWord
from quoth.engine.verify.passages import SpokenText, joined
from quoth.engine.verify.speaker_match import FIELDS, ClaimedSpeaker
from quoth.quote import Quote, from_text

# Candidates that are compared by shared words, and texts of these that are aligned.
CANDIDATES = 40
ALIGNED = 12
# A text that shares less than this fraction of what the best one shares is not aligned.
MIN_LIKENESS = 0.35
# Stems in the candidate query, the rarest first, and postings read for them. The three rarest are always in the query.
MAX_STEMS = 24
MAX_POSTINGS = 300_000
MIN_STEMS = 3
# Unknown words that are corrected, each at the cost of reading a part of the dictionary, and corrections of each.
MAX_CORRECTED = 4
MAX_SPELLINGS = 8
# Documents with exactly the remembered words.
MAX_EQUALS = 32
# Characters of all candidates that are read; a quote may be as long as an article.
MAX_READ = 250_000


class WordWeights:
    """The weights of words in a collection, by their rarity."""

    def __init__(self, collection: Collection) -> None:
        self._index = collection.index
        self._rarity: dict[str, float] = {}

    def rarity(self, word: str) -> float:
        """Return the inverse document frequency of a word's stem."""
        name = stem(word)
        if name not in self._rarity:
            frequency = self._index.term_info("stemmed", name.encode()).size
            # In an index of a few quotes the formula may be zero or negative, and weights must be positive.
            self._rarity[name] = max(self._index.idf(frequency), 0.5)
        return self._rarity[name]

    def of_compared(self, word: ComparedWord) -> float:
        """Return the rarity of a compared word, as it is written: the index has no other spelling."""
        return self.rarity(word.written.split()[0] if word.written else word.word)


def closest(
    collection: Collection,
    remembered: Sequence[str],
    claimed: ClaimedSpeaker | None,
    is_left_out: Callable[[Quote], bool],
    check: Callable[[], None],
) -> list[SpokenText]:
    """Return the utterances that share most with remembered words, without quotes that are left out.

    Half of the places are reserved for the claimed speaker. Utterances of equal wording share a place.
    """
    read = list(_read(collection, _numbers(collection, remembered, claimed, check), check))
    groups: dict[tuple[str, ...], list[_UtteranceParts]] = {}
    for utterance in _by_utterance(quote for _, quote in read if not is_left_out(quote)):
        groups.setdefault(utterance.stems, []).append(utterance)
    likeness = _Likeness(remembered, WordWeights(collection).rarity)
    shared = {stems: likeness.of(stems) for stems in groups}
    # Ties go to the shorter text, since a long one shares words by chance, and then to the earlier candidate.
    order = sorted(groups, key=lambda stems: (-shared[stems], len(stems)))
    near = [stems for stems in order if shared[stems] >= MIN_LIKENESS * shared[order[0]]]
    own = []
    if claimed is not None:
        own = [stems for stems in near if any(claimed.is_concerned_by(u.parts[0]) for u in groups[stems])]
    kept = list(dict.fromkeys((*own[: ALIGNED // 2], *near)))[:ALIGNED]
    docs = {quote.id: doc for doc, quote in read}
    cut = [utterance.parts[0] for stems in kept for utterance in groups[stems] if utterance.is_cut]
    utterances.read_beside(collection, (docs[quote.id] for quote in cut))
    found = []
    for stems in kept:
        check()
        for utterance in groups[stems]:
            first = utterance.parts[0]
            parts = utterances.whole(collection, docs[first.id], first) if utterance.is_cut else utterance.parts
            found.append(SpokenText(parts))
    return found


def terms(collection: Collection, remembered: Sequence[str], claimed: ClaimedSpeaker | None) -> list[query.Query]:
    """Return the queries whose terms find the candidates."""
    own = _by(claimed)
    return [query.Or(list(_shared_terms(collection, remembered))), *([own] if own is not None else [])]


def _by(claimed: ClaimedSpeaker | None) -> query.Query | None:
    """Return the query for the quotes of the claimed speaker, or that they denied."""
    if claimed is None or not claimed.keys:
        return None
    return query.Or([query.Term(field, key) for field in FIELDS for key in sorted(claimed.keys)])


def _numbers(
    collection: Collection, remembered: Sequence[str], claimed: ClaimedSpeaker | None, check: Callable[[], None]
) -> Iterator[int]:
    """Yield the document numbers of the candidates, the most likely first; some twice.

    Each search runs once more for the claimed speaker only, whose quotes may be crowded out by others with these words.
    """
    own = _by(claimed)
    equal = query.Term("wording", " ".join(remembered))
    similar = query.Or(list(_shared_terms(collection, remembered)))
    for tree, limit in ((equal, MAX_EQUALS), (similar, CANDIDATES)):
        for filter in (None,) if own is None else (own, None):
            check()
            yield from collection.search(tree, filter, limit).docs.tolist()


def _shared_terms(collection: Collection, remembered: Sequence[str]) -> Iterator[query.Query]:
    """Yield the terms of the candidate query, the rarest first."""
    index, budget = collection.index, MAX_POSTINGS
    stems = {name: index.term_info("stemmed", name.encode()).size for name in dict.fromkeys(map(stem, remembered))}
    known = sorted((size, name) for name, size in stems.items() if size)
    for number, (size, name) in enumerate(known[:MAX_STEMS]):
        budget -= size
        if number >= MIN_STEMS and budget < 0:
            break
        yield query.Term("stemmed", name)
    for spelling in spellings(collection, remembered):
        yield query.Term("exact", spelling)


def spellings(collection: Collection, remembered: Sequence[str]) -> Iterator[str]:
    """Yield indexed words within one typo of each unknown word."""
    index = collection.index
    unknown = (word for word in dict.fromkeys(remembered) if not index.term_info("stemmed", stem(word).encode()).size)
    for word in islice((word for word in unknown if 4 <= len(word) <= 30), MAX_CORRECTED):
        yield from Lexicon(index).near("exact", word)[:MAX_SPELLINGS]


def _read(collection: Collection, docs: Iterable[int], check: Callable[[], None]) -> Iterator[tuple[int, Quote]]:
    """Yield documents and their quotes, each once, up to `MAX_READ` characters."""
    numbers = list(dict.fromkeys(docs))
    check()
    budget = MAX_READ
    for doc, stored in zip(numbers, collection.index.stored.get(numbers), strict=True):
        budget -= len(stored)
        if budget < 0:
            return
        yield doc, from_text(stored)


class _Likeness:
    """How much a text shares with remembered words, weighted by their rarity."""

    def __init__(self, remembered: Sequence[str], rarity: Callable[[str], float]) -> None:
        self._weights = {stem(word): rarity(word) * weight(word) / WORD for word in remembered}
        self._pairs = set(pairwise(map(stem, remembered)))

    def of(self, stems: Sequence[str]) -> float:
        """Return the total weight of the words, and of the pairs of adjacent words, that a text shares."""
        shared = sum(map(self._weights.__getitem__, self._weights.keys() & set(stems)))
        pairs = self._pairs.intersection(pairwise(stems))
        return shared + sum(min(self._weights[a], self._weights[b]) for a, b in pairs)


class _UtteranceParts(NamedTuple):
    """The candidate quotes of one utterance, in order, and the stems of their words."""

    parts: tuple[Quote, ...]
    stems: tuple[str, ...]

    @property
    def is_cut(self) -> bool:
        """Whether the utterance has more quotes."""
        return len(self.parts) < self.parts[0].utterance.of


def _by_utterance(quotes: Iterable[Quote]) -> list[_UtteranceParts]:
    """Return the utterances of quotes, in the order of their first quotes."""
    parts: dict[str, list[Quote]] = {}
    for quote in quotes:
        parts.setdefault(quote.utterance.id, []).append(quote)
    ordered = (tuple(sorted(group, key=lambda quote: quote.utterance.position)) for group in parts.values())
    return [_UtteranceParts(group, tuple(map(stem, words(joined(group))))) for group in ordered]
