"""Split a body into paragraphs of tokens, in which each quoted span is one token."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from quoth.extraction.scanner import Span
from quoth.extraction.scanner.layout import paragraphs
from quoth.extraction.scanner.plain import PlainText, plain, visible
from quoth.extraction.scanner.survey import survey
from quoth.extraction.tables import given_names, words
from quoth.extraction.value import value

TOKEN = re.compile(
    r"""
      (?:[A-ZÀ-ÞА-Я]\.){1,6} (?!\w)                # initials: J.  U.S.
    | [^\W_]+ (?: [-'’‘&] [^\W_]+ )* ['’‘]?        # words: O’Neill  Jean-Luc  Ukraine‘s  voters’  27
    | (?P<mark>[^\w\s]|_) (?P=mark)*               # a run of one mark: ,  ...  --
    """,
    re.VERBOSE,
)
SIGNED = re.compile(
    r"[“\"][^“”\"\n]{1,200}[”\"][^\S\n]?[—–―-][^\S\n]?[A-ZÀ-Þ]"
)  # a quote and its signature: “...” — Ada
POSSESSIVE = re.compile(r"(?:['’‘]|&(?:rsquo|apos|#39|#8217|#x2019);)[sS]?$")
# The characters that are parsed for speakers, twelve times a usual article, and the spans that are attributed: a long
# live blog has 300. Quotes beyond these limits stay unattributed, so that a hostile megabyte costs a second.
FARTHEST = 60_000
MOST = 500
POSSESSIVE_ENDS = "sS'’‘;"
ENDS_SENTENCE = ".!?…"
LONGEST_HEADLINE = 200


@value
class Token:
    """A word, a run of one punctuation character, or a whole quoted span with its marks.

    `span` is the number of the quoted span in the article, -1 for every other token. A quoted span has an empty text,
    so that no rule can find a speaker inside it. A capitalised token begins with a capital, a word with a letter or a
    digit.
    """

    start: int
    end: int
    text: str
    lower: str
    span: int = -1
    is_word: bool = False
    is_capitalised: bool = False
    is_possessive: bool = False

    @property
    def is_quote(self) -> bool:
        return self.span >= 0


@value
class Paragraph:
    """The tokens of one paragraph; for each, its lower-case text and the index of the first token of its sentence."""

    number: int
    start: int
    end: int
    tokens: tuple[Token, ...]
    lowers: tuple[str, ...]
    sentences: tuple[int, ...]


@value
class Document:
    """A body with its quoted spans and its paragraphs; `headline` is the number of the headline's paragraph.

    `spans` are those of the whole body. `paragraphs` are those that are parsed for speakers; only the first
    `attributed` spans have a token there.
    """

    body: str
    spans: tuple[Span, ...]
    paragraphs: tuple[Paragraph, ...]
    headline: int | None
    attributed: int

    def visible(self, start: int, end: int) -> str:
        """Return the visible text of a range of the body."""
        return visible(self.body[start:end])


def parse(body: str) -> Document:
    """Parse the visible text of a body: O&#8217;Neill is one word, and so is a hyphenated one.

    >>> [token.text for token in parse("“Yes,” said Dr. O&#8217;Neill.").paragraphs[0].tokens]
    ['', 'said', 'Dr', '.', 'O’Neill', '.']
    """
    view = plain(body)
    ranges = paragraphs(view.text)
    spans = survey(view.text, ranges)
    farthest = spans[MOST].left if len(spans) > MOST else len(view.text)
    farthest = min(farthest, FARTHEST)
    near = [(start, min(end, farthest)) for start, end in ranges if start < farthest]
    quoted: list[list[tuple[int, Span]]] = [[] for _ in near]
    attributed = bisect_left(spans, farthest, key=_left)
    for number, span in enumerate(spans[:attributed]):
        quoted[span.paragraph].append((number, span))
    return Document(
        body,
        tuple(map(view.place, spans)),
        tuple(_paragraph(view, number, *near[number], quoted[number]) for number in range(len(near))),
        _headline(view.text, ranges),
        attributed,
    )


def _left(span: Span) -> int:
    return span.left


def _is_possessive(word: str) -> bool:
    return word[-1:] in POSSESSIVE_ENDS and POSSESSIVE.search(word) is not None


def bare(word: str) -> str:
    """Return a word without its possessive ending.

    >>> bare("Ukraine‘s"), bare("voters’"), bare("O’Neill")
    ('Ukraine', 'voters', 'O’Neill')
    """
    return POSSESSIVE.sub("", word) if word[-1:] in POSSESSIVE_ENDS else word


def _paragraph(view: PlainText, number: int, start: int, end: int, quoted: Sequence[tuple[int, Span]]) -> Paragraph:
    tokens, stops = _tokens(view.text, start, end, quoted)
    tokens = _with_firms(tokens)
    sentences = _sentences(view.text, tokens, stops)
    tokens_in_body, lowers = _in_body(view, start, end, tokens), tuple([token.lower for token in tokens])
    return Paragraph(number, view.start(start), view.end(end), tokens_in_body, lowers, sentences)


def _with_firms(tokens: Sequence[Token]) -> Sequence[Token]:
    """Return tokens in which the name of a firm before its verb is no possessive: McDonald’s said."""
    firms = [
        index
        for index, token in enumerate(tokens[:-1])
        if token.is_possessive and token.is_capitalised and _is_firm(token, tokens[index + 1])
    ]
    if not firms:
        return tokens
    changed = list(tokens)
    for index in firms:
        changed[index] = replace(changed[index], is_possessive=False)
    return changed


def _is_firm(token: Token, following: Token) -> bool:
    is_verb = following.text.endswith(("ed", "said", "told", "says")) and following.text in words(
        "cues", "say", "judge"
    )
    owner = bare(token.lower)
    is_known = owner in given_names("male") or owner in given_names("female") or owner.endswith(tuple("’'s"))
    return is_verb and token.lower.endswith("s") and not is_known


def _in_body(view: PlainText, start: int, end: int, tokens: Sequence[Token]) -> tuple[Token, ...]:
    """Return the tokens of a range of the visible text with body offsets."""
    shift = view.shift(start, end)
    if shift is None:
        return tuple([replace(token, start=view.start(token.start), end=view.end(token.end)) for token in tokens])
    if shift:
        return tuple([replace(token, start=token.start + shift, end=token.end + shift) for token in tokens])
    return tuple(tokens)


def _tokens(
    text: str, start: int, end: int, quoted: Sequence[tuple[int, Span]]
) -> tuple[Sequence[Token], Sequence[int]]:
    """Return the tokens of a paragraph, and the indices of possible sentence ends: stops and quoted spans."""
    tokens: list[Token] = []
    stops: list[int] = []
    for number, span in quoted:
        _add_words(tokens, stops, text, start, span.left)
        stops.append(len(tokens))
        tokens.append(Token(span.left, span.right, "", "", number))
        start = span.right
    _add_words(tokens, stops, text, start, end)
    return tokens, stops


def _add_words(tokens: list[Token], stops: list[int], text: str, start: int, end: int) -> None:
    """Append the tokens between two quoted spans.

    Most words stand between two spaces, perhaps with a comma or a full stop behind them; those skip the pattern, at a
    fraction of its cost. Initials (J.) do not.
    """
    add = tokens.append
    for piece in text[start:end].split(" "):
        end = start + len(piece)
        if piece.isalnum():
            add(Token(start, end, piece, piece.lower(), -1, True, piece[0].isupper()))
        elif piece[-1:] in ",." and len(word := piece[:-1]) > 1 and word.isalnum():
            add(Token(start, end - 1, word, word.lower(), -1, True, word[0].isupper()))
            if piece[-1] == ".":
                stops.append(len(tokens))
            add(Token(end - 1, end, piece[-1], piece[-1]))
        else:
            for match in TOKEN.finditer(text, start, end):
                word, first = match[0], match[0][0]
                if first in ENDS_SENTENCE:
                    stops.append(len(tokens))
                begin, close = match.span()
                is_possessive = _is_possessive(word)
                add(Token(begin, close, word, word.lower(), -1, first.isalnum(), first.isupper(), is_possessive))
        start = end + 1


def _sentences(text: str, tokens: Sequence[Token], stops: Sequence[int]) -> tuple[int, ...]:
    """Return for each token the index of the first token of its sentence."""
    after = [index + 1 for index in stops if index + 1 < len(tokens) and _ends_sentence(text, tokens, index)]
    sentences: list[int] = []
    for first, last in pairwise([0, *after, len(tokens)]):
        sentences += [first] * (last - first)
    return tuple(sentences)


def _ends_sentence(text: str, tokens: Sequence[Token], index: int) -> bool:
    """Whether the token at `index` (never the last one) ends a sentence."""
    token, following = tokens[index], tokens[index + 1]
    if not (following.is_capitalised or following.is_quote or following.text[:1].isdigit()):
        return False
    if token.is_quote:  # “she said” may follow “No!” in its sentence, but not “No.”
        return text[token.start : token.end].rstrip("”\"’' »“").endswith(".")
    before = tokens[index - 1].text if index else ""
    if token.text == "." and before in words("names", "suffixes"):
        return following.is_capitalised  # Jr. closes a name, so the next capital opens a sentence
    return not (token.text == "." and (len(before) == 1 or before in words("names", "abbreviations")))


def _headline(text: str, ranges: Sequence[tuple[int, int]]) -> int | None:
    """Return 0 if the first of several paragraphs is a headline: short and not ending like a sentence; else `None`."""
    if len(ranges) < 2:
        return None
    start, end = ranges[0]
    if SIGNED.match(text, start, end) is not None:
        return None
    line = text[start:end].strip().rstrip('”"’ ')
    return 0 if len(line) <= LONGEST_HEADLINE and line[-1:] not in tuple(".!?:;,…—") else None
