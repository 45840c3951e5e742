"""Find the noun phrases of a paragraph outside its quoted spans: names, pronouns and nominals."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from operator import attrgetter
from typing import Literal

from quoth.extraction.parsing.document import Paragraph, Token, bare
from quoth.extraction.parsing.name_runs import (
    LINKS,
    after_dateline,
    after_epithet,
    after_office,
    end_of_body,
    is_given,
    step_over_nickname,
)
from quoth.extraction.scanner.plain import plain, visible
from quoth.extraction.tables import lowered, words
from quoth.extraction.value import value

Kind = Literal["name", "pronoun", "nominal"]

PRONOUNS = frozenset({"he", "she", "they", "it", "who", "i", "we"})
FORMS = {pronoun: pronoun for pronoun in PRONOUNS} | {
    f"{pronoun}{mark}{verb}": pronoun  # he’s, she’d
    for pronoun in PRONOUNS
    for mark in "'’"
    for verb in ("s", "d", "ll", "ve", "m", "re")
}
ARTICLES = frozenset({"a", "an", "the", "his", "her", "their", "its", "another"})
NICKNAME = re.compile(r"\s[“\"‘'(](?P<nickname>[^“”\"()]{1,40})[”\"’')]\s")
LONGEST_NAME = 12  # tokens
LONGEST_NOMINAL = 9


@value
class NounPhrase:
    """A possible mention: tokens `first` to `last` (half-open) of a paragraph.

    `start` and `end` cover the name alone, without the title and the possessive ending; `text` is the name as a reader
    sees it. `head` is the surname, the pronoun or the noun, in lower case. `title` has the titles and roles before a
    name, in lower case. `nickname` is the one inside a name, which `text` leaves out.
    """

    kind: Kind
    first: int
    last: int
    start: int
    end: int
    text: str
    head: str
    title: tuple[str, ...] = ()
    nickname: str = ""


def phrases(body: str, paragraph: Paragraph, commons: frozenset[str]) -> tuple[NounPhrase, ...]:
    """Return the noun phrases of a paragraph, in reading order.

    `commons` are the words that the article also writes in lower case: alone at the beginning of a sentence, such a
    word is not a name.

    >>> from quoth.extraction.parsing.document import parse
    >>> body = "But Dr. Ada Byron, the mayor’s aide, knew that he lied."
    >>> [(p.kind, p.text, p.title) for p in phrases(body, parse(body).paragraphs[0], frozenset())]
    [('name', 'Ada Byron', ('dr',)), ('nominal', 'the mayor’s aide', ()), ('pronoun', 'he', ())]
    """
    names = list(_names(body, paragraph, commons))
    unsorted = [*names, *_pronouns(body, paragraph), *_nominals(body, paragraph, names)]
    return tuple(sorted(unsorted, key=attrgetter("first", "last")))


def _pronouns(body: str, paragraph: Paragraph) -> Iterator[NounPhrase]:
    for index, form in enumerate(paragraph.lowers):
        if form in FORMS:
            token, word = paragraph.tokens[index], FORMS[form]
            end = token.start + plain(body[token.start : token.end]).end(len(word))
            yield NounPhrase("pronoun", index, index + 1, token.start, end, token.text[: len(word)], word)


# --- names


def _names(body: str, paragraph: Paragraph, commons: frozenset[str]) -> Iterator[NounPhrase]:
    tokens = paragraph.tokens
    free = _after_label(tokens)  # the first token after the last run
    starts = [
        index for index, token in enumerate(tokens) if token.is_capitalised or "-" in token.text or token.text == "@"
    ]
    for index in starts:
        if index < free:
            continue
        if tokens[index].text == "@":
            handle = _handle(body, tokens, index)
            if handle is not None:
                free = handle.last
                yield handle
            continue
        if not _may_begin_name(tokens[index]):
            continue
        free = end_of_body(tokens, index, _end_of_run(tokens, index))
        name = _name(body, paragraph, index, free, commons)
        if name is not None:
            yield name


def _after_label(tokens: Sequence[Token]) -> int:
    """Return the first token after a dateline, or after the Q. or A. of an interview."""
    if len(tokens) > 1 and tokens[0].text in ("Q.", "A.") and tokens[1].lower in words("words", "function_words"):
        return 1
    return after_dateline(tokens)


def _handle(body: str, tokens: Sequence[Token], at: int) -> NounPhrase | None:
    """Return the handle of an account as a name: @railwatch, but not ada@example.com."""
    is_handle = at + 1 < len(tokens) and tokens[at + 1].is_word and tokens[at + 1].start == tokens[at].end
    is_address = at > 0 and tokens[at - 1].end == tokens[at].start
    if not is_handle or is_address:
        return None
    last = at + 2
    while last < len(tokens) and tokens[last].start == tokens[last - 1].end and _is_of_handle(tokens[last]):
        last += 1
    start, end = tokens[at].start, tokens[last - 1].end
    text = visible(body[start:end])
    return NounPhrase("name", at, last, start, end, text, text.lower())


def _is_of_handle(token: Token) -> bool:
    return token.is_word or token.text == "_"


def _may_begin_name(token: Token) -> bool:
    is_name = token.is_capitalised or ("-" in token.text and _has_particle(token.text))
    return is_name and token.text not in words("words", "days")


def _has_particle(word: str) -> bool:
    """Whether a word is a surname with its particle: al-Masri, el-Sayed."""
    particle, _, rest = word.partition("-")
    return particle in words("names", "particles") and rest[:1].isupper()


def _end_of_run(tokens: Sequence[Token], first: int) -> int:
    """Return the end of the run of capitalised words from `first` on."""
    index = first + 1
    limit = min(len(tokens), first + LONGEST_NAME)
    while index < limit and not tokens[index - 1].is_possessive:
        step = _step_in_run(tokens, index)
        if not step:
            break
        index += step
    return index


def _step_in_run(tokens: Sequence[Token], index: int) -> int:
    """Return how many tokens from `index` on prolong a run of capitalised words, 0 for none."""
    token = tokens[index]
    if token.is_word and not token.is_capitalised and "-" not in token.text and not _is_particle(token):
        return 0
    before, suffixes = tokens[index - 1].text, words("names", "suffixes")
    if before in suffixes:
        return 1 if token.text == "." and not before.isupper() else 0  # a suffix ends the name: Jr. but III
    if before == "." and tokens[index - 2].text in suffixes:
        return 0
    if _may_begin_name(token) or _is_surname_may(tokens, index):
        return 1
    return _step_over_particles(tokens, index) if token.is_word else _step_over_mark(tokens, index)


def _is_surname_may(tokens: Sequence[Token], index: int) -> bool:
    """Whether May is a surname after a given name, not the month."""
    following = tokens[index + 1 : index + 2]
    is_date = bool(following) and following[0].text[:1].isdigit()
    return tokens[index].text in ("May", "April", "June") and is_given(tokens[index - 1].lower) and not is_date


def _step_over_mark(tokens: Sequence[Token], index: int) -> int:
    """Return the step over a mark inside a name: J. Byron; Bo Lind, Jr.; Smith & Sons. 0 for any other mark."""
    if index + 1 == len(tokens):
        return 0
    mark, before, following = tokens[index].text, tokens[index - 1].text, tokens[index + 1]
    if mark == ".":
        is_abbreviation = len(before) == 1 or _in_title_case(before) in words("names", "abbreviations")
        return 1 if is_abbreviation and following.is_capitalised else 0
    if mark == ",":
        return 2 if following.text in words("names", "suffixes") else 0
    if nickname := step_over_nickname(tokens, index):
        return nickname
    return 2 if mark == "&" and following.is_capitalised else 0


def _step_over_particles(tokens: Sequence[Token], index: int) -> int:
    """Return the step over “de la” and the name after it, as in Renée de la Cour; 0 if no name follows."""
    for step, token in enumerate(tokens[index : index + 3]):
        if not _is_particle(token):
            return step + 1 if step and token.is_capitalised else 0
    return 0


def _is_particle(token: Token) -> bool:
    return token.text in words("names", "particles")


def _name(body: str, paragraph: Paragraph, first: int, last: int, commons: frozenset[str]) -> NounPhrase | None:
    tokens = paragraph.tokens
    begin, function_words = first, words("words", "function_words")
    while begin < last and tokens[begin].lower in function_words:
        begin += 1
    if begin + 1 < last and paragraph.sentences[begin] == begin and _is_adverb(tokens[begin]):
        begin += 1  # Ultimately Ada Byron said
    begin = after_office(tokens, after_epithet(paragraph, begin, last), last)
    end = last
    while end > begin and not tokens[end - 1].is_word and tokens[end - 2].text not in words("names", "suffixes"):
        end -= 1
    while end - 1 > begin and tokens[end - 1].text in words("names", "honours"):
        end -= 1
    if begin >= end:
        return None
    name_first = _after_titles(tokens, begin, end)
    if not _is_name(paragraph, name_first, end, commons):
        return None
    title = _roles_before(tokens, begin)
    if name_first > begin:
        title += tuple([bare(token.lower) for token in tokens[begin:name_first] if token.is_word])
    start = tokens[name_first].start
    view = plain(body[start : tokens[end - 1].end])
    stop = start + view.end(len(bare(view.text)))
    if not tokens[end - 1].is_possessive:
        stop = tokens[end - 1].end
    text, nickname = _without_nickname(visible(body[start:stop]))
    return NounPhrase("name", begin, last, start, stop, text, _head(text), title, nickname)


def _without_nickname(text: str) -> tuple[str, str]:
    """Return a name without its nickname, and the nickname: Steve “Sparky” Marsden."""
    match = NICKNAME.search(text)
    if match is None:
        return text, ""
    return f"{text[: match.start()]} {text[match.end() :]}", match["nickname"].strip()


def _head(text: str) -> str:
    return text.rsplit(None, 1)[-1].lower() if text else ""


def _after_titles(tokens: Sequence[Token], begin: int, end: int) -> int:
    """Return the first token of the name itself, after the last title that a word follows.

    An organisation keeps its words (Justice Department), and so does a person known by title and given name (Pope Leo).
    """
    if end - begin == 1 or bare(tokens[end - 1].lower) in words("names", "body_heads"):
        return begin
    titles = words("names", "titles", "titles_male", "titles_female")
    if end - begin > 2 and tokens[begin + 1].text in LINKS:
        return begin  # Duke of Sussex
    last, shouts = end, all(token.text.isupper() for token in tokens[begin:end] if token.is_word)
    while last - 1 > begin and (tokens[last - 1].text in words("names", "suffixes") or not tokens[last - 1].is_word):
        last -= 1  # a word before a suffix is not a title: Martin Luther King Jr.
    for index in range(last - 2, begin - 1, -1):
        if tokens[index + 1].text in LINKS:
            continue
        if last - index > 2 and _is_role(tokens[index]) and tokens[index + 1].is_word:
            return index + 1
        if tokens[index].text in titles or (shouts and _in_title_case(tokens[index].text) in titles):
            following = index + 2 if tokens[index + 1].text == "." else index + 1
            if following >= end or not tokens[following].is_word:
                continue
            is_kept = tokens[index].text in words("names", "kept_titles") and following == end - 1
            return index if is_kept else following
    if end - begin >= 3 and tokens[begin].text in words("names", "demonyms"):
        return begin + 1
    return begin


def _in_title_case(word: str) -> str:
    """Return a word of a transcript's label as elsewhere: SEN, Sen."""
    return word.capitalize() if len(word) > 1 and word.isupper() else word


