"""Parse paragraphs into phrases and cues, and find the subject of each cue."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import cache

from quoth.extraction.parsing import cues
from quoth.extraction.parsing.cues import Cue, CueKind
from quoth.extraction.parsing.document import Document, Paragraph, Token
from quoth.extraction.parsing.mentions import NounPhrase, phrases
from quoth.extraction.tables import lowered, words
from quoth.extraction.value import value

LONGEST_APPOSITION = 30  # tokens between a name and the verb: Ada Byron, the mayor of ..., said
SPAN = frozenset({""})  # the empty text of a quoted span
STOPS = frozenset({";", ":", "(", "—", "–"})
LONGEST_SENTENCE = 90  # tokens searched for the first phrase of a sentence
LONGEST_INVERTED = 14  # tokens of a subject after its verb: said the mayor of ..., Ada Byron


@value
class ParsedParagraph:
    """A paragraph with its phrases, its cues and its quoted spans.

    `beginning` and `ending` have the phrase that begins at a token or ends before one, `kinds` the kind of the cue at a
    token. The remaining fields are sorted token indices for bisection: of the cues (`reports`), the quoted spans, the
    dividing marks (`stops`), the first tokens of all phrases (`firsts`), and where names and pronouns begin and end
    (`opens`, `closes`).
    """

    paragraph: Paragraph
    tokens: Sequence[Token]
    phrases: tuple[NounPhrase, ...]
    beginning: dict[int, NounPhrase]
    ending: dict[int, NounPhrase]
    cues: tuple[Cue, ...]
    reports: tuple[int, ...]
    kinds: dict[int, CueKind]
    spans: tuple[int, ...]
    stops: tuple[int, ...]
    firsts: tuple[int, ...]
    opens: tuple[int, ...]
    closes: tuple[int, ...]

    def between(self, first: int, last: int) -> Iterator[NounPhrase]:
        """Yield the phrases inside a half-open range of tokens."""
        for phrase in self.phrases[bisect_left(self.firsts, first) : bisect_left(self.firsts, last)]:
            if phrase.last <= last:
                yield phrase

    def end_of_sentence(self, index: int, farthest: int) -> int:
        """Return the end of the sentence of a token, at most `farthest` tokens on."""
        sentences = self.paragraph.sentences
        return bisect_right(sentences, sentences[index], index, min(len(sentences), index + farthest))

    def is_opened_by(self, phrase: NounPhrase) -> bool:
        """Whether a phrase is the first of its sentence, or of its last LONGEST_SENTENCE tokens."""
        floor = max(self.paragraph.sentences[phrase.first], phrase.first - LONGEST_SENTENCE)
        index = bisect_left(self.firsts, floor)
        # Skip phrases that end after it; the loop ends at the phrase itself at the latest.
        while self.phrases[index].last > phrase.last:
            index += 1
        return self.phrases[index] == phrase

    def names_between(self, first: int, last: int) -> int:
        """Count the names and pronouns of a range; neither end may fall inside one."""
        return max(bisect_right(self.closes, last) - bisect_left(self.opens, first), 0)

    def stops_between(self, first: int, last: int) -> int:
        """Count the dividing marks of a range."""
        if not self.stops:
            return 0
        return max(bisect_left(self.stops, last) - bisect_left(self.stops, first), 0)

    def cues_between(self, first: int, last: int) -> tuple[Cue, ...]:
        """Return the cues of a half-open range of tokens."""
        return self.cues[bisect_left(self.reports, first) : bisect_left(self.reports, last)]

    def cue_at(self, index: int) -> CueKind | None:
        """Return the kind of the cue at a token, if any."""
        return self.kinds.get(index)


def parse_paragraphs(document: Document) -> tuple[ParsedParagraph, ...]:
    """Find the phrases and cues of every parsed paragraph."""
    commons = frozenset(
        [token.text for paragraph in document.paragraphs for token in paragraph.tokens if not token.is_capitalised]
    )
    return tuple([_parse_paragraph(document.body, paragraph, commons) for paragraph in document.paragraphs])


def _parse_paragraph(body: str, paragraph: Paragraph, commons: frozenset[str]) -> ParsedParagraph:
    lowers, noun_phrases = paragraph.lowers, phrases(body, paragraph, commons)
    names = [phrase for phrase in noun_phrases if phrase.kind == "name"]
    ending = {phrase.last: phrase for phrase in (*noun_phrases, *names)}  # a name wins over other phrases
    reporting = cues.find(paragraph, ending)
    return ParsedParagraph(
        paragraph=paragraph,
        tokens=paragraph.tokens,
        phrases=noun_phrases,
        beginning={phrase.first: phrase for phrase in noun_phrases},  # the longest one wins
        ending=ending,
        cues=reporting,
        reports=tuple([cue.at for cue in reporting]),
        kinds={cue.at: cue.kind for cue in reporting},
        spans=_indices(lowers, SPAN),
        stops=_indices(lowers, STOPS),
        firsts=tuple([phrase.first for phrase in noun_phrases]),
        opens=tuple([phrase.first for phrase in noun_phrases if phrase.kind != "nominal"]),
        closes=tuple(sorted([phrase.last for phrase in noun_phrases if phrase.kind != "nominal"])),
    )


def _indices(lowers: Sequence[str], texts: frozenset[str]) -> tuple[int, ...]:
    if texts.isdisjoint(lowers):
        return ()
    return tuple([index for index, word in enumerate(lowers) if word in texts])


def subject_before(parsed: ParsedParagraph, cue: int, floor: int) -> NounPhrase | None:
    """Return the subject before a cue, no further left than `floor`."""
    tokens = parsed.tokens
    end = cue
    while end > floor and is_adverbial(tokens[end - 1]):
        end -= 1
    if end <= floor or is_passive(tokens, end, cue):
        return None
    end = _before_parenthesis(tokens, end, floor)
    before = tokens[end - 1]
    if before.text == ",":
        return _before_apposition(parsed, end - 1, floor)
    if before.lower in ("and", "but", "then"):
        return clause_subject(parsed, end - 1, floor)
    if before.lower in ("who", "which", "that"):
        return _antecedent(parsed, end - 1, floor)
    phrase = parsed.ending.get(end)
    if phrase is None or _is_object_of_relative(parsed, phrase, floor):
        return None
    return _head_phrase(parsed, phrase, floor)


def _is_object_of_relative(parsed: ParsedParagraph, phrase: NounPhrase, floor: int) -> bool:
    """Whether a name is the object of a relative clause: a man who knows Ada Byron said."""
    tokens = parsed.tokens
    for index in range(phrase.first - 2, max(floor, phrase.first - 8) - 1, -1):
        if not tokens[index + 1].is_word or tokens[index + 1].lower == "that":
            return False
        if tokens[index].lower == "who":
            return index > floor
    return False


def clause_subject(parsed: ParsedParagraph, end: int, floor: int) -> NounPhrase | None:
    """Return the first phrase of a sentence that can be its subject."""
    for phrase in parsed.between(floor, end):
        if not _is_governed(parsed, phrase, floor) and not _owns_next(parsed, phrase) and phrase.text.lower() != "who":
            return _whole_apposition(parsed, phrase)
    return None


def participle_subject(parsed: ParsedParagraph, cue: int, floor: int) -> NounPhrase | None:
    """Return the subject of a participle cue: she in “she shrugged, calling it”, none in “he quoted her as saying”."""
    before = parsed.tokens[cue - 1] if cue > floor else None
    if before is None:
        return None
    if before.lower in ("as", "for", "of"):
        cited = parsed.ending.get(cue - 1)
        if cited is not None and cited.first > floor and not _is_governed(parsed, cited, floor):
            return cited
        if parsed.tokens[cue - 2].lower in words("words", "objects") and not _governs(parsed.tokens[cue - 3]):
            return None
    noun = parsed.ending.get(cue)
    if (
        noun is not None
        and noun.kind == "name"
        and noun.first > floor
        and parsed.tokens[noun.first - 1].lower == "with"
    ):
        return noun
    subject = clause_subject(parsed, cue, _last_clause(parsed, cue, floor))
    if noun is not None and noun is not subject and noun.first > floor and not _is_statement(parsed, noun):
        return None
    return subject


def _governs(token: Token) -> bool:
    return token.lower in words("words", "prepositions")


def _is_statement(parsed: ParsedParagraph, noun: NounPhrase) -> bool:
    """Whether the subject issued the noun before a participle: issued a statement calling, not got a letter saying."""
    verb = parsed.tokens[noun.first - 1].lower
    return (
        noun.kind == "nominal" and verb in words("cues", "say", "issuing") and noun.head in words("words", "statements")
    )


def _last_clause(parsed: ParsedParagraph, cue: int, floor: int) -> int:
    """Return the start of the last clause before a participle: he stayed, but Ada Byron left, saying."""
    tokens = parsed.tokens
    if tokens[floor].lower in words("words", "subordinators"):
        floor = next(
            (i + 1 for i in range(floor, cue - 1) if tokens[i].text == "," and i + 1 in parsed.beginning), floor
        )
    for index in range(cue - 2, floor, -1):
        opener = parsed.beginning.get(index + 1)
        if opener is None or opener.kind == "nominal":
            continue
        is_clause = tokens[index].lower in ("but", "while", "though", "although", "whereas", ";")
        if is_clause or (tokens[index].lower == "and" and opener.last < cue and tokens[opener.last].is_word):
            return index + 1
    return floor


def subject_after(parsed: ParsedParagraph, first: int) -> NounPhrase | None:
    """Return the subject of an inverted cue: said Ada Byron, said the mayor, Ada Byron."""
    tokens = parsed.tokens
    if first >= len(tokens):
        return None
    phrase = parsed.beginning.get(first)
    if phrase is not None and phrase.kind == "pronoun":
        is_last = phrase.last == len(tokens) or not tokens[phrase.last].is_word
        return phrase if is_last or _is_nominal_end(tokens[phrase.last]) else None
    end, stop = first, parsed.end_of_sentence(first, LONGEST_INVERTED)
    name: NounPhrase | None = None
    while end < stop and _is_nominal_word(tokens[end]):
        end += 1
        candidate = parsed.ending.get(end)
        if candidate is not None and candidate.kind == "name" and candidate.first >= first:
            name = candidate
    if name is not None and not _owns_next(parsed, name):
        following = parsed.ending.get(end)
        if name.last == end or following is None or following.kind == "name":
            return None if is_joined(parsed, name) else name
    if phrase is None:
        return None
    return _name_after_comma(parsed, end) or _whole_apposition(parsed, phrase)


def _name_after_comma(parsed: ParsedParagraph, end: int) -> NounPhrase | None:
    """Return the name after a long nominal: the head of the harbour board, Ada Byron."""
    tokens = parsed.tokens
    last = parsed.end_of_sentence(end - 1, LONGEST_APPOSITION)
    while end < last and (_is_nominal_word(tokens[end]) or tokens[end].lower in ("of", "for", "at", "in")):
        end += 1
    name = parsed.beginning.get(end + 1) if end < last and tokens[end].text == "," else None
    if name is None or name.kind != "name":
        return None
    is_closed = name.last == len(tokens) or tokens[name.last].text in (",", ".", "(", ":", ";")
    return name if is_closed else None


def is_adverbial(token: Token) -> bool:
    """Whether a word can stand between a subject and its verb: has, never, quietly."""
    return token.lower in _adverbials() or (token.lower.endswith("ly") and token.text == token.lower)


@cache
def _adverbials() -> frozenset[str]:
    return lowered("words", "adverbs", "auxiliaries", "be")


def is_passive(tokens: Sequence[Token], end: int, cue: int) -> bool:
    """Whether the words from `end` to a cue make it passive: was told, has been called."""
    if end >= cue or tokens[cue].lower.endswith("ing"):
        return False
    return any(token.lower in words("words", "be") for token in tokens[end:cue])


def _before_parenthesis(tokens: Sequence[Token], end: int, floor: int) -> int:
    if tokens[end - 1].text == ")":
        for index in range(end - 2, max(floor, end - 12), -1):
            if tokens[index].text == "(":
                return index
    return end


def _before_apposition(parsed: ParsedParagraph, comma: int, floor: int) -> NounPhrase | None:
    """Return the phrase before an apposition that ends at this comma: Ada Byron, the mayor, said."""
    tokens = parsed.tokens
    candidates = [
        phrase
        for phrase in parsed.between(max(floor, comma - LONGEST_APPOSITION), comma)
        if (tokens[phrase.last].text in (",", "(", "-", "–", "—", "of", "with", "from", "at"))
        and not _is_governed(parsed, phrase, floor)
    ]
    names = [p for p in candidates if p.kind == "name" and (p.last < comma or tokens[p.first - 1].text == ",")]
    if any(tokens[name.first - 1].lower == "and" for name in names[1:]):
        return None  # Ada Byron, the mayor, and Bo Lind, her deputy, said
    others = [p for p in candidates if p.kind != "name" and p.last < comma and p.text.lower() != "who"]
    return next(iter(names or others), None)


def _antecedent(parsed: ParsedParagraph, relative: int, floor: int) -> NounPhrase | None:
    """Return the antecedent of a relative pronoun: the phrase right before it."""
    end = relative
    if end > floor and parsed.tokens[end - 1].text == ",":
        end -= 1
    phrase = parsed.ending.get(end)
    if phrase is None or phrase.first < floor:
        return None
    return _head_phrase(parsed, phrase, floor, is_object=True)


def _head_phrase(
    parsed: ParsedParagraph, phrase: NounPhrase, floor: int, *, is_object: bool = False
) -> NounPhrase | None:
    """Return the head of a subject from its last phrase: Ada Byron of the Sierra Club, the head of France."""
    for _ in range(4):
        if not _is_governed(parsed, phrase, floor):
            break
        outer = parsed.ending.get(governor_of(parsed, phrase))
        if outer is None or outer.first < floor:
            return phrase if is_object else None
        if outer.kind == "nominal" and outer.head in words("words", "statements") and _is_issuer(parsed, phrase):
            break
        if is_object and outer.kind != "name" and phrase.kind == "name" and not _is_of(parsed, phrase):
            return phrase
        phrase = outer
    if _is_owner(parsed, phrase) or is_joint(parsed, phrase, floor):
        return None
    return _whole_apposition(parsed, phrase)


def _whole_apposition(parsed: ParsedParagraph, phrase: NounPhrase) -> NounPhrase:
    """Return the name that a nominal introduces, else the phrase: the mayor Ada Byron; the mayor, Ada Byron,."""
    if phrase.kind != "nominal":
        return phrase
    tokens = parsed.tokens
    gap = 1 if phrase.last < len(tokens) and tokens[phrase.last].text == "," else 0
    name = parsed.beginning.get(phrase.last + gap)
    if name is None or name.kind != "name":
        return phrase
    if gap and name.last < len(tokens) and tokens[name.last].text not in (",", ".", "(", ":", ";"):
        return phrase
    return name


def _is_governed(parsed: ParsedParagraph, phrase: NounPhrase, floor: int) -> bool:
    governor = governor_of(parsed, phrase)
    return governor >= floor and parsed.tokens[governor].lower in words("words", "prepositions", "governing_verbs")


def governor_of(parsed: ParsedParagraph, phrase: NounPhrase) -> int:
    """Return the token before a phrase and its determiner: “for” in “for the Harbour Board”; -1 for none."""
    before = phrase.first - 1
    is_determined = (
        phrase.kind == "name" and before >= 0 and parsed.tokens[before].lower in words("words", "determiners")
    )
    return before - is_determined


def _is_issuer(parsed: ParsedParagraph, phrase: NounPhrase) -> bool:
    return parsed.tokens[governor_of(parsed, phrase)].lower in ("from", "by")


def _is_of(parsed: ParsedParagraph, phrase: NounPhrase) -> bool:
    return parsed.tokens[governor_of(parsed, phrase)].lower in ("of", "for")


def _is_owner(parsed: ParsedParagraph, phrase: NounPhrase) -> bool:
    return phrase.kind == "name" and parsed.tokens[phrase.last - 1].is_possessive


def _owns_next(parsed: ParsedParagraph, phrase: NounPhrase) -> bool:
    """Whether a name only modifies the noun after it: Byron’s aide, the Byron campaign."""
    if phrase.kind != "name":
        return False
    tokens = parsed.tokens
    following = tokens[phrase.last].lower if phrase.last < len(tokens) else ""
    return _is_owner(parsed, phrase) or following in words("names", "roles", "body_heads")


def is_joint(parsed: ParsedParagraph, phrase: NounPhrase, floor: int) -> bool:
    """Whether a phrase ends a joint subject, Ada Byron and Bo Li said: its words have no single speaker."""
    before = governor_of(parsed, phrase)
    is_linked = before > floor and parsed.tokens[before].lower in ("and", "or", "nor")
    return is_linked and before in parsed.ending and phrase.kind != "pronoun"


def is_joined(parsed: ParsedParagraph, name: NounPhrase) -> bool:
    """Whether another phrase is joined to a name: said Ada Byron and her aide."""
    tokens, link = parsed.tokens, name.last
    joined = parsed.beginning.get(link + 1)
    return link < len(tokens) and tokens[link].lower == "and" and joined is not None and joined.kind != "pronoun"


def _is_nominal_end(token: Token) -> bool:
    return token.lower in lowered("words", "prepositions", "clause_openers", "days")


def _is_nominal_word(token: Token) -> bool:
    return (token.is_word or token.text == ".") and token.lower not in _after_nominal() and not token.is_quote


@cache
def _after_nominal() -> frozenset[str]:
    return lowered("words", "prepositions", "clause_openers", "auxiliaries", "be", "days", "adverbs") | {"who"}
