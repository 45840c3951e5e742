"""The quotes of a draft, as they are verified: what the reader sees as one quote is one.

A sentence that the reporter splits, “I did not,” he said, “have any share,” is one quote; two whole sentences are two.
The lines of a block quote are one. A text that is too long to verify is verified in parts, which overlap.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from quoth.checking import marks
from quoth.checking.drafts import ArticleDraft
from quoth.checking.page_quotes import CELL
from quoth.engine.analysis import words
from quoth.engine.verify.verify import MAX_TEXT, MAX_WORDS
from quoth.extraction import extract
from quoth.extraction.attribution.attribute import UNPARSED
from quoth.hashes import short_hash
from quoth.ingest import language
from quoth.quote import Quote
from quoth.text import sentences
from quoth.text.slugs import slug

# A fragment of fewer words stands in somebody's quotes by chance, and says nothing about who was quoted.
FEWEST_WORDS = 3

UNNAMED_IN_ROW = "the row of the table does not make clear whose words these are"

UNNAMED_BELOW = "the signature of the block does not make clear whose words these are"

_BLANKS = re.compile(r"\s+")
_UNDERSCORES = re.compile(r"(?<![^\W_])_+|_+(?![^\W_])")  # at the border of a word, of which they are no part
_ENDS_SENTENCE = re.compile(r"[.!?…]['\"’”»)\]]*\Z")
# Between two parts of a sentence: “I did not,” he said, “have any share.” The comma may stand on either side of a mark.
_SPLIT = re.compile(r"['\"’”»]*([,–—-]?)[^,–—-].*[,–—-]\s*['\"‘“«„]*", re.DOTALL)
_LONGEST_CLAUSE = 200  # characters between two parts
_NEXT_LINE = re.compile(r"[ \t]*\n[ \t]{0,3}>[> \t]*")
# Below a block quote: > — Ada Okafor, the mayor
_SIGNED = re.compile(
    r"[^\n]*\n(?:[ \t]*(?:>[> \t]*)?\n)?[ \t]{0,3}(?:>[> \t]*)?(?:[—–―]|--)[ \t]*(?P<name>[^\n,;(]{1,256})"
)
_NAME = re.compile(r"(?:[^\W\d_][\w.'’-]*)(?:[ \t][^\W\d_][\w.'’-]*){0,5}")


@dataclass(frozen=True, slots=True)
class DraftQuote:
    """A quote of a draft: its words, the speaker that the draft names, if any, and the line on which it begins.

    `id` is a hash of words and speaker: an edit elsewhere in the draft does not change it. `is_fragment` if one or two
    words stand in marks inside the reporter's sentence. `unread` is the reason if the draft names, or may name, a
    speaker who was not found: a pronoun that may mean two people, a draft that is too long. `is_open` if the mark
    before the words never closes, and text follows that may belong to them.
    """

    text: str
    speaker: str | None
    line: int
    is_fragment: bool = False
    unread: str | None = None
    is_open: bool = False

    @property
    def id(self) -> str:
        """The id of the quote: `c_` and a hash."""
        return "c_" + short_hash(" ".join(words(self.text)), None if self.speaker is None else slug(self.speaker))


def find(draft: ArticleDraft) -> Iterator[DraftQuote]:
    """Yield the quotes of a draft in reading order, without statements in the reporter's words."""
    if draft.article is None:
        return
    marked = marks.mark(draft.article.body)
    body = marked.text
    article = replace(draft.article, body=body, pub_status=None)  # a draft is often withheld, and has quotes
    extracted = extract(article, detected=language.detected(article))
    quotes = [quote for quote in extracted if quote.type in ("direct", "partial") and words(quote.text)]
    for parts in _joined(body, quotes):
        first = parts[0]
        text = " ".join(_BLANKS.sub(" ", _UNDERSCORES.sub("", part.text)).strip() for part in parts)
        speaker = next((part.speaker.name for part in parts if part.speaker is not None), None)
        is_fragment = (first.type == "partial" or text[0].islower()) and len(words(text)) < FEWEST_WORDS
        line = draft.line(first.selector.start or 0)
        unread = _unread(first) if speaker is None else None
        if (signed := _signature(body, first)) is not None:
            speaker, unread = (
                (signed, None) if signed[:1].isupper() and _NAME.fullmatch(signed) else (None, UNNAMED_BELOW)
            )
        if _is_in_row(body, first) and not (speaker and _is_named_in_row(body, first)):
            speaker, unread = None, unread or UNNAMED_IN_ROW
        is_open = any(part.selector.start in marked.unclosed for part in parts)
        yield DraftQuote(text, speaker, line, is_fragment, unread, is_open)