def _is_adverb(token: Token) -> bool:
    return token.lower.endswith("ly") and len(token.lower) > 5 and not is_given(token.lower)


def _is_role(token: Token) -> bool:
    """Whether a capitalised word is a role before a name, not a name itself: Prosecutor Helen Moss."""
    parts = token.lower.split("-")  # Secretary-General, Ex-President, Father-of-two
    is_role = parts[0] in words("names", "roles") or parts[-1] in words("names", "roles")
    return is_role and not is_given(token.lower) and token.text not in words("names", "kept_titles")


def _is_name(paragraph: Paragraph, begin: int, end: int, commons: frozenset[str]) -> bool:
    tokens = paragraph.tokens
    if tokens[begin].text == "New" and end - begin == 2 and tokens[end - 1].text in words("names", "demonyms"):
        return not (tokens[end - 1].text.endswith("s") or tokens[begin - 1].lower == "a")  # a New Yorker
    is_determined = begin > 0 and tokens[begin - 1].lower in ("the", "a", "an")
    if all(_is_non_name(bare(token.text), is_determined) for token in tokens[begin:end] if token.is_word):
        return False
    if end - begin > 1:
        return True
    token = tokens[begin]
    word = bare(token.text)
    opens_sentence = paragraph.sentences[begin] == begin
    return len(word) > 1 and not (opens_sentence and (word.lower() in commons or _is_common(word.lower())))


