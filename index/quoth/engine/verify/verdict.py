"""Did somebody say that? How remembered words compare with a text, and whose words they are.

The definitions, in one place. R are the remembered words. W is the shortest run of whole sentences of the text that
holds the window which R aligns with, or the whole text, whichever has more in common with R. A text is what one
act of speaking has in one article. Words are those of `quoth.engine.analysis.words`: case, punctuation and how an
accent is composed do not count.

- `exact`: R is a run of whole sentences of the text, or all of it, word for word. A single word is all of it.
- `near`: at least `NEAR` of the words of R, and of W, stand in both in the same order, equal or close.
- `partial`: what stands in the window costs R at most `PARTIAL` of its weight, so R is cut out of something longer; or
  the text is shorter, and all of it stands in R. A statement in the reporter's words is never more than that.
- `not_found`: anything else.

So that chance, or words that everybody uses, are not taken for a quote, more must hold of the words in common:

- they carry `HELD` of what R says, and for `near` also `HELD_SAID` of what W says, a word by how rare it is in the
  index, a function word by a third of that;
- two of them are more than function words. One is enough for `near` if neither R nor W has others, and for `partial`
  if R stands there word for word. A single remembered word is never `near`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from quoth.engine.verify.alignment import WORD, AlignedRun, Alignment, align, weight
from quoth.text.function_words import FUNCTION_WORDS, NEGATIONS

Words = Literal["exact", "near", "partial", "not_found"]
Verdict = Literal["exact", "near", "partial", "other_speaker", "not_found"]
# Whether the one who was asked for says it: yes, no, or nobody knows.
Whose = bool | None

NEAR = 0.5
PARTIAL = 0.2
HELD = 0.5
HELD_SAID = 0.4
# What a close word counts beside an equal one.
CLOSE = 0.7
# By so much must the words of somebody else fit better than what the one who was asked for said in part.
BETTER = 0.15

_BEST_FIRST: tuple[Words, ...] = ("exact", "near", "partial", "not_found")


class SaidText(NamedTuple):
    """What was said: its words, and between which of them sentences begin and end (the first 0, the last their number).

    `is_reported` when the words are the reporter's.
    """

    words: Sequence[str]
    cuts: Sequence[int]
    is_reported: bool = False


@dataclass(frozen=True, slots=True)
class TextMatch:
    """What the words alone say, whoever said them.

    `similarity` is 1 for `exact`; for `near` what R and W have in common, of the longer one; for `partial` what of R
    stands in the window, or of R in the text, by weight. `window` are the words of the text that R stands for, `runs`
    how. `matched` words of R stand there, equal or close, `telling` ones are more than function words. It
    `turns_round` when a word that says no differs.
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
    """Compare remembered words with a text; `rarity` says what a word is worth, above 0.

    >>> text = SaidText("some land swapping will go on we know that".split(), (0, 6, 9))
    >>> remembered = "some land swapping will go on", "some land swaps", "land is cheap"
    >>> [match_text(words.split(), text).verdict for words in remembered]
    ['exact', 'near', 'not_found']
    """
    if not remembered or not text.words:
        return NOT_FOUND
    found = _exact(remembered, text) or _near_or_partial(remembered, text, rarity)
    is_more = text.is_reported and found.verdict in ("exact", "near")
    return replace(
        found,
        verdict="partial" if is_more else found.verdict,
        flips_negation=any(_flips_negation(run, remembered, text.words) for run in found.runs),
    )


def _flips_negation(run: AlignedRun, remembered: Sequence[str], said: Sequence[str]) -> bool:
    """Whether the words of a run that differ say no on one side only, or otherwise."""
    if run.op == "equal":
        return False
    left, right = (some[slice(*span)] for some, span in ((remembered, run.remembered), (said, run.said)))
    return NEGATIONS.intersection(left) != NEGATIONS.intersection(right)


def _exact(remembered: Sequence[str], text: SaidText) -> TextMatch | None:
    """Return the judgement if R is a run of whole sentences."""
    wanted, count, cuts = list(remembered), len(remembered), set(text.cuts)
    whole = len(text.words) == count
    for start in text.cuts:
        if start + count in cuts and list(text.words[start : start + count]) == wanted and (count > 1 or whole):
            runs = (AlignedRun("equal", (0, count), (start, start + count)),)
            telling = sum(word not in FUNCTION_WORDS for word in wanted)
            return TextMatch("exact", 1.0, (start, start + count), runs, count, telling)
    return None


def _near_or_partial(remembered: Sequence[str], text: SaidText, rarity: Callable[[str], float]) -> TextMatch:
    local = align(remembered, text.words)
    own = _Weights(remembered, rarity)
    if not own.is_held(local, HELD):
        return NOT_FOUND
    near = [
        found
        for start, stop in dict.fromkeys((_stretch(text.cuts, local.start, local.stop), (0, len(text.words))))
        if (found := _near(remembered, text.words, start, stop, own, rarity)) is not None
    ]
    if near:
        return max(near, key=lambda found: found.similarity)
    matched, total = _matched(local), sum(map(weight, remembered))
    window, common = (local.start, local.stop), own.content(local)
    if local.cost <= PARTIAL * total and (common > 1 or local.cost == 0 < common):
        return TextMatch("partial", 1 - local.cost / total, window, local.runs, matched, common)
    if matched == len(text.words) < len(remembered) and common > 1:
        said = sum(map(weight, text.words))
        return TextMatch("partial", min(said / total, 1.0), window, local.runs, matched, common, is_fragment=True)
    return NOT_FOUND


