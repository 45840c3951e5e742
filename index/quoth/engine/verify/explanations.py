"""Explain a verdict in one or two plain sentences."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from quoth.engine.verify.comparison.differences import WordChange
from quoth.engine.verify.comparison.kinds import DifferenceKind
from quoth.engine.verify.comparison.text_match import TextMatch
from quoth.engine.verify.speaker_match import ClaimedSpeaker
from quoth.engine.verify.verdict import SpeakerMatches
from quoth.quote import Quote
from quoth.text.wording.turning import Turn

# Below this confidence the explanation mentions that the attribution is uncertain.
SURE = 0.8

_PREDICATES = {
    "exact": "said this",
    "near": "said nearly this",
    "altered": "said something like this",
    "partial": "said this in part",
}
_KINDS: dict[DifferenceKind, str] = {
    "negation": "a negation such as “not”",
    "number": "a number",
    "name": "a name",
    "opposite": "a word exchanged for its opposite",
    "word": "another word",
    "order": "another order",
    "missing": "words left out",
    "added": "words added",
    "inflection": "another form of a word",
}
_TURNS: dict[Turn, str] = {
    "negation": "negates it",
    "condition": "makes it a condition",
    "attribution": "gives it as the words of others",
    "question": "asks it",
    "doubt": "says it with doubt",
}


_MARKED = re.compile(r"[“„«»][^“”„«»]*\w[^“”„«»]*[“”«»]|\"[^\"]*\w[^\"]*\"")
_WORD = re.compile(r"\w")


def empty() -> str:
    """Return the explanation for an empty index."""
    return "the index is empty"


def marks(text: str) -> str:
    """Return what to add if a text is a quotation with words around it: who said it, perhaps.

    >>> marks("“It holds,” she said.")
    '; the words outside of the quotation marks are compared too: leave them out, or check the whole sentence'
    >>> marks("“It holds.”")
    ''
    """
    if not _MARKED.search(text) or not _WORD.search(_MARKED.sub(" ", text)):
        return ""
    return "; the words outside of the quotation marks are compared too: leave them out, or check the whole sentence"


def not_found(claimed: ClaimedSpeaker | None, *, by_others: bool = False, shared: int = 0, count: int = 0) -> str:
    """Return the explanation for no match, or for a match of only a few common words by others.

    `shared` of `count` remembered words are in the nearest quote.

    >>> not_found(ClaimedSpeaker("Ada", frozenset()))
    'nothing like these words is in this index, and no speaker in it is known as Ada'
    >>> not_found(ClaimedSpeaker("Ada", frozenset({"ada"})), by_others=True)
    'others said some or all of these words, which are too few and too common to count against Ada'
    >>> not_found(None, shared=6, count=8)
    'no quote in this index has these words; the nearest has 6 of the 8'
    """
    if claimed is not None and by_others:
        return (
            f"others said some or all of these words, which are too few and too common to count against {claimed.name}"
        )
    message = "nothing like these words is in this index"
    if shared:
        message = f"no quote in this index has these words; the nearest has {shared} of the {count}"
    if claimed is not None and not claimed.keys:
        return f"{message}, and no speaker in it is known as {claimed.name}"
    return message


def denied(quote: Quote) -> str:
    """Return the explanation for words that an article denies."""
    name = quote.denied_speaker.name if quote.denied_speaker else "the speaker"
    return f"an article says that {name} did not say this: {quote.attribution.why}"


def spliced(count: int, pieces: Sequence[Quote]) -> str:
    """Return the explanation for pieces of several utterances."""
    names = dict.fromkeys(quote.speaker.name if quote.speaker else "an unknown speaker" for quote in pieces)
    articles = len({quote.article.id for quote in pieces})
    where = "one article" if articles == 1 else f"{articles} articles"
    return (
        f"these {count} words are {len(pieces)} pieces of different utterances, by {' and '.join(names)}, in {where}; "
        "nobody said them as one"
    )


def explain(
    match: TextMatch,
    changes: Sequence[WordChange],
    speaker_matches: SpeakerMatches,
    quote: Quote,
    claimed: ClaimedSpeaker | None,
    count: int,
) -> str:
    """Return who said how many of `count` remembered words, followed by the reservations about it."""
    summary = f"{_who(match, speaker_matches, quote, claimed)}; {_how_much(match, changes, quote, count)}"
    return ". ".join((summary, *_reservations(match, quote, claimed, speaker_matches)))


def _who(match: TextMatch, speaker_matches: SpeakerMatches, quote: Quote, claimed: ClaimedSpeaker | None) -> str:
    predicate = _PREDICATES[match.verdict]
    if quote.type == "indirect":
        predicate = "is reported to have said this"
    if quote.speaker is None:
        words = "these words" if match.verdict == "exact" else "words like these"
        return f"the index has {words}, but not their speaker"
    name = quote.speaker.name
    if claimed is None or speaker_matches is True:
        return f"{name} {predicate}"
    if speaker_matches is None:
        return f"{name} {predicate}; it is unclear whether that is {claimed.name}"
    return f"{name} {predicate}, not {claimed.name}"


def _how_much(match: TextMatch, changes: Sequence[WordChange], quote: Quote, count: int) -> str:
    if match.verdict == "exact":
        return "the words are the same" if count > 1 else "the word is the same"
    if match.is_fragment:
        return f"only {match.matched} of the {count} remembered words are quoted"
    if match.verdict == "altered":
        return f"what differs may change the meaning: {_kinds(changes)}"
    if match.verdict == "near":
        return "what differs does not change the meaning"
    if quote.type == "indirect":
        return "the remembered words appear there in this order"
    return "the remembered words are a part of something longer" if count > 1 else "the word is a part of it"


def _kinds(changes: Sequence[WordChange]) -> str:
    """Return the kinds of the differences that may change the meaning, each once.

    >>> _kinds([WordChange("number", "30", "40", True), WordChange("number", "3", "4", True)])
    'a number (twice)'
    """
    counts = Counter(_KINDS[change.kind] for change in changes if change.may_change and change.kind is not None)
    times = {1: "", 2: " (twice)"}
    return ", ".join(f"{kind}{times.get(count, f' ({count} times)')}" for kind, count in counts.items())


def _reservations(
    match: TextMatch, quote: Quote, claimed: ClaimedSpeaker | None, speaker_matches: SpeakerMatches
) -> Iterator[str]:
    if match.turn is not None:
        is_whole = match.window == match.sentences
        yield f"The sentence{'' if is_whole else ' that they are cut from'} {_TURNS[match.turn]}"
    if quote.type == "partial":
        yield "The article quotes only this fragment of a sentence"
    if quote.type == "indirect":
        yield "The words are the reporter's"
    confidence = quote.attribution.confidence
    if quote.speaker is not None and confidence is not None and confidence < SURE:
        yield f"The attribution to {quote.speaker.name} is {confidence:.0%} sure"
    if claimed is not None and claimed.is_guessed and speaker_matches is True:
        yield f"No speaker is known as {claimed.name}; the nearest spelling is used"
