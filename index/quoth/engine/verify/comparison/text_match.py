"""Decide how well remembered words match a text, whoever its speaker is.

R are the remembered words. A text is one utterance of one article. W is the shortest run of whole sentences of the text
that contains the window R aligns with, or the whole text, whichever is more similar to R. Words are those of
`quoth.engine.verify.comparison.words`: case, punctuation, accents, contractions and British spelling do not count.

- `exact`: R is a run of whole sentences of the text, or the whole text, word for word. A single word must be the whole
  text.
- `near`: R and W differ, and no difference may change the meaning (`quoth.engine.verify.comparison.differences`).
- `altered`: R is close to W, or to a part of the text, and a difference may change the meaning.
- `partial`: R is an excerpt: words of its sentences are cut away at an end, or behind an ellipsis. Or the text is
  shorter than R, and all its words align. An indirect quote is at most `partial`.
- `not_found`: anything else.

R is close to W if they share at least `NEAR` of the words of each, and close to a part of the text if the alignment
costs at most `ALTERED` of the weight of R. Two more conditions keep chance and common words from counting as a match.
The shared words must

- carry at least `MIN_SHARED` of the information in R, and of W `MIN_SHARED_SAID`. A word counts by its rarity in the
  index, a function word a third of that;
- include two content words. One is enough if neither R nor W has others, or if R is an excerpt word for word, and none
  is needed for `near`, or if at least `ALIKE` of the words of R and W are shared. A single remembered word is never
  close.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from quoth.engine.verify.comparison.alignment import WORD, AlignedRun, Alignment, align, weight
from quoth.engine.verify.comparison.differences import SMALL_WORDS, ClassifiedRun, classify
from quoth.engine.verify.comparison.kinds import Words
from quoth.engine.verify.comparison.words import ComparedWord, compare, joined
from quoth.text.function_words import FUNCTION_WORDS
from quoth.text.sentences import cuts
from quoth.text.wording.turning import Turn, turn

NEAR = 0.5
ALTERED = 0.3
MIN_SHARED = 0.5
MIN_SHARED_SAID = 0.4
# So large a share of the words, and so many, need no content words: there are few like them.
ALIKE = 0.8
MIN_ALIKE = 5
# The similarity of a close word; an equal word counts 1.
CLOSE = 0.7

_ELLIPSIS = re.compile(r"…|\.\s?\.\s?\.")
_QUESTION = re.compile(r"[^\w\s]*\?")


class RememberedText(NamedTuple):
    """Remembered words. `slips` are those that are no words, `elisions` the numbers of words behind an ellipsis."""

    text: str
    words: Sequence[ComparedWord]
    slips: frozenset[str] = frozenset()

    @property
    def elisions(self) -> frozenset[int]:
        """The numbers of the words that an ellipsis stands before."""
        between = zip(self.words, self.words[1:], strict=False)
        return frozenset(
            place for place, (one, other) in enumerate(between, 1) if _ELLIPSIS.search(self.text, one.end, other.start)
        )

    def part(self, place: tuple[int, int]) -> RememberedText:
        """Return a range of the words."""
        return self._replace(words=self.words[slice(*place)])

    def joined(self, vocabulary: Collection[str]) -> RememberedText:
        """Return the words with two of them as one where a vocabulary has them as one."""
        return self._replace(words=joined(self.words, vocabulary))


class SaidText(NamedTuple):
    """A text and its words, with its sentence boundaries as word numbers: from 0 to the number of words.

    `is_reported` if the words are the reporter's.
    """

    text: str
    words: Sequence[ComparedWord]
    cuts: Sequence[int]
    is_reported: bool = False

    def joined(self, vocabulary: Collection[str]) -> SaidText:
        """Return the text with two words as one where a vocabulary has them as one."""
        words = joined(self.words, vocabulary)
        if len(words) == len(self.words):
            return self
        offsets = [self.words[cut].start if cut < len(self.words) else len(self.text) + 1 for cut in self.cuts]
        starts = [word.start for word in words]
        numbers = {bisect_left(starts, offset) for offset in offsets}
        return self._replace(words=words, cuts=sorted(numbers))


_NOTHING = SaidText("", (), (0,))
_NO_WORDS = RememberedText("", ())


@dataclass(frozen=True, slots=True)
class TextMatch:
    """How well the words match, whoever the speaker is.

    `similarity` is 1 for `exact`, and otherwise the share of common words in the longer of R and the window, or of a
    fragment in R by weight. `window` is the range of the text's words that R matches, `runs`
    the alignment with the kinds of its differences. `matched` counts the words of R with an equal or close partner,
    `content_words` those of them that are not function words. `turn` says how words that are cut away turn the sense.
    `remembered` and `said` are the texts as they were compared.
    """

    verdict: Words
    similarity: float = 0.0
    window: tuple[int, int] = (0, 0)
    runs: tuple[ClassifiedRun, ...] = ()
    matched: int = 0
    content_words: int = 0
    is_fragment: bool = False
    turn: Turn | None = None
    remembered: RememberedText = _NO_WORDS
    said: SaidText = _NOTHING

    @property
    def sentences(self) -> tuple[int, int]:
        """The range of the text's words in the sentences that the window is a part of."""
        return _sentences(self.said.cuts, *self.window)


