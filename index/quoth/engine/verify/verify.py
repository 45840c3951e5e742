"""Verify remembered words, and optionally a speaker, against the index.

Three steps: find the dozen utterances that share most with the words, compare them word by word, and decide. If nothing
confirms the words, pieces of several utterances may. `quoth.engine.verify.verdict` defines the verdicts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from quoth.engine.analysis import places, stem
from quoth.engine.execution.collection import Collection
from quoth.engine.query.lexicon import Lexicon
from quoth.engine.verify import explanations, splices
from quoth.engine.verify.candidates import WordWeights, closest, spellings, terms
from quoth.engine.verify.comparison.alignment import align
from quoth.engine.verify.comparison.differences import ClassifiedRun, WordChange, classify, excerpt
from quoth.engine.verify.comparison.kinds import Words
from quoth.engine.verify.comparison.text_match import RememberedText, SaidText, TextMatch, match_text
from quoth.engine.verify.comparison.words import APOSTROPHES, ComparedWord, compare
from quoth.engine.verify.exclusion import Exclusion
from quoth.engine.verify.passages import AlignedPassage, SpokenText
from quoth.engine.verify.speaker_match import FIELDS, ClaimedSpeaker, resolve_claim
from quoth.engine.verify.splices import PlacedPiece
from quoth.engine.verify.verdict import Claim, SpeakerMatches, Verdict, decide, rank
from quoth.errors import BadQuery
from quoth.quote import Quote, Speaker
from quoth.text.function_words import FUNCTION_WORDS
from quoth.text.wording.turning import Turn
from quoth.text.wording.vocabulary import is_common

# Characters.
MAX_TEXT = 2_000
MAX_SPEAKER = 256
MAX_WORDS = 400
MAX_LETTERS = 256

# Other matches in an answer.
OTHERS = 4

# Fields in which the words are looked up, and columns that are read whole.
_FIELDS = ("exact", "stemmed", "wording")
_COLUMNS = ("wording",)


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
        return [word for word, _, _ in places(self.text.translate(APOSTROPHES))]


def _check(name: str, value: str, most: int) -> None:
    length = len(value.strip())
    if not length:
        raise BadQuery(name, "is empty")
    if length > most:
        raise BadQuery(name, f"is {length} characters long; the limit is {most}")
    if any(0xD800 <= ord(c) <= 0xDFFF for c in value):
        raise BadQuery(name, "has a lone surrogate")


class CutSentence(NamedTuple):
    """The whole sentence that remembered words are cut from, and how the words cut away turn their sense."""

    kind: Turn
    sentence: str


class Piece(NamedTuple):
    """A piece of spliced words: the remembered words, the quote that has them, their span there, and how well."""

    text: str
    quote: Quote
    window: tuple[int, int]
    words: Words


@dataclass(frozen=True, slots=True)
class OtherMatch:
    """Another quote that matches, and how well."""

    quote: Quote
    words: Words
    speaker_matches: SpeakerMatches
    similarity: float


@dataclass(frozen=True, slots=True)
class Verification:
    """A verdict, the quote that supports it, the comparison of the words, and an explanation.

    `words` is the verdict on the words alone, whoever the speaker is. `speaker_matches` is `None` if the request names
    no speaker, or the speaker is unknown. `utterance` are the quotes that the words span, in order, if several.
    `comparison` has all words in order, `differences` those that differ. `window` is half-open, in code points of the
    quote's text. `cut_from` is there if the words are a part of a sentence whose other words turn their sense. `pieces`
    are those of a splice, `also_denied` the quotes that the speaker did not say, according to an article. `others` are
    further matches. Without a match, `nearest` is the quote that shares most with the words: a suggestion, not a
    verdict.
    """

    request: VerifyRequest
    verdict: Verdict
    words: Words
    speaker_matches: SpeakerMatches
    similarity: float
    why: str
    quote: Quote | None = None
    utterance: tuple[Quote, ...] = ()
    comparison: tuple[WordChange, ...] = ()
    window: tuple[int, int] | None = None
    cut_from: CutSentence | None = None
    pieces: tuple[Piece, ...] = ()
    also_denied: tuple[Quote, ...] = ()
    others: tuple[OtherMatch, ...] = ()
    nearest: Quote | None = None
    nearest_comparison: tuple[WordChange, ...] = ()

    @property
    def differences(self) -> tuple[WordChange, ...]:
        """The differences between the remembered words and the words said."""
        return tuple(change for change in self.comparison if change.kind is not None)

    @property
    def nearest_differences(self) -> tuple[WordChange, ...]:
        """The differences between the remembered words and the nearest quote."""
        return tuple(change for change in self.nearest_comparison if change.kind is not None)


def verify(collection: Collection, request: VerifyRequest, check: Callable[[], None] = lambda: None) -> Verification:
    """Return whether a collection has the words, and whose they are. `check` is called often; it may raise."""
    if not collection.index.documents:
        return Verification(request, "not_found", "not_found", None, 0.0, explanations.empty())
    claimed = prepare(collection, request)
    return _Verifier(collection, request, claimed, check).verification()


def prepare(collection: Collection, request: VerifyRequest, more: Iterable[str] = ()) -> ClaimedSpeaker | None:
    """Return who is claimed, and fetch what `verify` reads, except stored quotes, and the sections `more`."""
    names = () if request.speaker is None else FIELDS
    collection.open((*_FIELDS, *names), more=more)
    claimed = None if request.speaker is None else resolve_claim(collection.index, request.speaker)
    collection.fetch(terms(collection, request.words, claimed), (*_COLUMNS, *more))
    return claimed


class _Verifier:
    """One verification."""

    def __init__(
        self,
        collection: Collection,
        request: VerifyRequest,
        claimed: ClaimedSpeaker | None,
        check: Callable[[], None],
    ) -> None:
        self._collection = collection
        self._request = request
        self._claimed = claimed
        self._check = check
        self._weights = WordWeights(collection)
        words = compare(request.text)
        self._remembered = RememberedText(request.text, words, frozenset(filter(self._is_slip, _alone(words))))

    def _is_slip(self, word: str) -> bool:
        """Whether a remembered word is no word: neither in the list of common words nor in the index."""
        return word.isalpha() and not is_common(word) and not Lexicon(self._collection.index).frequency("exact", word)

    def verification(self) -> Verification:
        """Return the verdict with its evidence."""
        passages = list(self._aligned(self._closest(self._request.words)))
        claims = [passage.claim for passage in passages]
        decision = decide(claims, names_speaker=self._claimed is not None)
        best = None if decision.place is None else passages[decision.place]
        denials = tuple(passages[place].quote for place in decision.denials)
        if (best is None or _is_doubtful(best.claim.match)) and decision.verdict != "denied":
            pieces = splices.find(
                self._remembered.words,
                [passage.spoken for passage in passages if not passage.claim.is_denial],
                lambda words: self._closest([word for each in words for word in each.written.split()]),
            )
            if pieces:
                return self._spliced(pieces, passages, denials)
        if best is None:
            return self._not_found(passages, denials)
        return self._found(best, decision.verdict, passages, denials)

    def _closest(self, words: Sequence[str]) -> list[SpokenText]:
        without = self._request.without
        is_left_out = (lambda _: False) if without is None else without.excludes
        return closest(self._collection, words, self._claimed, is_left_out, self._check) if words else []

    def _aligned(self, utterances: Iterable[SpokenText]) -> Iterator[AlignedPassage]:
        """Yield the aligned passage of each utterance."""
        matches: dict[tuple[str, bool], TextMatch] = {}
        for spoken in utterances:
            self._check()
            quote = spoken.parts[0]
            # Equal texts have equal matches: a saying that hundreds of papers print is read and aligned once.
            key = spoken.text, spoken.is_reported
            if key not in matches:
                matches[key] = match_text(self._remembered, spoken.said, self._weights.of_compared)
            concerned, is_denial = quote.denied_speaker or quote.speaker, bool(quote.denied_speaker)
            claim = Claim(matches[key], self._is_claimed(concerned), quote.speaker is not None, is_denial)
            yield AlignedPassage(spoken, claim)

    def _is_claimed(self, speaker: Speaker | None) -> SpeakerMatches:
        return None if self._claimed is None else self._claimed.is_speaker_of(speaker)

    # -------------------------------------------------------------------------------------------------- answers

    def _found(
        self,
        best: AlignedPassage,
        verdict: Verdict,
        passages: Sequence[AlignedPassage],
        denials: tuple[Quote, ...],
    ) -> Verification:
        match, quote, parts, matches = best.claim.match, best.quote, best.parts, best.claim.speaker_matches
        comparison = _changes(match.runs, match.remembered, match.said)
        if verdict == "denied":
            why, denials = explanations.denied(quote), denials[1:]
        else:
            count = len(self._request.words)
            why = explanations.explain(match, comparison, matches, quote, self._claimed, count)
        return Verification(
            request=self._request,
            verdict=verdict,
            words=match.verdict,
            speaker_matches=matches,
            similarity=round(match.similarity, 4),
            why=why,
            quote=quote,
            utterance=parts if len(parts) > 1 else (),
            comparison=comparison,
            window=best.within(quote),
            cut_from=_cut_sentence(match),
            also_denied=denials,
            others=tuple(islice(_others(best, passages), OTHERS)),
        )

    def _spliced(
        self, placed: Sequence[PlacedPiece], passages: Sequence[AlignedPassage], denials: tuple[Quote, ...]
    ) -> Verification:
        pieces = tuple(map(self._piece, placed))
        matches = {self._is_claimed(piece.quote.speaker) for piece in pieces}
        longest = max(pieces, key=lambda piece: len(piece.text))
        pieced = {piece.quote.id for piece in pieces}
        return Verification(
            request=self._request,
            verdict="other_speaker" if matches == {False} else "spliced",
            words="spliced",
            speaker_matches=True if matches == {True} else False if False in matches else None,
            similarity=round(sum(len(piece.text) for piece in pieces) / len(self._request.text), 4),
            why=explanations.spliced(len(self._request.words), [piece.quote for piece in pieces]),
            quote=longest.quote,
            window=longest.window,
            pieces=pieces,
            also_denied=denials,
            others=tuple(islice((o for o in _others(None, passages) if o.quote.id not in pieced), OTHERS)),
        )

    def _piece(self, placed: PlacedPiece) -> Piece:
        found, spoken = placed.stretch, placed.spoken
        text = excerpt(self._request.text, self._remembered.words, found.remembered)
        match = match_text(self._remembered.part(found.remembered), spoken.said, self._weights.of_compared)
        passage = AlignedPassage(spoken, Claim(TextMatch("partial", window=found.said, said=spoken.said)))
        return Piece(text, passage.quote, passage.within(passage.quote), match.verdict)

    def _not_found(self, passages: Sequence[AlignedPassage], denials: tuple[Quote, ...]) -> Verification:
        others = tuple(islice(_others(None, passages), OTHERS))
        nearest = None if others else self._nearest(passages)
        comparison, shared, count = tuple[WordChange, ...](), 0, len(self._remembered.words)
        if nearest is not None:
            said = nearest.spoken.said
            runs = align(_letters(self._remembered.words), _letters(said.words), slips=self._remembered.slips).runs
            classified = classify(runs, self._remembered.words, said.words, self._remembered.slips)
            comparison = _changes(classified, self._remembered, said)
            shared = sum(run.remembered[1] - run.remembered[0] for run in runs if run.op in ("equal", "close"))
        is_near = 2 * shared >= count > 1
        if nearest is not None and nearest.claim.is_denial and is_near:
            why = explanations.denied(nearest.quote)
        else:
            why = explanations.not_found(
                self._claimed, by_others=bool(others), shared=shared if is_near else 0, count=count
            ) + explanations.marks(self._request.text)
        return Verification(
            self._request,
            "not_found",
            "not_found",
            None,
            0.0,
            why,
            also_denied=denials,
            others=others,
            nearest=None if nearest is None else nearest.quote,
            nearest_comparison=comparison,
        )

    def _nearest(self, passages: Sequence[AlignedPassage]) -> AlignedPassage | None:
        """Return the passage that shares most with the words, if it shares a content word or a correction of one."""
        words = self._request.words
        remembered = (*words, *spellings(self._collection, words))
        content = {stem(word) for word in remembered if word not in FUNCTION_WORDS}
        return next((p for p in passages if not content.isdisjoint(_stems(p.spoken.said.words))), None)


def _alone(words: Iterable[ComparedWord]) -> Iterator[str]:
    """Yield the words that stand for themselves: not a number, and not a part of a contraction but its first word."""
    return (word.word for word in words if not word.is_number and word.written.startswith(word.word))


def _stems(words: Iterable[ComparedWord]) -> Iterator[str]:
    return (stem(written) for word in words for written in word.written.split())


def _letters(words: Iterable[ComparedWord]) -> list[str]:
    return [word.word for word in words]


def _is_doubtful(match: TextMatch) -> bool:
    """Whether the words may be those of several utterances: this one does not have them all."""
    return match.verdict == "altered" or match.is_fragment


def _changes(runs: Iterable[ClassifiedRun], remembered: RememberedText, said: SaidText) -> tuple[WordChange, ...]:
    """Return the runs of a comparison as text, without equal ones that have no text of their own."""
    return tuple(
        WordChange(
            run.kind,
            excerpt(remembered.text, remembered.words, run.remembered),
            excerpt(said.text, said.words, run.said),
            run.may_change,
        )
        for run in runs
        if run.kind is not None or any(word.written for word in said.words[slice(*run.said)])
    )


def _cut_sentence(match: TextMatch) -> CutSentence | None:
    if match.turn is None:
        return None
    start, stop = match.sentences
    words, text = match.said.words, match.said.text
    end = words[stop].start if stop < len(words) else len(text)
    return CutSentence(match.turn, text[words[start].start : end].rstrip())


def _others(best: AlignedPassage | None, passages: Sequence[AlignedPassage]) -> Iterator[OtherMatch]:
    """Yield the other matches, the best first, without repeats of the same words by the same speaker."""
    seen = set() if best is None else {_speaker_and_words(best)}
    said = (passage for passage in passages if not passage.claim.is_denial)
    for passage in sorted(said, key=lambda passage: rank(passage.claim)):
        if passage.claim.match.verdict == "not_found" or _speaker_and_words(passage) in seen:
            continue
        seen.add(_speaker_and_words(passage))
        match = passage.claim.match
        yield OtherMatch(passage.quote, match.verdict, passage.claim.speaker_matches, round(match.similarity, 4))


def _speaker_and_words(passage: AlignedPassage) -> tuple[str | None, tuple[str, ...]]:
    speaker = passage.quote.speaker
    return None if speaker is None else speaker.id, tuple(_letters(passage.claim.match.said.words))
