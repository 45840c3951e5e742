"""Who does what in a sentence: the cues of a paragraph and the phrase that is the subject of each."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Literal, NamedTuple

from quoth.extraction.mentions import Phrase, phrases
from quoth.extraction.reading import Paragraph, Reading, Token
from quoth.extraction.spelling import Neighbours
from quoth.extraction.tables import lowered, words

CueKind = Literal["say", "judge", "participle", "according"]

LONGEST_APPOSITION = 30  # tokens between a name and the verb: Ada Byron, the mayor of ..., said
LONGEST_INVERTED = 14  # tokens of a subject after its verb: said the mayor of ..., Ada Byron


class Cue(NamedTuple):
    """A word that reports, by the index of its token."""

    at: int
    kind: CueKind


@dataclass(frozen=True, slots=True)
class Scene:
    """A paragraph with its phrases, found by the token where they begin or end, and its cues."""

    paragraph: Paragraph
    phrases: tuple[Phrase, ...]
    beginning: dict[int, Phrase]
    ending: dict[int, Phrase]
    cues: tuple[Cue, ...]

    @property
    def tokens(self) -> Sequence[Token]:
        return self.paragraph.tokens

    def between(self, first: int, last: int) -> Iterator[Phrase]:
        """Yield the phrases inside a half-open range of tokens."""
        start = bisect_left(self.phrases, first, key=lambda phrase: phrase.first)
        for phrase in islice(self.phrases, start, None):
            if phrase.first >= last:
                break
            if phrase.last <= last:
                yield phrase

    def cues_between(self, first: int, last: int) -> tuple[Cue, ...]:
        """Return the cues of a half-open range of tokens."""
        start, end = bisect_left(self.cues, (first,)), bisect_left(self.cues, (last,))
        return self.cues[start:end]

    def cue_at(self, index: int) -> CueKind | None:
        """Return what kind of cue stands at a token, if any."""
        found = self.cues_between(index, index + 1)
        return found[0].kind if found else None


def stage(reading: Reading) -> tuple[Scene, ...]:
    """Find the phrases and the cues of every paragraph."""
    commons = frozenset(
        token.text for paragraph in reading.paragraphs for token in paragraph.tokens if token.text[:1].islower()
    )
    return tuple(_scene(reading.body, paragraph, commons) for paragraph in reading.paragraphs)


def _scene(body: str, paragraph: Paragraph, commons: frozenset[str]) -> Scene:
    found = phrases(body, paragraph, commons)
    by_length = sorted(found, key=lambda phrase: phrase.last - phrase.first)
    by_trust = sorted(found, key=lambda phrase: phrase.kind == "name")
    ending = {phrase.last: phrase for phrase in by_trust}
    return Scene(
        paragraph,
        found,
        {phrase.first: phrase for phrase in by_length},
        ending,
        tuple(_cues(paragraph.tokens, ending)),
    )


def _cues(tokens: Sequence[Token], ending: Mapping[int, Phrase]) -> Iterator[Cue]:
    """Yield the cues of a paragraph.

    A misspelt cue counts only in the frame that a cue has: after somebody and before "that" or a quoted span.
    """
    kinds = _kinds()
    for index, token in enumerate(tokens):
        kind = kinds.get(token.lower)
        if kind is not None:
            if kind in ("participle", "according") or token.text == token.lower:
                yield Cue(index, kind)
        elif _is_framed(tokens, ending, index) and misspelt_cue(token.text) is not None:
            yield Cue(index, "say")


@cache
def _kinds() -> dict[str, CueKind]:
    kinds: tuple[CueKind, ...] = ("according", "participle", "judge", "say")
    return {word: kind for kind in kinds for word in words("cues", kind)}


def misspelt_cue(word: str) -> str | None:
    """Return the cue that a word misspells, `None` for a word of its own right.

    >>> misspelt_cue("opbsereved"), misspelt_cue("started")
    ('observed', None)
    """
    if not word.islower() or len(word) > 20 or word in words("cues", "not_cues"):
        return None
    near = _cue_neighbours().of(word)
    return near[0] if near else None


@cache
def _cue_neighbours() -> Neighbours:
    return Neighbours(word for word in words("cues", "say") if word.endswith("d"))


def _is_framed(tokens: Sequence[Token], ending: Mapping[int, Phrase], index: int) -> bool:
    phrase = ending.get(index)
    if phrase is None or phrase.kind == "nominal" or index + 1 >= len(tokens):
        return False
    return tokens[index + 1].lower == "that" or tokens[index + 1].is_quote


def subject_before(scene: Scene, cue: int, floor: int) -> Phrase | None:
    """Return the subject of a cue that stands before it, looking no further left than `floor`."""
    tokens = scene.tokens
    end = cue
    while end > floor and _is_adverbial(tokens[end - 1]):
        end -= 1
    if end <= floor or _is_passive(tokens, end, cue):
        return None
    end = _before_parenthesis(tokens, end, floor)
    before = tokens[end - 1]
    if before.text == ",":
        return _before_apposition(scene, end - 1, floor)
    if before.lower in ("and", "but", "then"):
        return clause_subject(scene, end - 1, floor)
    if before.lower in ("who", "which", "that"):
        return _antecedent(scene, end - 1, floor)
    phrase = scene.ending.get(end)
    return None if phrase is None else _head_phrase(scene, phrase, floor)


def clause_subject(scene: Scene, end: int, floor: int) -> Phrase | None:
    """Return the first phrase of a sentence that can be the subject of all its verbs."""
    for phrase in scene.between(floor, end):
        if not _is_governed(scene, phrase, floor) and not _owns_next(scene, phrase) and phrase.text.lower() != "who":
            return _whole_apposition(scene, phrase)
    return None


def participle_subject(scene: Scene, cue: int, floor: int) -> Phrase | None:
    """Return who speaks by a participle: “she shrugged, calling it”, but not “he quoted her as saying”."""
    if scene.tokens[cue - 1].lower == "as":
        quoted = scene.ending.get(cue - 1)
        if quoted is not None and quoted.first > floor and not _is_governed(scene, quoted, floor):
            return quoted
    return clause_subject(scene, cue, floor)


def subject_after(scene: Scene, first: int) -> Phrase | None:
    """Return the subject of an inverted cue: said Ada Byron, said the mayor, Ada Byron."""
    tokens = scene.tokens
    if first >= len(tokens):
        return None
    phrase = scene.beginning.get(first)
    if phrase is not None and phrase.kind == "pronoun":
        return phrase
    end, stop = first, min(_end_of_sentence(scene, first), first + LONGEST_INVERTED)
    named: Phrase | None = None
    while end < stop and _is_nominal_word(tokens[end]):
        end += 1
        candidate = scene.ending.get(end)
        if candidate is not None and candidate.kind == "name" and candidate.first >= first:
            named = candidate
    if named is not None and not _owns_next(scene, named):
        following = scene.ending.get(end)
        if named.last == end or following is None or following.kind == "name":
            return named
    if phrase is None:
        return None
    return _name_after_comma(scene, end) or _whole_apposition(scene, phrase)


def _end_of_sentence(scene: Scene, index: int) -> int:
    """Return where the sentence of a token ends, as far as an apposition can reach."""
    sentences = scene.paragraph.sentences
    end = index + 1
    while end < min(len(sentences), index + LONGEST_APPOSITION) and sentences[end] == sentences[index]:
        end += 1
    return end


def _name_after_comma(scene: Scene, end: int) -> Phrase | None:
    """Return the name that closes a long nominal: the head of the harbour board, Ada Byron."""
    tokens = scene.tokens
    last = min(_end_of_sentence(scene, end - 1), end + LONGEST_APPOSITION)
    while end < last and (_is_nominal_word(tokens[end]) or tokens[end].lower in ("of", "for", "at", "in")):
        end += 1
    name = scene.beginning.get(end + 1) if end < last and tokens[end].text == "," else None
    if name is None or name.kind != "name":
        return None
    is_closed = name.last == len(tokens) or tokens[name.last].text in (",", ".", "(", ":", ";")
    return name if is_closed else None


def _is_adverbial(token: Token) -> bool:
    return token.lower in _adverbials() or (token.lower.endswith("ly") and token.text == token.lower)


@cache
def _adverbials() -> frozenset[str]:
    return lowered("words", "adverbs", "auxiliaries", "be")


def _is_passive(tokens: Sequence[Token], end: int, cue: int) -> bool:
    helpers = {token.lower for token in tokens[end:cue]}
    return bool(helpers & words("words", "be")) and not tokens[cue].lower.endswith("ing")


def _before_parenthesis(tokens: Sequence[Token], end: int, floor: int) -> int:
    if tokens[end - 1].text == ")":
        for index in range(end - 2, max(floor, end - 12), -1):
            if tokens[index].text == "(":
                return index
    return end


def _before_apposition(scene: Scene, comma: int, floor: int) -> Phrase | None:
    """Return who stands before the comma that opens what ends at this one: Ada Byron, the mayor, said."""
    tokens = scene.tokens
    candidates = [
        phrase
        for phrase in scene.between(max(floor, comma - LONGEST_APPOSITION), comma)
        if (tokens[phrase.last].text in (",", "(", "-", "–", "—", "of", "with", "from", "at"))
        and not _is_governed(scene, phrase, floor)
    ]
    names = [p for p in candidates if p.kind == "name" and (p.last < comma or tokens[p.first - 1].text == ",")]
    others = [p for p in candidates if p.kind != "name" and p.last < comma and p.text.lower() != "who"]
    return next(iter(names or others), None)


def _antecedent(scene: Scene, relative: int, floor: int) -> Phrase | None:
    """Return what a relative pronoun stands for: the phrase right before it."""
    end = relative
    if end > floor and scene.tokens[end - 1].text == ",":
        end -= 1
    phrase = scene.ending.get(end)
    if phrase is None or phrase.first < floor:
        return None
    return _head_phrase(scene, phrase, floor, is_object=True)


def _head_phrase(scene: Scene, phrase: Phrase, floor: int, *, is_object: bool = False) -> Phrase | None:
    """Step from the last phrase of a subject to its head: Ada Byron of the Sierra Club, the head of France."""
    for _ in range(4):
        if not _is_governed(scene, phrase, floor):
            break
        outer = scene.ending.get(phrase.first - 1)
        if outer is None or outer.first < floor:
            return phrase if is_object else None
        if is_object and outer.kind != "name" and phrase.kind == "name" and not _is_of(scene, phrase):
            return phrase
        phrase = outer
    if _is_owner(scene, phrase) or _is_joint(scene, phrase, floor):
        return None
    return _whole_apposition(scene, phrase)


def _whole_apposition(scene: Scene, phrase: Phrase) -> Phrase:
    """Prefer the name that a nominal introduces: the mayor Ada Byron; the mayor, Ada Byron,."""
    if phrase.kind != "nominal":
        return phrase
    tokens = scene.tokens
    gap = 1 if phrase.last < len(tokens) and tokens[phrase.last].text == "," else 0
    name = scene.beginning.get(phrase.last + gap)
    if name is None or name.kind != "name":
        return phrase
    if gap and name.last < len(tokens) and tokens[name.last].text not in (",", ".", "(", ":", ";"):
        return phrase
    return name


def _is_governed(scene: Scene, phrase: Phrase, floor: int) -> bool:
    return phrase.first > floor and scene.tokens[phrase.first - 1].lower in words("words", "prepositions")


def _is_of(scene: Scene, phrase: Phrase) -> bool:
    return scene.tokens[phrase.first - 1].lower in ("of", "for")


def _is_owner(scene: Scene, phrase: Phrase) -> bool:
    return phrase.kind == "name" and scene.tokens[phrase.last - 1].is_possessive


def _owns_next(scene: Scene, phrase: Phrase) -> bool:
    """Whether a name only modifies the noun after it: Byron’s aide, the Byron campaign."""
    if phrase.kind != "name":
        return False
    tokens = scene.tokens
    following = tokens[phrase.last].lower if phrase.last < len(tokens) else ""
    return _is_owner(scene, phrase) or following in words("names", "roles", "body_heads")


def _is_joint(scene: Scene, phrase: Phrase, floor: int) -> bool:
    """Whether two speak at once, Ada Byron and Bo Li said: nobody can tell whose words they are."""
    before = phrase.first - 1
    return before > floor and scene.tokens[before].lower in ("and", "or") and before in scene.ending


def _is_nominal_word(token: Token) -> bool:
    return (token.is_word or token.text == ".") and token.lower not in _after_nominal() and not token.is_quote


@cache
def _after_nominal() -> frozenset[str]:
    return lowered("words", "prepositions", "clause_openers", "auxiliaries", "be", "days", "adverbs") | {"who"}
