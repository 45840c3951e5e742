"""Where a name begins and ends in a run of words: whole names of bodies, people behind the place of their office.

A run of capitalised words ends at “of”, “for” and a possessive, and goes on over a title: “Bank of England” would be
Bank, and “Governor of Arkville Chris Gregor” Arkville Chris Gregor. Each function looks at a bounded number of tokens.
"""

from __future__ import annotations

from collections.abc import Sequence

from quoth.extraction.parsing.document import Paragraph, Token, bare
from quoth.extraction.tables import given_names, lowered, words

LONGEST_BODY = 12  # tokens of the name of a body
LONGEST_DATELINE = 16  # tokens before the dash: NEW YORK, March 3 (Reuters) -
LONGEST_NICKNAME = 3  # words
DASHES = frozenset({"—", "–", "-", "--", "―"})
LINKS = frozenset({"of", "for"})
OPENING, CLOSING = frozenset("“\"‘'("), frozenset("”\"’')")


def is_given(word: str) -> bool:
    """Whether a lower-case word is a given name."""
    return word in given_names("male") or word in given_names("female")


def is_epithet(word: str) -> bool:
    """Whether a lower-case word before a name says how somebody feels or is known: furious, disgraced."""
    return word in words("names", "epithets") or (len(word) > 5 and word.endswith(("ed", "ful", "less", "ous")))


# --- bodies


def end_of_body(tokens: Sequence[Token], first: int, end: int) -> int:
    """Return the end of the name of a body that goes on after “of”, “for” or a possessive, else `end`.

    >>> from quoth.extraction.parsing.document import parse
    >>> tokens = parse("The Bank of England said so.").paragraphs[0].tokens
    >>> end_of_body(tokens, 1, 2)
    4
    """
    if tokens[end - 1].is_possessive and _owns_body(tokens, first, end):
        end = _end_of_capitals(tokens, end)
    is_firm = tokens[end - 1].is_possessive and end + 1 < len(tokens) and tokens[end].text == "of"
    if is_firm and _is_part(tokens[end + 1]):  # Lloyd’s of London
        return _end_of_capitals(tokens, end + 1)
    if not _heads_body(tokens, first, end):
        return end
    limit = min(len(tokens), first + LONGEST_BODY)
    while end + 1 < limit and not tokens[end - 1].is_possessive:
        step = end + 1 if tokens[end].text in LINKS else end
        if step > end and tokens[step].text == "the" and step + 1 < limit:
            step += 1
        if step == end and tokens[end].text in ("and", ",") and _lists_more(tokens, end):
            step = end + 1
        if step == end or not _is_part(tokens[step]):
            break
        end = _end_of_capitals(tokens, step)
    return min(end, limit)


def _heads_body(tokens: Sequence[Token], first: int, end: int) -> bool:
    """Whether a run can be the first part of the name of a body, or of a noble: Royal College, Duke."""
    last = tokens[end - 1].lower
    if last in words("names", "body_openers"):
        is_people = last in words("names", "unnamed", "roles") or last in ("friends", "doctors", "daughters", "sons")
        return not is_people or (end + 1 < len(tokens) and tokens[end + 1].text == "the")
    is_alone = end - first == 1 or (end - first == 2 and tokens[first].lower == "the")
    return is_alone and tokens[end - 1].text in words("names", "nobles")


def _owns_body(tokens: Sequence[Token], first: int, end: int) -> bool:
    """Whether a possessive belongs to the name of a body: Women’s Institute, National Farmers’ Union."""
    stop = _end_of_capitals(tokens, end)
    if stop == end or {tokens[end].lower, bare(tokens[stop - 1].lower)}.isdisjoint(words("names", "body_heads")):
        return False
    if tokens[first].text in ("St", "Saint"):
        return True
    owner = bare(tokens[end - 1].lower)
    singular = owner.removesuffix("s")
    return owner in words("names", "owners") or (
        owner.endswith("s") and singular in words("names", "roles") and not is_given(tokens[first].lower)
    )


def _end_of_capitals(tokens: Sequence[Token], first: int) -> int:
    end = first
    while end < len(tokens) and end - first < LONGEST_BODY and _is_part(tokens[end]):
        end += 1
        if tokens[end - 1].is_possessive:
            break
    return end


def _is_part(token: Token) -> bool:
    return token.is_capitalised and token.is_word and token.text not in words("words", "days")


def _lists_more(tokens: Sequence[Token], link: int) -> bool:
    """Whether “and” joins another subject of the same body, not another speaker: Board of Trade and Industry said."""
    follow = tokens[link + 1 : link + 3]
    if not follow or not _is_part(follow[0]) or follow[0].lower not in words("names", "portfolios"):
        return False
    return tokens[link - 1].lower in words("names", "portfolios")


# --- people behind an office


