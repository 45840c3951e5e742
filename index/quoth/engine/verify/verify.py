"""Did somebody say that? Remembered words, and perhaps a speaker, against all that is in the index.

Three steps: find a hundred quotes that share the rarest words, look at the dozen that share most, and align these word
by word. What the verdicts mean stands in `quoth.engine.verify.verdict`.
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

# Quotes that are compared by the words they share, and texts of these that are aligned.
CANDIDATES = 100
ALIGNED = 12
# What shares less than this part of what the best of them shares is not aligned.
ALIKE = 0.35
# Stems that candidates are looked for by, the rarest first, and postings that are read for them. The three rarest are
# looked for whatever they cost.
MAX_STEMS = 24
MAX_POSTINGS = 300_000
LEAST_STEMS = 3
# Words that the index does not have and that may be slips; each costs a look at part of its dictionary.
MAX_SLIPS = 4
MAX_SPELLINGS = 8
# Quotes of one utterance that are read, and documents that have the very words of the question.
MAX_PARTS = 64
MAX_EQUALS = 32
# Characters of candidates that are read in all; a quote may be as long as an article.
MAX_READ = 1_000_000
# Other findings that are told.
OTHERS = 4

# What is read whole, in one go when the files are far.
_FIELDS = ("exact", "stemmed", "wording")


@dataclass(frozen=True, slots=True)
class VerifyRequest:
    """Remembered words, and who is said to have said them: an id or any spelling of a name.

    Raises `BadQuery` naming the parameter that cannot be.

    >>> VerifyRequest("…")
    Traceback (most recent call last):
    quoth.errors.BadQuery: text: has no word
    """

    text: str
    speaker: str | None = None

    def __post_init__(self) -> None:
        _check("text", self.text, MAX_TEXT)
        if self.speaker is not None:
            _check("speaker", self.speaker, MAX_SPEAKER)
        lengths = list(map(len, self.words))
        if not lengths:
            raise BadQuery("text", "has no word")
        if len(lengths) > MAX_WORDS:
            raise BadQuery("text", f"has {len(lengths)} words; the limit is {MAX_WORDS}")
        if max(lengths) > MAX_LETTERS:  # what is known of words is kept, and must not fill the memory
            raise BadQuery("text", f"has a word of {max(lengths)} letters; the limit is {MAX_LETTERS}")

    @property
    def words(self) -> list[str]:
        """The remembered words, as the index has them."""
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
    """What became of some words: as they were remembered, and as they were said. See `alignment.Run`."""

    op: Op
    remembered: str
    said: str


@dataclass(frozen=True, slots=True)
class OtherMatch:
    """Another quote that has the words, and how well."""

    quote: Quote
    words: Words
    speaker_matches: bool | None
    similarity: float


@dataclass(frozen=True, slots=True)
class Verification:
    """The answer: a verdict, the quote it stands on, how the words differ, and one plain sentence about it.

    `words` is the verdict on the words alone, whoever said them. `speaker_matches` is `None` when no speaker was asked
    for, or nobody knows. `utterance` are the quotes that the words stand in, in order, when there are several.
    `window` is half-open, in code points of the quote's text. `others` have the same words, and are not the answer.
    Where nothing is, `nearest` is the quote that shares most with the words: worth a look, and no verdict.
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


def verify(collection: Collection, question: VerifyRequest, check: Callable[[], None] = lambda: None) -> Verification:
    """Return whether the words stand in a collection, and whose they are. `check` is called often; it may raise."""
    if not collection.index.documents:
        return Verification(question, "not_found", "not_found", None, 0.0, explanations.empty())
    collection.open(_FIELDS if question.speaker is None else (*_FIELDS, "known_as"))
    asked = None if question.speaker is None else resolve_claim(collection.index, question.speaker)
    found = list(_read(collection, _candidates(collection, question, asked, check), check))
    memory = _RememberedWords(collection, question.words)
    witnesses: list[AlignedPassage] = []
    for group in _closest(found, memory, asked):
        check()
        witnesses += _aligned(collection, memory, group, asked)
    return _answer(collection, question, asked, witnesses)


# ----------------------------------------------------------------------------------------------------- candidates


def _candidates(
    collection: Collection, question: VerifyRequest, asked: ClaimedSpeaker | None, check: Callable[[], None]
) -> Iterator[int]:
    """Yield the numbers of documents worth a look, the most likely first; some twice.

    Those of the speaker who was asked for are looked for once more, lest they are lost among all who say the same.
    """
    own = None
    if asked is not None and asked.keys:
        own = query.Or([query.Term("known_as", key) for key in sorted(asked.keys)])
    equal = query.Term("wording", " ".join(question.words))
    alike = query.Or(list(_shared(collection, question.words)))
    for tree, most in ((equal, MAX_EQUALS), (alike, CANDIDATES)):
        for filter in (None,) if own is None else (own, None):
            check()
            yield from collection.search(tree, filter, most).docs.tolist()