def _signature(body: str, quote: Quote) -> str | None:
    """Return the name under a block quote; `None` if there is none, or if a line before the block introduces it."""
    start, end = quote.selector.start or 0, quote.selector.end or 0
    line = body.rfind("\n", 0, start) + 1
    is_introduced = quote.speaker is not None and body[max(0, line - 20) : line].rstrip().endswith(":")
    if is_introduced or not body[line:start].lstrip().startswith(">"):
        return None
    signed = _SIGNED.match(body, end)
    return None if signed is None else signed["name"].strip()


def _is_in_row(body: str, quote: Quote) -> bool:
    """Whether a quote stands in a row of a table, beside other cells."""
    return CELL in body[slice(*_paragraph(body, quote))]


def _is_named_in_row(body: str, quote: Quote) -> bool:
    """Whether the speaker of a quote is named in its row: a name in another row or above the table is one by chance."""
    start, end = _paragraph(body, quote)
    return quote.attribution.mention is not None and start <= quote.attribution.mention.start < end


def _paragraph(body: str, quote: Quote) -> tuple[int, int]:
    start, end = quote.selector.start or 0, quote.selector.end or 0
    last = body.find("\n", end)
    return body.rfind("\n", 0, start) + 1, last if last >= 0 else len(body)


def _unread(quote: Quote) -> str | None:
    """Return why the speaker of a quote was not found, `None` if the draft names none."""
    why = quote.attribution.why
    return why if quote.attribution.mention is not None or why == UNPARSED.resolved.because else None


def _joined(body: str, quotes: Sequence[Quote]) -> Iterator[list[Quote]]:
    """Yield the parts of each quote."""
    parts: list[Quote] = []
    for quote in quotes:
        if parts and not _goes_on(body, parts[-1], quote):
            yield parts
            parts = []
        parts.append(quote)
    if parts:
        yield parts


def _goes_on(body: str, before: Quote, quote: Quote) -> bool:
    """Whether a quoted span goes on with the sentence, or with the block, of the one before it."""
    start, end = before.selector.end, quote.selector.start
    if start is None or end is None or end - start > _LONGEST_CLAUSE:
        return False
    between = body[start:end]
    if _NEXT_LINE.fullmatch(between) is not None:
        return before.speaker is None or quote.speaker in (None, before.speaker)
    if before.utterance.id != quote.utterance.id or any(sentences.ends(between)):
        return False
    mention, split = before.attribution.mention, _SPLIT.fullmatch(between)
    if mention is None or not start <= mention.start < end or split is None:
        return False
    is_open = bool(split[1]) or before.text.rstrip().endswith((",", "–", "—", "-"))
    return is_open and _ENDS_SENTENCE.search(before.text) is None


def overlapping_parts(text: str) -> tuple[str, ...]:
    """Return a text in parts that are short enough to verify; usually it is one.

    Each part is at least two sentences, and begins in the middle of the one before. So where a sentence is left out or
    halves are exchanged, some part has both sides. Two sentences that do not fit are a part that is too long.
    """
    if _fits(text):
        return (text,)
    ends = [*sentences.ends(text), len(text)]
    starts = [0, *ends[:-1]]
    parts: list[str] = []
    first = 0
    while True:
        last = first + 1
        while last < len(ends) and (last < first + 2 or _fits(text[starts[first] : ends[last]])):
            last += 1
        parts.append(text[starts[first] : ends[last - 1]].strip())
        if last == len(ends):
            return tuple(parts)
        middle = (starts[first] + ends[last - 1]) // 2
        # At least one sentence forward, and at least one sentence back.
        first = max(first + 1, min(last - 1, bisect_left(starts, middle)))


def _fits(text: str) -> bool:
    text = text.strip()
    return len(text) <= MAX_TEXT and len(words(text)) <= MAX_WORDS
