"""Find the turns of a transcript: PENCE: We will win."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise

from quoth.extraction.scanner.layout import Range, trimmed
from quoth.extraction.scanner.marks import SINGLES
from quoth.extraction.scanner.pairing import WORD
from quoth.extraction.scanner.span import Span
from quoth.extraction.tables import lowered, words
from quoth.extraction.value import value

# Up to six words, then optionally, after capitals, a role, and (R-Indiana) or (voice-over); every part is bounded.
LABEL = re.compile(
    r"""
    [^\S\n]{0,8} (?P<mark>["“]?)
    (?P<label> [^\W\d_] [\w.'’&-]{0,30} (?: [^\S\n] [\w.'’&-]{1,31} ){0,5} )
    (?P<role> , [^:()\n]{1,80} )?
    (?: [^\S\n]? \( (?P<aside> [^()\n]{1,60} ) \) )?
    :  (?=\s)
    """,
    re.VERBOSE,
)
OFFICE_HOLDER = re.compile(r"[A-ZÀ-Þ][\w.'’-]{0,30}(?: [\w.'’-]{1,31}){0,4}")
LONGEST_LABEL = 300  # characters up to the colon; no label matches beyond
# Words that head a line but name no speaker.
HEADINGS = frozenset(
    """address advertisement age analysis answer author bottom breaking byline caption category clarification
    comment comments conclusion cons contact copyright correction cost credit credits date day days deadline details
    disclaimer disclosure editing editor's editor’s email energy example examples exclusive fact facts file final
    footnote graphic headline hours image images info information ingredients key link links listen live location
    market markets method more news note notes number object opinion phone photo photos picture pictures place poll
    postscript ps predictions preview price pros publisher question questions quiz quote rating reaction read reading
    related report reporting result results reuters review runtime score scores season section see serves source
    sources spoiler spoilers sport sports stage stat step stocks subject summary tags tel tip tips tickets time title
    today topic topics total transcript tweet update updated updates venue verdict verse version via video videos
    view views vote votes warning watch weather web website when where winner winners words work writing written
    """.split()
)
SURNAMES = frozenset("may long best good will early".split())  # these words are often surnames in a label
# The first and second person mark speech.
VOICE = re.compile(r"(?<![\w’'])(?:I|[Ww]e|[Yy]ou|[Mm]y|[Oo]ur|[Yy]our|[Mm]e|us)(?!\w)")
BEARER = re.compile(r"[^\W\d_a-z]\w{0,30}[^\S\n]([^\W\d_a-z][\w’'-]{1,31})")
SPELT = re.compile(r"[^\W\d_][\w’'-]*")
LONG_WORD = re.compile(r"(?<!\w)[^\W\d_]{4}")
ASIDE = re.compile(r"\([^()]{0,200}\)|\[[^][]{0,200}\]")  # (LAUGHTER)
COMPLETE = frozenset(".?!…:—–-\"”'’)]")


@value
class _Turn:
    """A labelled paragraph: the ranges of the label and of the text after it; `key` is the last word of the name."""

    paragraph: int
    label: Range
    text: Range
    key: str
    is_full: bool  # whether the label has several words
    is_capital: bool
    is_marked: bool  # whether a mark stands before the label, as in a quoted transcript
    is_complete: bool  # whether the text ends like a sentence


def turns(text: str, ranges: Sequence[Range], quoted: Sequence[Sequence[Span]]) -> Mapping[int, list[Span]]:
    """Return the spans of the paragraphs that are turns of a transcript, one span for each paragraph.

    One label is no evidence (Note: ..., WASHINGTON: ...). A label must occur twice, or two labels must stand in
    consecutive paragraphs, and the texts must be sentences.
    """
    labelled = [turn for number in range(len(ranges)) for turn in _labelled(text, number, ranges[number])]
    accepted = _accepted(text, labelled, quoted) if len(labelled) > 1 else []
    spans = {turn.paragraph: [_span(turn, quoted[turn.paragraph])] for turn in accepted}
    for turn, number in _continuing(text, ranges, quoted, accepted):
        start, end = trimmed(text, *ranges[number])
        spans[number] = [Span(start, end, start, end, number, continues=True, style="turn", label=turn.label)]
    return spans


# --- labels


def _labelled(text: str, number: int, paragraph: Range) -> Iterator[_Turn]:
    start, end = paragraph
    if text.find(":", start, min(end, start + LONGEST_LABEL)) < 0:
        return
    match = LABEL.match(text, start, end)
    if match is None:
        return
    names, label = match["label"].split(), match.span("label")
    holder = (
        OFFICE_HOLDER.fullmatch(match["aside"] or "") if names[0][0].isupper() and not names[-1].isupper() else None
    )
    if holder is not None and _is_office(names):  # Minister for Transport (Ada Okafor):
        names, label = holder[0].split(), match.span("aside")
    is_capital = _is_capital(names)
    start, end = trimmed(text, match.end(), paragraph[1])
    if not _may_be_name(names, is_capital=is_capital) or (match["role"] and not is_capital):
        return
    if WORD.search(text, start, end) and not ASIDE.fullmatch(text, start, end) and not _is_headline(text, start, end):
        key, is_full = names[-1].strip(".").lower(), len(names) > 1
        is_complete = text[end - 1] in COMPLETE
        yield _Turn(number, label, (start, end), key, is_full, is_capital, bool(match["mark"]), is_complete)


def _is_office(label: Sequence[str]) -> bool:
    """Whether a label begins with an office: Minister for Transport."""
    return label[0].strip(".").lower() in words("names", "roles") | lowered("names", "titles")


def _is_capital(names: Sequence[str]) -> bool:
    """Whether a label is in capitals: PENCE, SEN. McCAIN, Gov. PENCE, Q."""
    last = names[-1].removeprefix("Mc").removeprefix("Mac")
    return last.isupper() and (len(last) > 1 or _is_question(names))


def _is_question(names: Sequence[str]) -> bool:
    """Whether a label is the Q or the A of an interview."""
    return names in (["Q"], ["A"])


def _may_be_name(names: Sequence[str], *, is_capital: bool) -> bool:
    if _is_question(names):
        return True
    lower = [name.strip(".").lower() for name in names]
    if is_capital and lower[0] == "the" and len(lower) == 2:
        lower = lower[1:]  # THE COURT
    if not HEADINGS.isdisjoint(lower) or " ".join(lower) in lowered("names", "places"):
        return False
    non_names = lower if lower[-1] not in SURNAMES else lower[:-1]
    if not _non_names().isdisjoint(non_names):
        return False
    return all(name[0].isupper() or name in words("names", "particles") for name in names)


@cache
def _non_names() -> frozenset[str]:
    return words("words", "function_words") | lowered("words", "days")


def _is_headline(text: str, start: int, end: int) -> bool:
    """Whether most long words are capitalised, as in a link to another article: I’m Not Much Of A Socialist."""
    long = LONG_WORD.findall(text, start, min(end, start + 200))
    return len(long) > 2 and sum(word[0].isupper() and not word.isupper() for word in long) > 0.7 * len(long)


# --- which labels name speakers


def _accepted(text: str, labelled: Sequence[_Turn], quoted: Sequence[Sequence[Span]]) -> list[_Turn]:
    capitals = [turn for turn in labelled if turn.is_capital]
    # Without a turn in the second paragraph, the first may be a headline: Byron: no bridge.
    follows_first = any(turn.paragraph == 1 for turn in labelled)
    names = [turn for turn in labelled if not turn.is_capital and (turn.paragraph or follows_first)]
    dialogue = capitals if _is_dialogue(text, capitals, quoted) else []
    return sorted([*dialogue, *_returning(text, names)], key=lambda turn: turn.paragraph)


def _is_dialogue(text: str, turns: Sequence[_Turn], quoted: Sequence[Sequence[Span]]) -> bool:
    """Whether labels in capitals form a dialogue: one text is speech, and a label repeats or two are neighbours."""
    if not any(_talks(text, turn) for turn in turns):
        return False
    counts = Counter(turn.key for turn in turns if turn.is_complete)
    if any(count > 1 for count in counts.values()):
        return True
    if not all(turn.is_complete for turn in turns):
        return False
    if any(quoted[turn.paragraph] and not _covers(turn, quoted[turn.paragraph]) for turn in turns):
        return False  # ENERGY: Oil fell. “We wait,” said Ada Byron.
    return any(turn.paragraph + 1 == after.paragraph for turn, after in pairwise(turns))


def _returning(text: str, turns: Sequence[_Turn]) -> Iterator[_Turn]:
    """Yield the turns of names that repeat, as Ada Byron: and Byron: do, and of full names next to them."""
    complete = [turn for turn in turns if turn.is_complete]
    counts = Counter(turn.key for turn in complete)
    if not counts or max(counts.values()) < 2:
        return
    talking = Counter(turn.key for turn in complete if _talks(text, turn))
    surnames = {surname.lower() for surname in BEARER.findall(text)} | {turn.key for turn in turns if turn.is_full}
    repeated = {key for key in surnames if counts[key] > 1 and 2 * talking[key] >= counts[key]}
    for before, turn, after in zip([turns[0], *turns], turns, [*turns[1:], turns[-1]], strict=False):
        is_beside = before.key in repeated or after.key in repeated
        if turn.key in repeated or (turn.is_full and turn.is_complete and is_beside):
            yield turn


def _talks(text: str, turn: _Turn) -> bool:
    return text[turn.text[1] - 1] == "?" or VOICE.search(text, *turn.text) is not None


# --- spans


def _covers(turn: _Turn, spans: Sequence[Span]) -> bool:
    """Whether one marked span covers the whole text of a turn, possibly with its label."""
    start = turn.label[0] if turn.is_marked else turn.text[0]
    span = spans[0]
    return len(spans) == 1 and span.left <= start <= span.start and turn.text[1] <= span.right


def _span(turn: _Turn, spans: Sequence[Span]) -> Span:
    start, end = turn.text
    if not spans or not _covers(turn, spans):
        return Span(start, end, start, end, turn.paragraph, style="turn", label=turn.label)
    span = replace(spans[0], continues=False, style="turn", label=turn.label)
    return replace(span, start=start, left=start) if turn.is_marked else span


def _continuing(
    text: str, ranges: Sequence[Range], quoted: Sequence[Sequence[Span]], accepted: Sequence[_Turn]
) -> Iterator[tuple[_Turn, int]]:
    """Yield the unlabelled paragraphs that clearly continue the turn above, each with that turn.

    They stand between two turns, in a body that is mostly turns of at least two speakers; they are in the first or
    second person and name none of the speakers.
    """
    keys = {turn.key for turn in accepted}
    if len(keys) < 2 or 2 * len(accepted) <= accepted[-1].paragraph - accepted[0].paragraph:
        return
    for turn, after in pairwise(accepted):
        for number in range(turn.paragraph + 1, after.paragraph):
            start, end = trimmed(text, *ranges[number])
            names_speaker = any(word.lower() in keys for word in SPELT.findall(text, start, end) if word[0].isupper())
            is_quoted = any(text[span.left] not in SINGLES for span in quoted[number])
            if names_speaker or is_quoted or not text[start].isalnum() or not VOICE.search(text, start, end):
                break
            yield turn, number
