"""Verify remembered words, and optionally a speaker, against the index.

Three steps: search for a hundred candidates that share the rarest words, select the dozen that share most, and align
these word by word. `quoth.engine.verify.verdict` defines the verdicts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import NamedTuple

from whoosh import query

from quoth.engine.analysis import places, stem, words
from quoth.engine.execution.collection import Collection
from quoth.engine.query.lexicon import Lexicon
from quoth.engine.verify import explanations
from quoth.engine.verify.alignment import WORD, Op, weight
from quoth.engine.verify.exclusion import Exclusion
from quoth.engine.verify.passages import AlignedPassage, SpokenText, joined
from quoth.engine.verify.speaker_match import ClaimedSpeaker, resolve_claim
from quoth.engine.verify.verdict import Claim, TextMatch, Verdict, Words, decide, match_text, rank
from quoth.errors import BadQuery
from quoth.quote import Quote, from_text
from quoth.text.function_words import FUNCTION_WORDS

# Characters.
MAX_TEXT = 2_000
MAX_SPEAKER = 256
MAX_WORDS = 400
MAX_LETTERS = 256

# Candidates that are compared by shared words, and texts of these that are aligned.
CANDIDATES = 100
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
# Quotes of one utterance that are read, and documents with exactly the remembered words.
MAX_PARTS = 64
MAX_EQUALS = 32
# Characters of all candidates that are read; a quote may be as long as an article.
MAX_READ = 1_000_000
# Other matches in an answer.
OTHERS = 4

# Fields that are read whole, in one batch from a remote store.
_FIELDS = ("exact", "stemmed", "wording")


@dataclass(frozen=True, slots=True)
class VerifyRequest:
    """Remembered words, and the claimed speaker, if any: an id or any spelling of a name.

    `without` says which quotes are left out. Raises `BadQuery` with the name of the invalid parameter.

    >>> VerifyRequest("…")
    Traceback (most recent call last):
    quoth.errors.BadQuery: text: has no word
    """

    text: str
    speaker: str | None = None
    without: Exclusion | None = None

    def __post_init__(self) -> None:
        _check("text", self.text, MAX_TEXT)
        if self.speaker is not None:
            _check("speaker", self.speaker, MAX_SPEAKER)
        lengths = list(map(len, self.words))
        if not lengths:
            raise BadQuery("text", "has no word")
        if len(lengths) > MAX_WORDS:
            raise BadQuery("text", f"has {len(lengths)} words; the limit is {MAX_WORDS}")
        if max(lengths) > MAX_LETTERS:  # caches of words must not fill the memory
            raise BadQuery("text", f"has a word of {max(lengths)} letters; the limit is {MAX_LETTERS}")

    @property
    def words(self) -> list[str]:
        """The remembered words, analyzed like the index."""
        return [word for word, _, _ in places(self.text)]


def _check(name: str, value: str, most: int) -> None:
    length = len(value.strip())
    if not length:
        raise BadQuery(name, "is empty")
    if length > most:
        raise BadQuery(name, f"is {length} characters long; the limit is {most}")
    if any(0xD800 <= ord(c) <= 0xDFFF for c in value):
        raise BadQuery(name, "has a lone surrogate")


class WordChange(NamedTuple):
    """An aligned run as text: the remembered words and the words said. See `alignment.AlignedRun`."""

    op: Op
    remembered: str
    said: str


@dataclass(frozen=True, slots=True)
class OtherMatch:
    """Another quote that matches, and how well."""

    quote: Quote
    words: Words
    speaker_matches: bool | None
    similarity: float


@dataclass(frozen=True, slots=True)
class Verification:
    """A verdict, the quote that supports it, the differences between the words, and an explanation.

    `words` is the verdict on the words alone, whoever the speaker is. `speaker_matches` is `None` if the request names
    no speaker, or the speaker is unknown. `utterance` are the quotes that the words span, in order, if several.
    `window` is half-open, in code points of the quote's text. `others` are further matches. Without a match, `nearest`
    is the quote that shares most with the words: a suggestion, not a verdict.
    """

    request: VerifyRequest
    verdict: Verdict
    words: Words
    speaker_matches: bool | None
    similarity: float
    why: str
    quote: Quote | None = None
    utterance: tuple[Quote, ...] = ()
    difference: tuple[WordChange, ...] = ()
    window: tuple[int, int] | None = None
    others: tuple[OtherMatch, ...] = ()
    nearest: Quote | None = None


def verify(collection: Collection, request: VerifyRequest, check: Callable[[], None] = lambda: None) -> Verification:
    """Return whether a collection has the words, and whose they are. `check` is called often; it may raise."""
    if not collection.index.documents:
        return Verification(request, "not_found", "not_found", None, 0.0, explanations.empty())
    collection.open(_FIELDS if request.speaker is None else (*_FIELDS, "known_as"))
    claimed = None if request.speaker is None else resolve_claim(collection.index, request.speaker)
    quotes = list(_read(collection, _candidates(collection, request, claimed, check), check))
    if request.without is not None:
        quotes = [quote for quote in quotes if not request.without.excludes(quote)]
    remembered = _RememberedWords(collection, request.words)
    passages: list[AlignedPassage] = []
    for group in _closest(quotes, remembered, claimed):
        check()
        passages += _aligned(collection, remembered, group, claimed)
    return _answer(collection, request, claimed, passages)


# ----------------------------------------------------------------------------------------------------- candidates


def _candidates(
    collection: Collection, request: VerifyRequest, claimed: ClaimedSpeaker | None, check: Callable[[], None]
) -> Iterator[int]:
    """Yield the document numbers of the candidates, the most likely first; some twice.

    Each search runs once more for the claimed speaker only, whose quotes may be crowded out by others with these words.
    """
    own = None
    if claimed is not None and claimed.keys:
        own = query.Or([query.Term("known_as", key) for key in sorted(claimed.keys)])
    equal = query.Term("wording", " ".join(request.words))
    similar = query.Or(list(_shared_terms(collection, request.words)))
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
    for spelling in _spellings(collection, remembered):
        yield query.Term("exact", spelling)


def _spellings(collection: Collection, remembered: Sequence[str]) -> Iterator[str]:
    """Yield indexed words within one typo of each unknown word."""
    index = collection.index
    unknown = (word for word in dict.fromkeys(remembered) if not index.term_info("stemmed", stem(word).encode()).size)
    for word in islice((word for word in unknown if 4 <= len(word) <= 30), MAX_CORRECTED):
        yield from Lexicon(index).near("exact", word)[:MAX_SPELLINGS]


def _read(collection: Collection, docs: Iterable[int], check: Callable[[], None]) -> Iterator[Quote]:
    """Yield the quotes of documents, each once, up to `MAX_READ` characters."""
    numbers = list(dict.fromkeys(docs))
    check()
    budget = MAX_READ
    for stored in collection.index.stored.get(numbers):
        budget -= len(stored)
        if budget < 0:
            return
        yield from_text(stored)


class _RememberedWords:
    """The remembered words, weighted by their rarity in this collection."""

    def __init__(self, collection: Collection, remembered: list[str]) -> None:
        self._index = collection.index
        self._rarity: dict[str, float] = {}
        self.words = remembered
        self._weights = {stem(word): self.rarity(word) * weight(word) / WORD for word in remembered}
        self._pairs = set(pairwise(map(stem, remembered)))

    def rarity(self, word: str) -> float:
        """Return the inverse document frequency of a word's stem."""
        name = stem(word)
        if name not in self._rarity:
            frequency = self._index.term_info("stemmed", name.encode()).size
            # In an index of a few quotes the formula may be zero or negative, and weights must be positive.
            self._rarity[name] = max(self._index.idf(frequency), 0.5)
        return self._rarity[name]

    def likeness(self, stems: Sequence[str]) -> float:
        """Return the total weight of the words, and of the pairs of adjacent words, that a text shares."""
        shared = sum(map(self._weights.__getitem__, self._weights.keys() & set(stems)))
        pairs = self._pairs.intersection(pairwise(stems))
        return shared + sum(min(self._weights[a], self._weights[b]) for a, b in pairs)