def _shared(collection: Collection, said: Sequence[str]) -> Iterator[query.Query]:
    """Yield the terms that candidates share with the question, the rarest first."""
    index, budget = collection.index, MAX_POSTINGS
    stems = {name: index.term_info("stemmed", name.encode()).size for name in dict.fromkeys(map(stem, said))}
    known = sorted((size, name) for name, size in stems.items() if size)
    for number, (size, name) in enumerate(known[:MAX_STEMS]):
        budget -= size
        if number >= LEAST_STEMS and budget < 0:
            break
        yield query.Term("stemmed", name)
    for spelling in _spellings(collection, said):
        yield query.Term("exact", spelling)


def _spellings(collection: Collection, said: Sequence[str]) -> Iterator[str]:
    """Yield what words that the index does not have may be slips of."""
    index = collection.index
    unknown = (word for word in dict.fromkeys(said) if not index.term_info("stemmed", stem(word).encode()).size)
    for word in islice((word for word in unknown if 4 <= len(word) <= 30), MAX_SLIPS):
        yield from Lexicon(index).near("exact", word)[:MAX_SPELLINGS]


def _read(collection: Collection, docs: Iterable[int], check: Callable[[], None]) -> Iterator[Quote]:
    """Yield the quotes of documents, each once."""
    numbers = list(dict.fromkeys(docs))
    check()
    budget = MAX_READ
    for stored in collection.index.stored(numbers):
        budget -= len(stored)
        if budget < 0:
            return
        yield from_text(stored)


class _RememberedWords:
    """The remembered words, and what each word is worth in this collection."""

    def __init__(self, collection: Collection, remembered: list[str]) -> None:
        self._index = collection.index
        self._rarity: dict[str, float] = {}
        self.words = remembered
        self._worth = {stem(word): self.rarity(word) * weight(word) / WORD for word in remembered}
        self._pairs = set(pairwise(map(stem, remembered)))

    def rarity(self, word: str) -> float:
        """Return the inverse document frequency of a word's stem."""
        name = stem(word)
        if name not in self._rarity:
            frequency = self._index.term_info("stemmed", name.encode()).size
            # In an index of a few quotes the formula may fall below what can be added up.
            self._rarity[name] = max(self._index.idf(frequency), 0.5)
        return self._rarity[name]

    def likeness(self, stems: Sequence[str]) -> float:
        """Return how much of the remembered a text shares: words by their worth, and pairs of neighbours as well."""
        shared = sum(map(self._worth.__getitem__, self._worth.keys() & set(stems)))
        pairs = self._pairs.intersection(pairwise(stems))
        return shared + sum(min(self._worth[a], self._worth[b]) for a, b in pairs)


class _UtteranceParts(NamedTuple):
    """What was found of one act of speaking: its quotes in order, and their words by their stems."""

    parts: tuple[Quote, ...]
    stems: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        """Whether there is nothing more of it."""
        return len(self.parts) >= self.parts[0].utterance.of


def _by_utterance(found: Iterable[Quote]) -> list[_UtteranceParts]:
    """Return the acts of speaking that quotes belong to, in the order they were found."""
    parts: dict[str, list[Quote]] = {}
    for quote in found:
        parts.setdefault(quote.utterance.id, []).append(quote)
    ordered = (tuple(sorted(some, key=lambda quote: quote.utterance.position)) for some in parts.values())
    return [_UtteranceParts(some, tuple(map(stem, words(joined(some))))) for some in ordered]