def _is_common(word: str) -> bool:
    """Whether a word that opens a sentence is a common noun for people: Friends, Neighbours, Prosecutors."""
    return word in words("names", "unnamed") or (word.endswith("s") and word[:-1] in words("names", "roles"))


def _is_non_name(word: str, is_determined: bool) -> bool:
    is_listed = word in _non_names() and (
        is_determined or not (word in words("names", "demonyms") and is_given(word.lower()))
    )
    return is_listed or word.lower() in FORMS or word in ("A.", "Q.")


@cache
def _non_names() -> frozenset[str]:
    titles = words("names", "titles", "titles_male", "titles_female")
    return titles | words("names", "demonyms", "not_names") | words("words", "days")


def _roles_before(tokens: Sequence[Token], begin: int) -> tuple[str, ...]:
    """Return the lower-case role words that stand right before a name: campaign manager Jane Roe."""
    first, roles = begin, words("names", "roles")
    while first > max(0, begin - 3) and tokens[first - 1].text in roles:
        first -= 1
    return tuple([token.text for token in tokens[first:begin]])


# --- nominals


def _nominals(body: str, paragraph: Paragraph, names: Sequence[NounPhrase]) -> Iterator[NounPhrase]:
    tokens = paragraph.tokens
    names_by_end = {name.last: name for name in names}
    determiners, unnamed = words("words", "determiners"), words("names", "unnamed")
    openers = _openers()
    starts = [index for index, word in enumerate(paragraph.lowers) if word in openers or index in names_by_end]
    free = 0  # the first token after the last nominal
    for index in starts:
        if index < free:
            continue
        first = last = index
        is_determined = tokens[index].lower in determiners
        if is_determined:
            last = _end_of_nominal(tokens, index + 1)
        elif index in names_by_end and _continues_name(tokens, index):
            first, last = names_by_end[index].first, _end_of_nominal(tokens, index)
        elif tokens[index].lower in unnamed and not any(name.first <= index < name.last for name in names):
            last = index + 1
        if last > index + is_determined:
            yield _nominal(body, tokens, first, last)
            free = last


