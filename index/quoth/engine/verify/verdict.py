"""Decide how well remembered words match a text, and whether the claimed speaker said it.

R are the remembered words. A text is one utterance of one article. W is the shortest run of whole sentences of the text
that contains the window R aligns with, or the whole text, whichever is more similar to R. Words are those of
`quoth.engine.analysis.words`: case, punctuation and the composition of accents do not count.

- `exact`: R is a run of whole sentences of the text, or the whole text, word for word. A single word must be the whole
  text.
- `near`: R and W share at least `NEAR` of the words of each, equal or close, in the same order.
- `partial`: the alignment of R with the window costs at most `PARTIAL` of the weight of R, so R is an excerpt of
  something longer; or the text is shorter than R, and all its words align. An indirect quote is at most `partial`.
- `not_found`: anything else.

Two more conditions keep chance and common words from counting as a match. The shared words must

- carry at least `MIN_SHARED` of the information in R, and for `near` also `MIN_SHARED_SAID` of that in W. A word counts
  by its rarity in the index, a function word a third of that;
- include two content words. One is enough for `near` if neither R nor W has others, and for `partial` if R appears word
  for word. A single remembered word is never `near`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from quoth.engine.verify.alignment import WORD, AlignedRun, Alignment, align, weight
from quoth.text.function_words import FUNCTION_WORDS, NEGATIONS

Words = Literal["exact", "near", "partial", "not_found"]
Verdict = Literal["exact", "near", "partial", "other_speaker", "not_found"]
# Whether the claimed speaker said it: yes, no or unknown.
SpeakerMatches = bool | None

NEAR = 0.5
PARTIAL = 0.2
MIN_SHARED = 0.5
MIN_SHARED_SAID = 0.4
# The similarity of a close word; an equal word counts 1.
CLOSE = 0.7
# By this much must the words of another speaker be more similar than a partial match of the claimed speaker.
BETTER = 0.15

_BEST_FIRST: tuple[Words, ...] = ("exact", "near", "partial", "not_found")


class SaidText(NamedTuple):
    """The words of a text, and its sentence boundaries as word numbers: from 0 to the number of words.

    `is_reported` if the words are the reporter's.
    """

    words: Sequence[str]
    cuts: Sequence[int]
    is_reported: bool = False


@dataclass(frozen=True, slots=True)
class TextMatch:
    """How well the words match, whoever the speaker is.

    `similarity` is 1 for `exact`; for `near` it is the share of common words in the longer of R and W; for `partial` it
    is the share of R in the window, or of the text in R, by weight. `window` is the range of the text's words that R
    matches, `runs` the alignment. `matched` counts the words of R with an equal or close partner, `content_words` those
    of them that are not function words. `flips_negation` if a negation differs.
    """

    verdict: Words
    similarity: float = 0.0
    window: tuple[int, int] = (0, 0)
    runs: tuple[AlignedRun, ...] = ()
    matched: int = 0
    content_words: int = 0
    is_fragment: bool = False
    flips_negation: bool = False


NOT_FOUND = TextMatch("not_found")


def match_text(remembered: Sequence[str], text: SaidText, rarity: Callable[[str], float] = lambda _: 1.0) -> TextMatch:
    """Compare remembered words with a text; `rarity` returns the weight of a word, above 0.

    >>> text = SaidText("some land swapping will go on we know that".split(), (0, 6, 9))
    >>> remembered = "some land swapping will go on", "some land swaps", "land is cheap"
    >>> [match_text(words.split(), text).verdict for words in remembered]
    ['exact', 'near', 'not_found']
    """
    if not remembered or not text.words:
        return NOT_FOUND
    match = _exact(remembered, text) or _near_or_partial(remembered, text, rarity)
    is_downgraded = text.is_reported and match.verdict in ("exact", "near")
    return replace(
        match,
        verdict="partial" if is_downgraded else match.verdict,
        flips_negation=any(_flips_negation(run, remembered, text.words) for run in match.runs),
    )


def _flips_negation(run: AlignedRun, remembered: Sequence[str], said: Sequence[str]) -> bool:
    """Whether the two sides of a run that differs have different negations."""
    if run.op == "equal":
        return False
    left, right = remembered[slice(*run.remembered)], said[slice(*run.said)]
    return NEGATIONS.intersection(left) != NEGATIONS.intersection(right)


def _exact(remembered: Sequence[str], text: SaidText) -> TextMatch | None:
    """Return the match if R is a run of whole sentences."""
    query, count, cuts = list(remembered), len(remembered), set(text.cuts)
    whole = len(text.words) == count
    for start in text.cuts:
        if start + count in cuts and list(text.words[start : start + count]) == query and (count > 1 or whole):
            runs = (AlignedRun("equal", (0, count), (start, start + count)),)
            content_words = sum(word not in FUNCTION_WORDS for word in query)
            return TextMatch("exact", 1.0, (start, start + count), runs, count, content_words)
    return None


def _near_or_partial(remembered: Sequence[str], text: SaidText, rarity: Callable[[str], float]) -> TextMatch:
    local = align(remembered, text.words)
    own = _Weights(remembered, rarity)
    if not own.has_share(local, MIN_SHARED):
        return NOT_FOUND
    near = [
        match
        for start, stop in dict.fromkeys((_sentences(text.cuts, local.start, local.stop), (0, len(text.words))))
        if (match := _near(remembered, text.words, start, stop, own, rarity)) is not None
    ]
    if near:
        return max(near, key=lambda match: match.similarity)
    matched, total = _matched(local), sum(map(weight, remembered))
    window, common = (local.start, local.stop), own.content(local)
    if local.cost <= PARTIAL * total and (common > 1 or local.cost == 0 < common):
        return TextMatch("partial", 1 - local.cost / total, window, local.runs, matched, common)
    if matched == len(text.words) < len(remembered) and common > 1:
        text_weight = sum(map(weight, text.words))
        return TextMatch(
            "partial", min(text_weight / total, 1.0), window, local.runs, matched, common, is_fragment=True
        )
    return NOT_FOUND


def _near(
    remembered: Sequence[str],
    words: Sequence[str],
    start: int,
    stop: int,
    own: _Weights,
    rarity: Callable[[str], float],
) -> TextMatch | None:
    """Return the match if R is near W, the words of the text from `start` to `stop`."""
    longest, shortest = max(len(remembered), stop - start), min(len(remembered), stop - start)
    if shortest < max(NEAR * longest, 2):
        return None
    alignment = align(remembered, words[start:stop], whole=True)
    matched, theirs = _matched(alignment), _Weights(words[start:stop], rarity)
    common = own.content(alignment)
    has_others = common < len(own.all_content) or common < len(theirs.all_content)
    if matched < NEAR * longest or common < 1 + has_others:
        return None
    if not own.has_share(alignment, MIN_SHARED) or not theirs.has_share(alignment, MIN_SHARED_SAID, said=True):
        return None
    runs = tuple(AlignedRun(op, left, (right[0] + start, right[1] + start)) for op, left, right in alignment.runs)
    equal = _matched(alignment, ("equal",))
    similarity = (equal + CLOSE * (matched - equal)) / longest
    return TextMatch("near", similarity, (start, stop), runs, matched, common)


class _Weights:
    """The information in words, by their rarity; a function word carries little even if it is rare."""

    def __init__(self, words: Sequence[str], rarity: Callable[[str], float]) -> None:
        self._weights = [rarity(word) * weight(word) / WORD for word in words]
        self.all_content = {place for place, word in enumerate(words) if word not in FUNCTION_WORDS}

    def has_share(self, alignment: Alignment, share: float, *, said: bool = False) -> bool:
        """Whether the shared words carry at least a share of the total weight."""
        return sum(self._weights[place] for place in _places(alignment, said)) >= share * sum(self._weights)

    def content(self, alignment: Alignment) -> int:
        """Count the shared words that are not function words."""
        return len(self.all_content.intersection(_places(alignment, said=False)))


def _places(alignment: Alignment, said: bool) -> Iterator[int]:
    """Yield the word numbers of the shared words, in R or in the text."""
    for run in _common(alignment):
        yield from range(*(run.said if said else run.remembered))


def _common(alignment: Alignment, ops: Sequence[str] = ("equal", "close")) -> Iterator[AlignedRun]:
    return (run for run in alignment.runs if run.op in ops)


def _matched(alignment: Alignment, ops: Sequence[str] = ("equal", "close")) -> int:
    return sum(run.remembered[1] - run.remembered[0] for run in _common(alignment, ops))


def _sentences(cuts: Sequence[int], start: int, stop: int) -> tuple[int, int]:
    """Return the shortest run of whole sentences that contains a window.

    >>> _sentences((0, 4, 9), 5, 7), _sentences((0, 4, 9), 3, 5)
    ((4, 9), (0, 9))
    """
    return max(cut for cut in cuts if cut <= start), min(cut for cut in cuts if cut >= stop)


# ------------------------------------------------------------------------------------------------------- speaker


class Claim(NamedTuple):
    """The match of one candidate, whether the claimed speaker said it, and whether it has a speaker at all."""

    match: TextMatch
    speaker_matches: SpeakerMatches = None
    has_speaker: bool = True


class Decision(NamedTuple):
    """The verdict, and the number of the claim that supports it, if any."""

    verdict: Verdict
    place: int | None = None


def rank(claim: Claim) -> tuple[int, float, bool]:
    """Return the sort key of a claim, the best first: by verdict, by similarity, then known speakers first.

    >>> exact, near = Claim(TextMatch("exact", 1.0)), Claim(TextMatch("near", 0.9))
    >>> sorted([near, exact], key=rank) == [exact, near]
    True
    """
    match = claim.match
    return _BEST_FIRST.index(match.verdict), -match.similarity, not claim.has_speaker


def decide(claims: Sequence[Claim], *, names_speaker: bool) -> Decision:
    """Return the verdict on the claims; `names_speaker` if the request names a speaker.

    An exact or near match of the claimed speaker is the answer. Otherwise another speaker's exact or near match is,
    unless a partial match of the claimed speaker is about as similar: an excerpt of a longer sentence was said, too. A
    claim with an unknown speaker yields the verdict of its words. A few common words count against nobody.

    >>> other = Claim(TextMatch("near", 0.9, content_words=2), speaker_matches=False)
    >>> decide([other], names_speaker=True), decide([other], names_speaker=False)
    (Decision(verdict='other_speaker', place=0), Decision(verdict='near', place=0))
    >>> decide([Claim(TextMatch("partial", 1.0), speaker_matches=True), other], names_speaker=True)
    Decision(verdict='partial', place=0)
    """
    order = sorted(
        (place for place, claim in enumerate(claims) if claim.match.verdict != "not_found"),
        key=lambda place: rank(claims[place]),
    )
    if not order:
        return Decision("not_found")
    if not names_speaker:
        return Decision(claims[order[0]].match.verdict, order[0])
    own = next((place for place in order if claims[place].speaker_matches is True), None)
    other = next((place for place in order if _may_decide(claims[place])), None)
    if own is not None and (other is None or not _is_beaten(claims[own].match, claims[other].match)):
        return Decision(claims[own].match.verdict, own)
    if other is None:
        return Decision("not_found")
    best = claims[other]
    return Decision("other_speaker" if best.speaker_matches is False else best.match.verdict, other)


def _may_decide(claim: Claim) -> bool:
    """Whether a claim that is not by the claimed speaker may be the answer.

    "Thank you very much" by another speaker is no evidence that the claimed speaker did not say it, too.
    """
    if claim.speaker_matches is not False:
        return claim.speaker_matches is None
    match = claim.match
    return match.content_words > 1 or (match.verdict == "exact" and match.content_words == 1 and match.matched > 2)


def _is_beaten(own: TextMatch, other: TextMatch) -> bool:
    """Whether another speaker's match is much better than a partial match of the claimed speaker."""
    return own.verdict == "partial" and other.similarity > own.similarity + BETTER