def after_office(tokens: Sequence[Token], first: int, end: int) -> int:
    """Return the first token of the person in a run that begins with the place or body of an office, else `first`.

    >>> from quoth.extraction.parsing.document import parse
    >>> tokens = parse("Governor of Arkville Chris Gregor said so.").paragraphs[0].tokens
    >>> after_office(tokens, 2, 5)
    3
    """
    if end - first < 2:
        return first
    before = first - 1
    while before > 0 and tokens[before].is_possessive:
        before -= 1  # President of the Teachers’ Union Lena Ross
    if before > 0 and tokens[before].text == "the":
        before -= 1
    if before < 1 or tokens[before].text not in LINKS or not _is_office(tokens[before - 1]):
        return first
    if any(token.text in LINKS for token in tokens[first:end]):
        return first  # the director of the Bank of England
    if tokens[end - 1].lower in words("names", "body_heads"):
        return first  # the head of the Tarn Water Board
    for index in range(first + 1, end - 1):
        if tokens[index - 1].lower in words("names", "body_heads") and not tokens[index - 1].is_possessive:
            return index
    for index in range(first + 1, end):
        is_title = tokens[index].text in words("names", "titles_male", "titles_female", "abbreviations")
        if is_title or (index + 1 < end and is_given(tokens[index].lower)):
            return index
    if end - first == 2 and tokens[first].lower in words("names", "portfolios"):
        return end - 1
    return end - 2 if end - first > 2 else first


def _is_office(token: Token) -> bool:
    first, _, rest = token.lower.partition("-")
    return not first.isupper() and ({first, rest} & (words("names", "roles") | lowered("names", "titles"))) != set()


def after_epithet(paragraph: Paragraph, begin: int, end: int) -> int:
    """Return the first token of a name past the adjective that opens the sentence: Furious Tom Breen."""
    tokens = paragraph.tokens
    if end - begin < 3 or paragraph.sentences[begin] != begin or is_given(tokens[begin].lower):
        return begin
    word = tokens[begin].lower
    is_before_name = is_given(tokens[begin + 1].lower) or word in words("names", "epithets")
    return begin + 1 if is_before_name and is_epithet(word) else begin


# --- nicknames


def step_over_nickname(tokens: Sequence[Token], index: int) -> int:
    """Return the step over a nickname in marks or brackets inside a name, and the word after it; 0 for anything else.

    >>> from quoth.extraction.parsing.document import parse
    >>> tokens = parse("Frank (Lefty) Romano said so.").paragraphs[0].tokens
    >>> step_over_nickname(tokens, 1)
    4
    """
    if tokens[index].text not in OPENING or not _may_have_nickname(tokens, index):
        return 0
    for close in range(index + 1, min(len(tokens) - 1, index + 2 + LONGEST_NICKNAME)):
        token, following = tokens[close], tokens[close + 1]
        if token.text in CLOSING or (token.is_possessive and token.text[-1] in CLOSING):  # ‘Lefty’ is one token
            inner = tokens[index + 1 : close + token.is_word]
            is_name = bool(inner) and all(
                part.is_word and bare(part.text).isalpha() and part.is_capitalised for part in inner
            )
            return close + 2 - index if is_name and following.is_capitalised else 0
    return 0


def _may_have_nickname(tokens: Sequence[Token], index: int) -> bool:
    before = tokens[index - 1]
    if before.text == "." and index > 1:
        before = tokens[index - 2]
    return is_given(before.lower) or (len(before.text.rstrip(".")) == 1 and before.is_capitalised)


# --- datelines


def after_dateline(tokens: Sequence[Token]) -> int:
    """Return the first token after the dateline that opens a paragraph, 0 without one.

    >>> from quoth.extraction.parsing.document import parse
    >>> after_dateline(parse("HARLAN, Ohio (AP) — The mayor left.").paragraphs[0].tokens)
    7
    """
    if not tokens or not tokens[0].is_capitalised:
        return 0
    has_agency = False
    for index, token in enumerate(tokens[:LONGEST_DATELINE]):
        if token.text in DASHES or (token.text == ":" and not has_agency):
            return index + 1 if index and _is_dateline(tokens, index, has_agency=has_agency) else 0
        if token.text == "(":
            has_agency = True
        elif not (token.is_capitalised or token.text in (",", ".", "/", ")") or token.text.isdigit()):
            return 0
    return 0


def _is_dateline(tokens: Sequence[Token], end: int, *, has_agency: bool) -> bool:
    if has_agency:
        return tokens[end - 1].text == ")"
    if end + 1 < len(tokens) and tokens[end + 1].is_quote:
        return False  # BYRON: “Yes.”
    place = tokens[0].text
    return place.isupper() and len(place) > 2 and (tokens[end].text != ":" or end == 1) and not is_given(place.lower())