NOT_FOUND = TextMatch("not_found")


def said_text(text: str, *, is_reported: bool = False) -> SaidText:
    """Return a text with its words and sentence boundaries."""
    words = compare(text)
    return SaidText(text, words, cuts(text, [(word.word, word.start, word.end) for word in words]), is_reported)


def match_text(
    remembered: RememberedText, text: SaidText, rarity: Callable[[ComparedWord], float] = lambda _: 1.0
) -> TextMatch:
    """Compare remembered words with a text; `rarity` returns the weight of a word, above 0.

    >>> text = said_text("We will not raise 30 taxes. We know that the harbour is closed")
    >>> [match_text(RememberedText(words, compare(words)), text).verdict for words in (
    ...     "we will not raise 30 taxes", "We won't raise thirty taxes", "We will raise 30 taxes",
    ...     "the harbour is closed", "taxes are nice")]
    ['exact', 'near', 'altered', 'partial', 'not_found']
    """
    if not remembered.words or not text.words:
        return NOT_FOUND
    vocabulary = {word.word for word in (*remembered.words, *text.words)}
    remembered, text = remembered.joined(vocabulary), text.joined(vocabulary)
    match = _exact(remembered.words, text) or _similar(remembered, text, rarity)
    if match.verdict == "not_found":
        return match
    if text.is_reported and match.verdict in ("exact", "near"):
        match = replace(match, verdict="partial")
    return replace(match, turn=_turn(match, remembered, text), remembered=remembered, said=text)


def _exact(remembered: Sequence[ComparedWord], text: SaidText) -> TextMatch | None:
    """Return the match if R is a run of whole sentences."""
    query, count, ends = [_spelling(word) for word in remembered], len(remembered), set(text.cuts)
    said = [_spelling(word) for word in text.words]
    for start in text.cuts:
        if start + count in ends and said[start : start + count] == query and (count > 1 or len(said) == 1):
            runs = (ClassifiedRun(None, (0, count), (start, start + count)),)
            content_words = sum(word.word not in FUNCTION_WORDS for word in remembered)
            return TextMatch("exact", 1.0, (start, start + count), runs, count, content_words)
    return None


def _spelling(word: ComparedWord) -> tuple[str, str]:
    return word.word, word.written


def _similar(remembered: RememberedText, text: SaidText, rarity: Callable[[ComparedWord], float]) -> TextMatch:
    local = _align(remembered, text.words)
    own = _Weights(remembered.words, rarity)
    if not own.has_share(local, MIN_SHARED):
        return NOT_FOUND
    ranges = dict.fromkeys((_sentences(text.cuts, local.start, local.stop), (0, len(text.words))))
    whole = [match for span in ranges if (match := _whole(remembered, text, span, own, rarity)) is not None]
    if whole:
        return max(whole, key=lambda match: match.similarity)
    return _part(remembered, text, local, own)


def _align(remembered: RememberedText, said: Sequence[ComparedWord], *, whole: bool = False) -> Alignment:
    slips, elisions = remembered.slips, remembered.elisions
    return align(_letters(remembered.words), _letters(said), slips=slips, elisions=elisions, whole=whole)


def _letters(words: Sequence[ComparedWord]) -> list[str]:
    return [word.word for word in words]


def _whole(
    remembered: RememberedText,
    text: SaidText,
    span: tuple[int, int],
    own: _Weights,
    rarity: Callable[[ComparedWord], float],
) -> TextMatch | None:
    """Return the match if R is close to W, the words of the text in a span."""
    start, stop = span
    longest, shortest = max(len(remembered.words), stop - start), min(len(remembered.words), stop - start)
    if shortest < max(NEAR * longest, 2):
        return None
    words = text.words[start:stop]
    alignment = _align(remembered, words, whole=True)
    matched, theirs = _matched(alignment), _Weights(words, rarity)
    common = own.content(alignment)
    if matched < NEAR * longest:
        return None
    if not own.has_share(alignment, MIN_SHARED) or not theirs.has_share(alignment, MIN_SHARED_SAID, said=True):
        return None
    runs = [AlignedRun(op, left, (right[0] + start, right[1] + start)) for op, left, right in alignment.runs]
    first, last = _cut_away(runs, remembered.words, text.words)
    is_cut, kept = last - first < len(runs), runs[first:last]
    window = kept[0].said[0], kept[-1].said[1]
    similarity = _similarity(alignment, len(remembered.words), window)
    match = _judged(remembered, text, TextMatch("near", similarity, window, (), matched, common), kept, is_cut=is_cut)
    has_others = common < len(own.all_content) or common < len(theirs.all_content)
    is_told = match.verdict == "near" or common >= 1 + has_others or matched >= max(ALIKE * longest, MIN_ALIKE)
    return match if is_told else None