@cache
def _openers() -> frozenset[str]:
    return words("words", "determiners") | words("names", "unnamed")


def _continues_name(tokens: Sequence[Token], index: int) -> bool:
    """Whether a word after a name continues a nominal: Ada Byron’s former aide, the Byron campaign."""
    token = tokens[index]
    if token.lower in words("names", "roles", "body_heads"):
        return True
    return tokens[index - 1].is_possessive and token.text.islower() and token.lower not in _breaks()


def _end_of_nominal(tokens: Sequence[Token], first: int) -> int:
    """Return the end of the longest run of words from `first` on that ends in a lower-case noun."""
    end, roles, breaks = first, words("names", "roles"), _breaks()
    for index, token in enumerate(tokens[first : first + LONGEST_NOMINAL], first + 1):
        if token.text in "-–" or (token.is_capitalised and token.lower not in roles):
            continue
        is_noun = (
            index == first + 1 and tokens[first - 1].lower in ARTICLES and token.lower in words("words", "statements")
        )
        if not token.is_word or (token.lower in breaks and not is_noun):
            break
        end = index
    return end


@cache
def _breaks() -> frozenset[str]:
    """Return words that end a nominal: verbs of reporting, function words and similar ones."""
    return (
        words("cues", "say", "judge", "participle")
        | lowered("words", "prepositions", "auxiliaries", "be", "adverbs", "clause_openers")
        | PRONOUNS
    )


def _nominal(body: str, tokens: Sequence[Token], first: int, last: int) -> NounPhrase:
    start, end = tokens[first].start, tokens[last - 1].end
    text = visible(body[start:end])
    return NounPhrase("nominal", first, last, start, end, text, _head(text))