class _UtteranceParts(NamedTuple):
    """The candidate quotes of one utterance, in order, and the stems of their words."""

    parts: tuple[Quote, ...]
    stems: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        """Whether these are all quotes of the utterance."""
        return len(self.parts) >= self.parts[0].utterance.of


def _by_utterance(quotes: Iterable[Quote]) -> list[_UtteranceParts]:
    """Return the utterances of quotes, in the order of their first quotes."""
    parts: dict[str, list[Quote]] = {}
    for quote in quotes:
        parts.setdefault(quote.utterance.id, []).append(quote)
    ordered = (tuple(sorted(group, key=lambda quote: quote.utterance.position)) for group in parts.values())
    return [_UtteranceParts(group, tuple(map(stem, words(joined(group))))) for group in ordered]


def _closest(
    quotes: Iterable[Quote], remembered: _RememberedWords, claimed: ClaimedSpeaker | None
) -> list[list[_UtteranceParts]]:
    """Return the utterances that share most with the remembered words, grouped by equal wording.

    Half of the groups are reserved for the claimed speaker.
    """
    groups: dict[tuple[str, ...], list[_UtteranceParts]] = {}
    for utterance in _by_utterance(quotes):
        groups.setdefault(utterance.stems, []).append(utterance)
    likeness = {stems: remembered.likeness(stems) for stems in groups}
    # Ties go to the shorter text, since a long one shares words by chance, and then to the earlier candidate.
    order = sorted(groups, key=lambda stems: (-likeness[stems], len(stems)))
    closest = [stems for stems in order if likeness[stems] >= MIN_LIKENESS * likeness[order[0]]]
    own = []
    if claimed is not None:
        own = [stems for stems in closest if any(claimed.is_speaker_of(u.parts[0].speaker) for u in groups[stems])]
    return [groups[stems] for stems in list(dict.fromkeys((*own[: ALIGNED // 2], *closest)))[:ALIGNED]]


# ------------------------------------------------------------------------------------------------------- alignment


def _aligned(
    collection: Collection,
    remembered: _RememberedWords,
    group: Sequence[_UtteranceParts],
    claimed: ClaimedSpeaker | None,
) -> Iterator[AlignedPassage]:
    """Yield the aligned passage of each utterance in a group, with all its quotes."""
    matches: dict[tuple[str, bool], TextMatch] = {}
    for utterance in group:
        spoken = SpokenText(utterance.parts if utterance.is_whole else _siblings(collection, utterance.parts))
        quote = spoken.parts[0]
        # Equal texts have equal matches: a saying that hundreds of papers print is aligned once.
        key = spoken.text, quote.type == "indirect"
        if key not in matches:
            matches[key] = match_text(remembered.words, spoken.said_text(), remembered.rarity)
        speaker_matches = None if claimed is None else claimed.is_speaker_of(quote.speaker)
        yield AlignedPassage(spoken, Claim(matches[key], speaker_matches, quote.speaker is not None))


def _siblings(collection: Collection, known: tuple[Quote, ...]) -> tuple[Quote, ...]:
    """Return all quotes of the utterance that the known quotes belong to, in order."""
    utterance_id = known[0].utterance.id
    docs = collection.search(query.Term("utterance", utterance_id), limit=MAX_PARTS).docs
    parts = [part for part in map(from_text, collection.stored(docs)) if part.utterance.id == utterance_id]
    return tuple(sorted(parts, key=lambda part: part.utterance.position)) or known


# --------------------------------------------------------------------------------------------------------- answer


def _answer(
    collection: Collection,
    request: VerifyRequest,
    claimed: ClaimedSpeaker | None,
    passages: Sequence[AlignedPassage],
) -> Verification:
    decision = decide([passage.claim for passage in passages], names_speaker=claimed is not None)
    if decision.place is None:
        others = tuple(islice(_others(None, passages), OTHERS))
        why = explanations.not_found(claimed, by_others=bool(others))
        nearest = None if others else _nearest(collection, request, passages)
        return Verification(request, "not_found", "not_found", None, 0.0, why, others=others, nearest=nearest)
    best = passages[decision.place]
    match, quote, parts = best.claim.match, best.quote, best.parts
    difference = tuple(_difference(request, best))
    return Verification(
        request=request,
        verdict=decision.verdict,
        words=match.verdict,
        speaker_matches=best.claim.speaker_matches,
        similarity=round(match.similarity, 4),
        why=explanations.explain(match, best.claim.speaker_matches, quote, claimed, len(request.words)),
        quote=quote,
        utterance=parts if len(parts) > 1 else (),
        difference=difference,
        window=best.within(quote),
        others=tuple(islice(_others(best, passages), OTHERS)),
    )


def _nearest(collection: Collection, request: VerifyRequest, passages: Sequence[AlignedPassage]) -> Quote | None:
    """Return the quote that shares most with the words, if it shares a content word or a correction of one."""
    remembered = (*request.words, *_spellings(collection, request.words))
    content = {stem(word) for word in remembered if word not in FUNCTION_WORDS}
    shares = (p.quote for p in passages if not content.isdisjoint(stem(word) for word, _, _ in p.spoken.spans))
    return next(shares, None)


def _difference(request: VerifyRequest, best: AlignedPassage) -> Iterator[WordChange]:
    remembered, said = places(request.text), best.spoken.spans
    for run in best.claim.match.runs:
        yield WordChange(
            run.op,
            _excerpt(request.text, remembered, run.remembered),
            _excerpt(best.spoken.text, said, run.said),
        )


def _excerpt(text: str, spans: Sequence[tuple[str, int, int]], run: tuple[int, int]) -> str:
    return text[spans[run[0]][1] : spans[run[1] - 1][2]] if run[0] < run[1] else ""


def _others(best: AlignedPassage | None, passages: Sequence[AlignedPassage]) -> Iterator[OtherMatch]:
    """Yield the other matches, the best first, without repeats of the same words by the same speaker."""
    seen = set() if best is None else {_speaker_and_words(best)}
    for passage in sorted(passages, key=lambda passage: rank(passage.claim)):
        if passage.claim.match.verdict == "not_found" or _speaker_and_words(passage) in seen:
            continue
        seen.add(_speaker_and_words(passage))
        match = passage.claim.match
        yield OtherMatch(passage.quote, match.verdict, passage.claim.speaker_matches, round(match.similarity, 4))


def _speaker_and_words(passage: AlignedPassage) -> tuple[str | None, tuple[str, ...]]:
    speaker = passage.quote.speaker
    return None if speaker is None else speaker.id, tuple(words(passage.spoken.text))