def _cut_away(
    runs: Sequence[AlignedRun], remembered: Sequence[ComparedWord], said: Sequence[ComparedWord]
) -> tuple[int, int]:
    """Return the range of the runs without the words that are cut away at either end of the words said.

    Small words count as left out, and words that R has in another place as moved.
    """
    unsaid = {w.word for run in runs if run.op == "not_said" for w in remembered[slice(*run.remembered)]}

    def is_cut(run: AlignedRun) -> bool:
        words = set(_letters(said[slice(*run.said)]))
        return run.op == "left_out" and not words <= SMALL_WORDS and unsaid.isdisjoint(words - FUNCTION_WORDS)

    return int(is_cut(runs[0])), len(runs) - is_cut(runs[-1])


def _part(remembered: RememberedText, text: SaidText, local: Alignment, own: _Weights) -> TextMatch:
    """Return the match of R with a part of the text, or of the text with a part of R."""
    matched, total = _matched(local), sum(weight(word.word) for word in remembered.words)
    window, common = (local.start, local.stop), own.content(local)
    is_told = common > 1 + len(remembered.elisions) or local.cost == 0 < common
    if local.cost <= ALTERED * total and is_told:
        similarity = _similarity(local, len(remembered.words), window)
        match = TextMatch("partial", similarity, window, (), matched, common)
        return _judged(remembered, text, match, local.runs, is_cut=True)
    if matched == len(text.words) < len(remembered.words) and common > 1:
        similarity = min(sum(weight(word.word) for word in text.words) / total, 1.0)
        runs = tuple(classify(local.runs, remembered.words, text.words, remembered.slips))
        return TextMatch("partial", similarity, window, runs, matched, common, is_fragment=True)
    return NOT_FOUND


def _similarity(alignment: Alignment, count: int, window: tuple[int, int]) -> float:
    """Return the share of common words in the longer of R, which has `count` words, and a window of the text."""
    matched, equal = _matched(alignment), _matched(alignment, ("equal",))
    return (equal + CLOSE * (matched - equal)) / max(count, window[1] - window[0])


def _judged(
    remembered: RememberedText, text: SaidText, match: TextMatch, runs: Sequence[AlignedRun], *, is_cut: bool
) -> TextMatch:
    """Return a match with its verdict and the kinds of its differences."""
    elisions = remembered.elisions
    classified, is_elided = list[ClassifiedRun](), False
    for run in classify(runs, remembered.words, text.words, remembered.slips):
        is_elision = run.remembered[0] == run.remembered[1] and run.remembered[0] in elisions
        is_elided |= is_elision
        classified.append(run._replace(kind="missing", may_change=False) if is_elision else run)
    if any(run.may_change for run in classified):
        verdict: Words = "altered"
    else:
        verdict = "partial" if is_cut or is_elided else "near"
    return replace(match, verdict=verdict, runs=tuple(classified))


def _turn(match: TextMatch, remembered: RememberedText, text: SaidText) -> Turn | None:
    """Return how the words that are cut away, at either end or behind an ellipsis, turn the sense."""
    if match.is_fragment:
        return None
    start, stop = _sentences(text.cuts, *match.window)
    before, after = _letters(text.words[start : match.window[0]]), _letters(text.words[match.window[1] : stop])
    elided = [
        word.word
        for run in match.runs
        if run.kind == "missing" and run.remembered[0] in remembered.elisions
        for word in text.words[slice(*run.said)]
    ]
    is_asked = _QUESTION.match(text.text, text.words[stop - 1].end) is not None
    is_question = is_asked and "?" not in remembered.text
    return turn(before, (*elided, *after), is_question=is_question)


class _Weights:
    """The information in words, by their rarity; a function word carries little even if it is rare."""

    def __init__(self, words: Sequence[ComparedWord], rarity: Callable[[ComparedWord], float]) -> None:
        self._weights = [rarity(word) * weight(word.word) / WORD for word in words]
        self.all_content = {place for place, word in enumerate(words) if word.word not in FUNCTION_WORDS}

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
