"""The quotes of a draft, as they are verified: what the reader sees as one quote is one.

A sentence that the reporter splits, “I did not,” he said, “have any share,” is one quote; two whole sentences are two.
The lines of a block quote are one. A text that is too long to verify is cut where a sentence ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from quoth.checking.drafts import ArticleDraft
from quoth.engine.analysis import words
from quoth.engine.verify.verify import MAX_TEXT, MAX_WORDS
from quoth.extraction import extract
from quoth.extraction.attribution.attribute import UNPARSED
from quoth.hashes import short_hash
from quoth.quote import Quote
from quoth.text import sentences
from quoth.text.slugs import slug

# A fragment of fewer words stands in somebody's quotes by chance, and says nothing about who was quoted.
FEWEST_WORDS = 3

_BLANKS = re.compile(r"\s+")
_ENDS_SENTENCE = re.compile(r"[.!?…]['\"’”»)\]]*\Z")
# Between two parts of a sentence: “I did not,” he said, “have any share.” The comma may stand on either side of a mark.
_SPLIT = re.compile(r"['\"’”»]*([,–—-]?)[^,–—-].*[,–—-]\s*['\"‘“«„]*", re.DOTALL)
_LONGEST_CLAUSE = 200  # characters between two parts
_NEXT_LINE = re.compile(r"[ \t]*\n[ \t]{0,3}>[> \t]*")


@dataclass(frozen=True, slots=True)
class DraftQuote:
    """A quote of a draft: its words, the speaker that the draft names, if any, and the line on which it begins.

    `id` is a hash of words and speaker: an edit elsewhere in the draft does not change it. `is_fragment` if one or two
    words stand in marks inside the reporter's sentence. `unread` is the reason if the draft names, or may name, a
    speaker who was not found: a pronoun that may mean two people, a draft that is too long.
    """

    text: str
    speaker: str | None
    line: int
    is_fragment: bool = False
    unread: str | None = None

    @property
    def id(self) -> str:
        """The id of the quote: `c_` and a hash."""
        return "c_" + short_hash(" ".join(words(self.text)), None if self.speaker is None else slug(self.speaker))


def find(draft: ArticleDraft) -> Iterator[DraftQuote]:
    """Yield the quotes of a draft in reading order, without statements in the reporter's words."""
    if draft.article is None:
        return
    body = draft.article.body
    extracted = extract(replace(draft.article, pub_status=None))  # a draft is often withheld, and has quotes
    quotes = [quote for quote in extracted if quote.type in ("direct", "partial") and words(quote.text)]
    for parts in _joined(body, quotes):
        first = parts[0]
        text = " ".join(_BLANKS.sub(" ", part.text).strip() for part in parts)
        speaker = next((part.speaker.name for part in parts if part.speaker is not None), None)
        is_fragment = (first.type == "partial" or text[0].islower()) and len(words(text)) < FEWEST_WORDS
        line = draft.line(first.selector.start or 0)
        for piece in _verifiable(text):
            yield DraftQuote(piece, speaker, line, is_fragment, _unread(first) if speaker is None else None)


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


def _verifiable(text: str) -> Iterator[str]:
    """Yield a text in pieces that are short enough to verify, cut where sentences end; usually it is one piece."""
    if len(text) <= MAX_TEXT and len(text.split()) <= MAX_WORDS // 2:
        yield text
        return
    start = last = 0
    for end in (*sentences.ends(text), len(text)):
        if last > start and not _fits(text[start:end]):
            yield text[start:last].strip()
            start = last
        last = end
    if text[start:].strip():
        yield text[start:].strip()


def _fits(text: str) -> bool:
    return len(text) <= MAX_TEXT and len(words(text)) <= MAX_WORDS
