"""A body as the rules read it: paragraphs of tokens, in which each quoted span is one token."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from quoth.extraction import scanner
from quoth.extraction.scanner import Span
from quoth.extraction.tables import words

TOKEN = re.compile(
    r"""
      (?:[A-ZÀ-ÞА-Я]\.){1,6} (?!\w)                # initials: J.  U.S.
    | [^\W_]+ (?: [-'’‘&] [^\W_]+ )* ['’‘]?        # words: O’Neill  Jean-Luc  Ukraine‘s  voters’  27
    | (?P<mark>[^\w\s]|_) (?P=mark)*               # a run of one mark: ,  ...  --
    """,
    re.VERBOSE,
)
POSSESSIVE = re.compile(r"['’‘][sS]?$")
LONGEST_HEADLINE = 200


class Token(NamedTuple):
    """A word, a run of one punctuation character, or a whole quoted span with its marks.

    `span` is the number of the quoted span in the article, -1 for every other token. A quoted span has no
    text, so that no rule can look for a speaker inside it.
    """

    start: int
    end: int
    text: str
    lower: str
    span: int = -1

    @property
    def is_quote(self) -> bool:
        return self.span >= 0

    @property
    def is_capitalised(self) -> bool:
        return self.text[:1].isupper()

    @property
    def is_word(self) -> bool:
        return self.text[:1].isalnum()

    @property
    def is_possessive(self) -> bool:
        return POSSESSIVE.search(self.text) is not None


@dataclass(frozen=True, slots=True)
class Paragraph:
    """The tokens of one paragraph; `sentences` gives for each token the index where its sentence begins."""

    number: int
    start: int
    end: int
    tokens: tuple[Token, ...]
    sentences: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """A body with its quoted spans and its paragraphs; `headline` is the number of the headline's paragraph."""

    body: str
    spans: tuple[Span, ...]
    paragraphs: tuple[Paragraph, ...]
    headline: int | None


def read(body: str) -> Reading:
    """Read a body once, for all rules.

    >>> [token.text for token in read("“Yes,” said Dr. O’Neill.").paragraphs[0].tokens]
    ['', 'said', 'Dr', '.', 'O’Neill', '.']
    """
    ranges = scanner.paragraphs(body)
    spans = scanner.scan(body)
    firsts: dict[int, list[int]] = {}
    for number, span in enumerate(spans):
        firsts.setdefault(span.paragraph, []).append(number)
    paragraphs = tuple(
        _paragraph(body, number, start, end, [(i, spans[i]) for i in firsts.get(number, ())])
        for number, (start, end) in enumerate(ranges)
    )
    return Reading(body, tuple(spans), paragraphs, _headline(body, ranges))


def tokens_of_spans(reading: Reading) -> list[int]:
    """Return for every quoted span, in order, the index of its token in its paragraph."""
    return [index for paragraph in reading.paragraphs for index, token in enumerate(paragraph.tokens) if token.is_quote]


def bare(word: str) -> str:
    """Return a word without its possessive ending.

    >>> bare("Ukraine‘s"), bare("voters’"), bare("O’Neill")
    ('Ukraine', 'voters', 'O’Neill')
    """
    return POSSESSIVE.sub("", word)


def _paragraph(body: str, number: int, start: int, end: int, quoted: Sequence[tuple[int, Span]]) -> Paragraph:
    tokens = tuple(_tokens(body, start, end, quoted))
    return Paragraph(number, start, end, tokens, tuple(_sentences(body, tokens)))


def _tokens(body: str, start: int, end: int, quoted: Sequence[tuple[int, Span]]) -> Iterator[Token]:
    for number, span in quoted:
        yield from _plain_tokens(body, start, span.left)
        yield Token(span.left, span.right, "", "", number)
        start = span.right
    yield from _plain_tokens(body, start, end)


def _plain_tokens(body: str, start: int, end: int) -> Iterator[Token]:
    for match in TOKEN.finditer(body, start, end):
        text = match[0]
        yield Token(match.start(), match.end(), text, text.lower())


def _sentences(body: str, tokens: Sequence[Token]) -> Iterator[int]:
    first = 0
    for index in range(len(tokens)):
        if index and _ends_sentence(body, tokens, index - 1):
            first = index
        yield first


def _ends_sentence(body: str, tokens: Sequence[Token], index: int) -> bool:
    """Whether the token at `index`, which is not the last one, ends a sentence."""
    token, following = tokens[index], tokens[index + 1]
    if not (following.is_capitalised or following.is_quote or following.text[:1].isdigit()):
        return False
    if token.is_quote:  # “No!” may go on with “she said”; “No.” may not
        return body[token.start : token.end].rstrip("”\"’' ").endswith(".")
    if token.text[0] not in ".!?…":
        return False
    before = tokens[index - 1].text if index else ""
    if token.text == "." and before in words("names", "suffixes"):
        return following.is_capitalised  # Jr. closes a name, so the next capital opens a sentence
    return not (token.text == "." and (len(before) == 1 or before in words("names", "abbreviations")))


def _headline(body: str, ranges: Sequence[tuple[int, int]]) -> int | None:
    """A first paragraph of several is a headline when it is short and does not end like a sentence."""
    if len(ranges) < 2:
        return None
    start, end = ranges[0]
    text = body[start:end].strip().rstrip('”"’ ')
    return 0 if len(text) <= LONGEST_HEADLINE and text[-1:] not in tuple(".!?:;,…—") else None
