"""What the ranker sees of a candidate: named facts about a phrase and the quoted span that it may have spoken.

A feature is a short string. Its first part says where the phrase stands (`place_of`), since the same fact means
something else before a quote than after it; weights are looked up by the whole string.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from functools import cache
from typing import Literal, NamedTuple

from quoth.extraction.clauses import Scene, clause_subject, is_adverbial, is_joined, is_joint, is_passive
from quoth.extraction.evidence import WINDOW, Candidate, Evidence, Place
from quoth.extraction.mentions import Phrase
from quoth.extraction.people import Cast
from quoth.extraction.reading import Token
from quoth.extraction.silence import is_named, is_scare, is_title, is_unsaid
from quoth.extraction.tables import words

BEFORE = 7  # phrases of the paragraph in front of a span that are candidates
AFTER = 5
ABOVE = 4  # phrases at the end of the paragraph above
LONG = 90  # tokens of a sentence that are looked at
STOPS = frozenset({";", ":", "(", "—", "–"})
LONGEST_ASIDE = 30  # tokens between a name and its verb: Ada Byron, the mayor of ..., said


def candidates(place: Place, proposals: Sequence[Evidence], chosen: Candidate | None) -> list[Candidate]:
    """Return the phrases nearest to a span, those of the patterns, and the one chosen for the span before.

    Each is there once.
    """
    scene, token = place.scene, place.token
    phrases = scene.phrases
    here = bisect_left(phrases, token, key=_first)
    near = [Candidate(phrase, scene) for phrase in phrases[max(here - BEFORE, 0) : here + AFTER]]
    if place.paragraph > 0:
        above = place.scenes[place.paragraph - 1]
        near += [Candidate(phrase, above) for phrase in above.phrases[-ABOVE:]]
    near += [Candidate(evidence.phrase, place.scenes[evidence.paragraph]) for evidence in proposals]
    if chosen is not None:
        near.append(chosen)
    found = {(option.phrase.start, option.phrase.end): option for option in near if option.phrase.head != "who"}
    return list(found.values())


def _first(phrase: Phrase) -> int:
    return phrase.first


class Setting:
    """What the features of all candidates of one span share."""

    def __init__(
        self,
        place: Place,
        proposals: Sequence[Evidence],
        chosen: Candidate | None,
        cast: Cast,
    ) -> None:
        self.place = place
        self.cast = cast
        self.chosen = chosen
        self.proposals = proposals
        scene = place.scene
        self.sentences = scene.paragraph.sentences
        self.sentence = self.sentences[place.token]
        self.subject = clause_subject(scene, place.token, place.floor) if place.token > place.floor else None
        self.shape = _shape(place)
        self._relation = self._relation_to_before() if chosen is not None else ""

    def of_nobody(self) -> list[str]:
        """Return the features of the choice that nobody speaks."""
        place, tokens, shape, index = self.place, self.place.scene.tokens, self.shape, self.place.token
        before, after = _word(tokens, index - 1), _word(tokens, index + 1)
        ahead, behind = class_of(before), class_of(after)
        named = place.text.split()
        size = bucket(len(named))
        pattern = self.proposals[0].method if self.proposals else "none"
        found = [
            "nobody",
            f"nobody shape {shape}",
            f"nobody words {size}",
            f"nobody words {size} shape {shape}",
            f"nobody pattern {pattern}",
            f"nobody pattern {pattern} words {size}",
            f"nobody before {ahead}",
            f"nobody before {ahead} words {size}",
            f"nobody before {before}",
            f"nobody after {behind}",
            f"nobody after {behind} words {size}",
        ]
        if len(named) <= 6 and all(word[:1].isupper() for word in named if len(word) > 3):
            found += (f"nobody capitals words {size}", f"nobody capitals before {ahead}")
        if is_title(place):
            found.append("nobody title")
        if is_scare(place):
            found.append("nobody scare")
        if is_named(place):
            found.append("nobody naming")
        if place.paragraph == place.reading.headline:
            found.append("nobody headline")
        if len(tokens) == 1:
            found.append(f"nobody alone {shape}")
        style = _style(place)
        if style != "double":
            found += (f"nobody {style} marks", f"nobody {style} marks words {size}")
        cues = place.scene.cues_between(place.floor, index)
        if cues:
            kind, gap = cues[-1].kind, bucket(index - cues[-1].at)
            found += (f"nobody cue {kind} pattern {pattern}", f"nobody cue {kind} gap {gap} pattern {pattern}")
        if not cues and not place.scene.cues_between(index, _end_of_sentence(self.sentences, index)):
            found.append(f"nobody no cue words {size}")
        if place.number:
            found.append("nobody after one" if self.chosen is None else "nobody after somebody")
        return found

    def of(self, candidate: Candidate) -> list[str]:
        """Return the features of a candidate."""
        (phrase, scene), place = candidate, self.place
        where, kind, tokens = self._where(candidate), phrase.kind, scene.tokens
        before = class_of(_word(tokens, phrase.first - 1))
        found = [
            where,
            f"{where} {kind}",
            f"{where} {kind} shape {self.shape}",
            f"{where} follows {before}",
            f"{where} follows {before} {kind}",
            f"{where} precedes {class_of(_word(tokens, phrase.last))}",
            *self._nature(where, phrase),
            *self._distance(where, candidate),
            *self._patterns(where, phrase),
            *self._chain(where, phrase),
        ]
        if tokens[phrase.last - 1].is_possessive:
            found.append(f"{where} owner")
        verb = _verb(scene, phrase)
        if verb is None:
            found.append(f"{where} no verb")
        else:
            found += self._verb(where, candidate, verb)
        if scene is place.scene:
            inverted = _inverted(candidate)
            if inverted is not None:
                cue, gap = scene.cue_at(inverted), bucket(abs(place.token - inverted))
                found += (f"{where} inverted {cue} {kind}", f"{where} inverted {cue} gap {gap}")
            if phrase == self.subject:
                found += (f"{where} subject", f"{where} subject {kind} shape {self.shape}")
        if kind == "name" and is_joined(scene, phrase):
            found += ("joint", f"{where} joined")
        return found

    def _verb(self, where: str, candidate: Candidate, verb: Verb) -> list[str]:
        """Return what the verb of a phrase tells, and why a subject with it says nothing: never said, was told."""
        phrase, scene = candidate
        tokens = scene.tokens
        word = tokens[verb.at].lower
        sort = class_of(word)
        found = [f"{where} verb {sort}", f"{where} verb {sort} {verb.link}", f"{where} verb {word}", f"verb {word}"]
        if scene is self.place.scene:
            gap, subject = bucket(abs(self.place.token - verb.at)), phrase == self.subject
            found += (
                f"{where} verb {sort} gap {gap}",
                f"{where} verb {sort} subject {subject} shape {self.shape}",
            )
        floor = max(scene.paragraph.sentences[phrase.first], phrase.first - WINDOW)
        if is_unsaid(scene, verb.at, phrase, floor):
            found += ("unsaid", f"{where} unsaid")
        if is_passive(tokens, phrase.last, verb.at):
            found.append(f"{where} passive")
        if word in words("words", "unsaid"):
            found.append(f"{where} denies")
        aside = scene.between(phrase.last, verb.at)
        if is_joint(scene, phrase, floor) or any(
            p.kind == "name" and tokens[p.first - 1].lower == "and" for p in aside
        ):
            found += ("joint", f"{where} joint")
        return found

    def method(self, candidate: Candidate) -> str:
        """Return in one word how a candidate that no pattern found stands to the span: a key of evidence.SEEN."""
        if candidate.scene is not self.place.scene:
            return "same speaker" if candidate == self.chosen else "above"
        where = self._where(candidate)
        return where if where in ("before", "after") else "same speaker" if candidate == self.chosen else "nearby"

    def _where(self, candidate: Candidate) -> str:
        place, phrase = self.place, candidate.phrase
        if candidate.scene is not place.scene:
            scene = candidate.scene
            if scene.paragraph.number > place.paragraph:
                return "below"
            if scene.paragraph.number < place.paragraph - 1:
                return "far above"
            return "above" if scene.paragraph.sentences[phrase.first] == scene.paragraph.sentences[-1] else "higher"
        sentence = self.sentences[phrase.first]
        if phrase.first < place.token:
            if sentence == self.sentence:
                return "before"
            return "earlier" if sentence == self.sentences[self.sentence - 1] else "well before"
        return "after" if sentence == self.sentence else "later"

    def _nature(self, where: str, phrase: Phrase) -> tuple[str, ...]:
        """Return what a phrase is: which pronoun, what kind of noun, how well known a name."""
        if phrase.kind == "pronoun":
            return (f"{where} {phrase.head}",)
        if phrase.kind == "nominal":
            sort = noun_class(phrase.head)
            return f"{where} nominal {sort}", f"nominal {sort}", f"head {phrase.head}"
        person = self.cast.by_phrase.get(phrase.start)
        if person is None:
            return (f"{where} unlisted",)
        return (
            f"{where} {person.nature} {'certain' if person.is_certain else 'unsure'}",
            f"mentions {bucket(person.mentions)} {person.nature}",
            f"{where} {'full' if ' ' in phrase.text else 'single'}{' titled' if phrase.title else ''}",
        )

    def _distance(self, where: str, candidate: Candidate) -> list[str]:
        """Return how far a phrase stands from the span, and what stands between."""
        place, (phrase, scene) = self.place, candidate
        if scene is not place.scene:
            sentence = max(scene.paragraph.sentences[phrase.first], phrase.first - LONG)
            opens = next(scene.between(sentence, phrase.last), phrase) == phrase
            return [f"{where} {'opens' if opens else 'inside'} {phrase.kind}"]
        first, last = (phrase.last, place.token) if phrase.first < place.token else (place.token + 1, phrase.first)
        others = sum(other.kind != "nominal" for other in scene.between(first, last))
        cues = " ".join(sorted({cue.kind for cue in scene.cues_between(first, last)}))
        spans = bisect_left(scene.spans, last) - bisect_left(scene.spans, first)
        stops = sum(token.text in STOPS for token in scene.tokens[first : min(last, first + LONG)])
        return [
            f"{where} gap {bucket(last - first)}",
            f"{where} names between {min(others, 3)} {phrase.kind}",
            f"{where} cues between {cues}",
            f"{where} spans between {min(spans, 3)}",
            f"{where} stops between {min(stops, 2)}",
        ]

    def _patterns(self, where: str, phrase: Phrase) -> list[str]:
        """Return which patterns find a phrase, or which one finds another."""
        agreeing = [evidence.method for evidence in self.proposals if evidence.phrase == phrase]
        if not agreeing:
            return [f"{where} against {self.proposals[0].method if self.proposals else 'none'}"]
        found = [f"patterns {len(agreeing)}", *(f"pattern {method}" for method in agreeing)]
        if self.proposals[0].phrase == phrase:
            first = agreeing[0]
            found += (f"first {first}", f"first {first} {phrase.kind}", f"first {first} shape {self.shape}")
        return found

    def _chain(self, where: str, phrase: Phrase) -> list[str]:
        """Return how the span before, if this phrase spoke it, stands to this one."""
        if self.chosen is None:
            return []
        place, relation = self.place, self._relation
        if phrase != self.chosen.phrase:
            return [f"{where} other than before, {relation}"]
        found = [
            f"as before, {relation}",
            f"as before, {relation}, shape {self.shape}",
            f"as before, {relation}, {where}",
        ]
        span, before = place.reading.spans[place.number], place.reading.spans[place.number - 1]
        if span.continues:
            found.append("as before, continued")
        if len(place.scene.tokens) == 1:
            found.append(f"as before, alone, {relation}")
        if relation != "further":
            found.append(f"as before, {relation}, others between {self._others_between(before.right, phrase)}")
        return found

    def _relation_to_before(self) -> str:
        """Return how near the span before stands."""
        place = self.place
        span, before = place.reading.spans[place.number], place.reading.spans[place.number - 1]
        apart = span.paragraph - before.paragraph
        if apart == 0:
            return "same sentence" if self.sentences[place.token] <= self._token_before() else "same paragraph"
        return "next paragraph" if apart == 1 else "further"

    def _others_between(self, start: int, own: Phrase) -> int:
        """Count, up to two, the names and pronouns from an offset up to the span that are not the candidate."""
        others = 0
        scene, last = self.place.scene, self.place.token
        above = self.place.scenes[self.place.paragraph - 1] if self.place.paragraph else scene
        for stage, end in ((scene, last), (above, len(above.tokens))):
            for phrase in stage.between(max(end - LONG, 0), end):
                others += phrase.start >= start and phrase.kind != "nominal" and phrase != own
        return min(others, 2)

    def _token_before(self) -> int:
        position = bisect_left(self.place.scene.spans, self.place.token)
        return self.place.scene.spans[position - 1] if position else -1


def cue_of(candidate: Candidate) -> int | None:
    """Return the token of the word by which a candidate reports, if there is one beside it."""
    verb = _verb(candidate.scene, candidate.phrase)
    return verb.at if verb is not None else _inverted(candidate)


def _inverted(candidate: Candidate) -> int | None:
    """Return the cue before a phrase: said in “said the mayor, Ada Byron”."""
    tokens, phrase = candidate.scene.tokens, candidate.phrase
    index = phrase.first - 1
    while index >= 0 and phrase.first - index <= 7 and _may_stand_before_name(tokens[index]):
        index -= 1
    return index if index >= 0 and candidate.scene.cue_at(index) is not None else None


def _style(place: Place) -> str:
    """Return how a span is set off: double, single or doubled single marks; a turn or a block without any."""
    span = place.reading.spans[place.number]
    if span.style != "marks":
        return span.style
    marks = place.reading.body[span.left : span.left + 2]
    return "doubled" if marks in ("''", "``") else "single" if marks[:1] in "‘'" else "double"


def _shape(place: Place) -> str:
    """Return how a span begins, ends and stands: C for a capital, its last mark, and whether it opens a sentence."""
    first = "C" if place.text[:1].isupper() else "c"
    last = place.text[-1:]
    mark = last if last in ",.?!" else "…" if last in "…-—–:;" else "w"
    opens = "^" if place.scene.paragraph.sentences[place.token] == place.token else "_"
    ahead = place.scene.tokens[place.token - 1].text if place.token and opens == "_" else ""
    return opens + first + mark + (ahead if ahead in (",", ":") else "")


class Verb(NamedTuple):
    """The word that may be the verb of a phrase, by its token, and how the two are joined."""

    at: int
    link: Literal["beside", "aside", "relative"]


def _verb(scene: Scene, phrase: Phrase) -> Verb | None:
    """Return the first word after a phrase that may be its verb: past adverbs, past who, past what commas enclose."""
    tokens = scene.tokens
    limit = min(len(tokens), phrase.last + LONGEST_ASIDE)
    index = phrase.last
    if index < limit and tokens[index].text == "(":
        index = next((i + 1 for i in range(index, limit) if tokens[i].text == ")"), index)
    relative = index + (index < limit and tokens[index].text == ",")
    if relative < limit and tokens[relative].lower == "who":
        verb = _past_adverbs(tokens, relative + 1, limit)
        if verb < limit and scene.cue_at(verb) is not None:
            return Verb(verb, "relative")
    if index < limit and tokens[index].text == ",":
        for closing in range(index + 1, limit):
            if tokens[closing].is_quote:
                return None
            if tokens[closing].text == ",":
                verb = _past_adverbs(tokens, closing + 1, limit)
                if verb < limit and scene.cue_at(verb) is not None:
                    return Verb(verb, "aside")
        return None
    index = _past_adverbs(tokens, index, limit)
    is_verb = index < limit and tokens[index].is_word and tokens[index].text.islower()
    return Verb(index, "beside") if is_verb else None


def _past_adverbs(tokens: Sequence[Token], index: int, limit: int) -> int:
    while index < limit and is_adverbial(tokens[index]):
        index += 1
    return index


def _may_stand_before_name(token: Token) -> bool:
    return token.is_word and (
        token.lower in words("words", "determiners") or token.lower in words("names", "roles") or token.is_capitalised
    )


def _end_of_sentence(sentences: Sequence[int], index: int) -> int:
    end = index + 1
    while end < len(sentences) and end < index + LONG and sentences[end] == sentences[index]:
        end += 1
    return end


def _word(tokens: Sequence[Token], index: int) -> str:
    if not 0 <= index < len(tokens):
        return ""
    return "“”" if tokens[index].is_quote else tokens[index].lower


@cache
def _classes() -> dict[str, str]:
    classes: dict[str, str] = {}
    for table, key in (
        ("words", "clause_openers"), ("words", "adverbs"), ("words", "determiners"), ("words", "prepositions"),
        ("words", "governing_verbs"), ("words", "auxiliaries"), ("words", "be"), ("words", "so_called"),
        ("words", "works"), ("words", "naming"), ("cues", "participle"), ("cues", "judge"), ("cues", "say"),
        ("cues", "addressee"),
    ):  # fmt: skip
        classes |= dict.fromkeys((word.lower() for word in words(table, key)), key)
    return classes


def class_of(word: str) -> str:
    """Return the class of a word: that of a table, else what its form tells."""
    known = _classes().get(word)
    if known is not None:
        return known
    if not word[:1].isalnum():
        return word[:1] or "edge"
    for ending in ("ing", "ed", "ly", "s"):
        if word.endswith(ending):
            return "-" + ending
    return "word"


@cache
def _nouns() -> dict[str, str]:
    """Return the class of every noun that a table lists; the first table that has it decides."""
    classes: dict[str, str] = {}
    for table, key in (
        ("names", "body_heads"), ("names", "unnamed"), ("names", "bystanders"), ("names", "kin"),
        ("names", "roles_female"), ("names", "roles_male"), ("names", "roles"), ("words", "works"),
        ("words", "statements"),
    ):  # fmt: skip
        classes |= dict.fromkeys(words(table, key), key)
    return classes


def noun_class(head: str) -> str:
    """Return what the head of a nominal means, by the tables: a statement, a role, kin ..."""
    return _nouns().get(head, "other")


def bucket(count: int) -> str:
    """Return a count rounded up to the next step of a coarse scale, as words: 4 is “5”, 100 is “many”."""
    for limit in (0, 1, 2, 3, 5, 8, 13, 21, 40):
        if count <= limit:
            return str(limit)
    return "many"