def _closest(
    found: Iterable[Quote], memory: _RememberedWords, asked: ClaimedSpeaker | None
) -> list[list[_UtteranceParts]]:
    """Return what shares most with the remembered words, what was said in the same words together.

    Half of the places are for the speaker who was asked for.
    """
    groups: dict[tuple[str, ...], list[_UtteranceParts]] = {}
    for act in _by_utterance(found):
        groups.setdefault(act.stems, []).append(act)
    likeness = {stems: memory.likeness(stems) for stems in groups}
    # Equals in the order they were found; a short text before a long one, which shares words by chance.
    order = sorted(groups, key=lambda stems: (-likeness[stems], len(stems)))
    alike = [stems for stems in order if likeness[stems] >= ALIKE * likeness[order[0]]]
    own = []
    if asked is not None:
        own = [stems for stems in alike if any(asked.is_speaker_of(act.parts[0].speaker) for act in groups[stems])]
    return [groups[stems] for stems in list(dict.fromkeys((*own[: ALIGNED // 2], *alike)))[:ALIGNED]]


# ------------------------------------------------------------------------------------------------------- alignment


def _aligned(
    collection: Collection, memory: _RememberedWords, group: Sequence[_UtteranceParts], asked: ClaimedSpeaker | None
) -> Iterator[AlignedPassage]:
    """Yield what quotes of one wording say, each with all that was said with it."""
    known: dict[tuple[str, bool], TextMatch] = {}
    for act in group:
        spoken = SpokenText(act.parts if act.is_whole else _siblings(collection, act.parts))
        quote = spoken.parts[0]
        # The same text is the same judgement: a saying that hundreds of papers print is aligned once.
        name = spoken.text, quote.type == "indirect"
        if name not in known:
            known[name] = match_text(memory.words, spoken.said_text(), memory.rarity)
        whose = None if asked is None else asked.is_speaker_of(quote.speaker)
        yield AlignedPassage(spoken, Claim(known[name], whose, quote.speaker is not None))


def _siblings(collection: Collection, known: tuple[Quote, ...]) -> tuple[Quote, ...]:
    """Return all quotes of the utterance that some quotes belong to, in order."""
    name = known[0].utterance.id
    found = collection.search(query.Term("utterance", name), limit=MAX_PARTS)
    parts = [part for part in map(from_text, collection.stored(found.docs)) if part.utterance.id == name]
    return tuple(sorted(parts, key=lambda part: part.utterance.position)) or known


# --------------------------------------------------------------------------------------------------------- answer


def _answer(
    collection: Collection, question: VerifyRequest, asked: ClaimedSpeaker | None, witnesses: Sequence[AlignedPassage]
) -> Verification:
    ruling = decide([witness.claim for witness in witnesses], asked=asked is not None)
    if ruling.place is None:
        others = tuple(islice(_others(None, witnesses), OTHERS))
        told = explanations.not_found(asked, by_others=bool(others))
        nearest = None if others else _nearest(collection, question, witnesses)
        return Verification(question, "not_found", "not_found", None, 0.0, told, others=others, nearest=nearest)
    best = witnesses[ruling.place]
    found, quote, parts = best.claim.match, best.quote, best.parts
    difference = tuple(_difference(question, best))
    return Verification(
        request=question,
        verdict=ruling.verdict,
        words=found.verdict,
        speaker_matches=best.claim.whose,
        similarity=round(found.similarity, 4),
        why=explanations.explain(found, best.claim.whose, quote, asked, len(question.words)),
        quote=quote,
        utterance=parts if len(parts) > 1 else (),
        difference=difference,
        window=best.within(quote),
        others=tuple(islice(_others(best, witnesses), OTHERS)),
    )


def _nearest(collection: Collection, question: VerifyRequest, witnesses: Sequence[AlignedPassage]) -> Quote | None:
    """Return the quote that shares most with the words, if it shares one that says something, perhaps with a slip."""
    asked = (*question.words, *_spellings(collection, question.words))
    telling = {stem(word) for word in asked if word not in FUNCTION_WORDS}
    shares = (w.quote for w in witnesses if not telling.isdisjoint(stem(word) for word, _, _ in w.spoken.spans))
    return next(shares, None)


def _difference(question: VerifyRequest, best: AlignedPassage) -> Iterator[WordChange]:
    remembered, said = places(question.text), best.spoken.spans
    for run in best.claim.match.runs:
        yield WordChange(
            run.op,
            _written(question.text, remembered, run.remembered),
            _written(best.spoken.text, said, run.said),
        )


def _written(text: str, spans: Sequence[tuple[str, int, int]], run: tuple[int, int]) -> str:
    return text[spans[run[0]][1] : spans[run[1] - 1][2]] if run[0] < run[1] else ""


def _others(best: AlignedPassage | None, witnesses: Sequence[AlignedPassage]) -> Iterator[OtherMatch]:
    """Yield the other findings, the best first; of one speaker's only one with the same words."""
    told = set() if best is None else {_speaker_and_words(best)}
    for witness in sorted(witnesses, key=lambda witness: rank(witness.claim)):
        if witness.claim.match.verdict == "not_found" or _speaker_and_words(witness) in told:
            continue
        told.add(_speaker_and_words(witness))
        found = witness.claim.match
        yield OtherMatch(witness.quote, found.verdict, witness.claim.whose, round(found.similarity, 4))


def _speaker_and_words(witness: AlignedPassage) -> tuple[str | None, tuple[str, ...]]:
    speaker = witness.quote.speaker
    return None if speaker is None else speaker.id, tuple(words(witness.spoken.text))