def _near(
    remembered: Sequence[str],
    words: Sequence[str],
    start: int,
    stop: int,
    own: _Weights,
    rarity: Callable[[str], float],
) -> TextMatch | None:
    """Return the judgement if R is near to W, which is the words of the text from `start` to `stop`."""
    longest, shortest = max(len(remembered), stop - start), min(len(remembered), stop - start)
    if shortest < max(NEAR * longest, 2):
        return None
    found = align(remembered, words[start:stop], whole=True)
    matched, theirs = _matched(found), _Weights(words[start:stop], rarity)
    common = own.content(found)
    has_others = common < len(own.all_content) or common < len(theirs.all_content)
    if matched < NEAR * longest or common < 1 + has_others:
        return None
    if not own.is_held(found, HELD) or not theirs.is_held(found, HELD_SAID, said=True):
        return None
    runs = tuple(AlignedRun(op, left, (right[0] + start, right[1] + start)) for op, left, right in found.runs)
    equal = _matched(found, ("equal",))
    similarity = (equal + CLOSE * (matched - equal)) / longest
    return TextMatch("near", similarity, (start, stop), runs, matched, common)


class _Weights:
    """What words say, by how rare they are; a function word says little wherever it is rare."""

    def __init__(self, words: Sequence[str], rarity: Callable[[str], float]) -> None:
        self._worth = [rarity(word) * weight(word) / WORD for word in words]
        self.all_content = {place for place, word in enumerate(words) if word not in FUNCTION_WORDS}

    def is_held(self, found: Alignment, share: float, *, said: bool = False) -> bool:
        """Whether the words in common carry a share of what all say."""
        return sum(self._worth[place] for place in _places(found, said)) >= share * sum(self._worth)

    def content(self, found: Alignment) -> int:
        """Count the words in common that are more than function words."""
        return len(self.all_content.intersection(_places(found, said=False)))


def _places(found: Alignment, said: bool) -> Iterator[int]:
    """Yield the places of the words in common, in R or in what was said."""
    for run in _common(found):
        yield from range(*(run.said if said else run.remembered))


def _common(found: Alignment, ops: Sequence[str] = ("equal", "close")) -> Iterator[AlignedRun]:
    return (run for run in found.runs if run.op in ops)


def _matched(found: Alignment, ops: Sequence[str] = ("equal", "close")) -> int:
    return sum(run.remembered[1] - run.remembered[0] for run in _common(found, ops))


def _stretch(cuts: Sequence[int], start: int, stop: int) -> tuple[int, int]:
    """Return the shortest run of whole sentences that holds a window.

    >>> _stretch((0, 4, 9), 5, 7), _stretch((0, 4, 9), 3, 5)
    ((4, 9), (0, 9))
    """
    return max(cut for cut in cuts if cut <= start), min(cut for cut in cuts if cut >= stop)


# --------------------------------------------------------------------------------------------------------- whose


class Claim(NamedTuple):
    """What one candidate says, and whether it is by the one who was asked for. `is_known`: it has a speaker at all."""

    match: TextMatch
    whose: Whose = None
    is_known: bool = True


class Decision(NamedTuple):
    """The verdict, and the number of the claim that it stands on, `None` if it stands on none."""

    verdict: Verdict
    place: int | None = None


def rank(claim: Claim) -> tuple[int, float, bool]:
    """Return the key that orders claims, the best first: by verdict, similarity, and whether the speaker is known.

    >>> exact, near = Claim(TextMatch("exact", 1.0)), Claim(TextMatch("near", 0.9))
    >>> sorted([near, exact], key=rank) == [exact, near]
    True
    """
    found = claim.match
    return _BEST_FIRST.index(found.verdict), -found.similarity, not claim.is_known


def decide(claims: Sequence[Claim], *, asked: bool) -> Decision:
    """Return the verdict on the claims that were found; `asked` when it is asked of somebody.

    What that speaker says exactly or nearly is the answer. Else somebody else's exact or near words are, unless the
    speaker's own, in part, fit about as well: words out of a longer sentence were said, too. A claim of which nobody
    knows whose it is gives the verdict of its words. A few words that anybody may say speak against nobody.

    >>> other = Claim(TextMatch("near", 0.9, content_words=2), whose=False)
    >>> decide([other], asked=True), decide([other], asked=False)
    (Decision(verdict='other_speaker', place=0), Decision(verdict='near', place=0))
    >>> decide([Claim(TextMatch("partial", 1.0), whose=True), other], asked=True)
    Decision(verdict='partial', place=0)
    """
    order = sorted(
        (place for place, claim in enumerate(claims) if claim.match.verdict != "not_found"),
        key=lambda place: rank(claims[place]),
    )
    if not order:
        return Decision("not_found")
    if not asked:
        return Decision(claims[order[0]].match.verdict, order[0])
    own = next((place for place in order if claims[place].whose is True), None)
    rest = next((place for place in order if _counts(claims[place])), None)
    if own is not None and (rest is None or not _is_beaten(claims[own].match, claims[rest].match)):
        return Decision(claims[own].match.verdict, own)
    if rest is None:
        return Decision("not_found")
    return Decision("other_speaker" if claims[rest].whose is False else claims[rest].match.verdict, rest)


def _counts(claim: Claim) -> bool:
    """Whether a claim, not by the one who was asked for, may be the answer.

    "Thank you very much" by somebody else does not say that the words are not the speaker's, too.
    """
    if claim.whose is not False:
        return claim.whose is None
    found = claim.match
    return found.content_words > 1 or (found.verdict == "exact" and found.content_words == 1 and found.matched > 2)


def _is_beaten(own: TextMatch, other: TextMatch) -> bool:
    """Whether somebody else's words are so much better that what the speaker said in part is not the answer."""
    return own.verdict == "partial" and other.similarity > own.similarity + BETTER
