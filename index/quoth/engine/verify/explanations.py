"""Why a verdict is what it is, in one plain sentence or two."""

from __future__ import annotations

from collections.abc import Iterator

from quoth.engine.verify.speaker_match import ClaimedSpeaker
from quoth.engine.verify.verdict import TextMatch, Whose
from quoth.quote import Quote

# Below this the attribution is worth a doubt.
SURE = 0.8


def empty() -> str:
    """Return the reason when there is nothing to look in."""
    return "the index is empty"


def not_found(asked: ClaimedSpeaker | None, *, by_others: bool = False) -> str:
    """Return the reason when nothing was found, or only what others said and anybody may say.

    >>> not_found(ClaimedSpeaker("Ada", frozenset()))
    'nothing like these words is in this index, and nobody in it is known as Ada'
    >>> not_found(ClaimedSpeaker("Ada", frozenset({"ada"})), by_others=True)
    'others said these words, or some of them; they are so few and common that this does not speak against Ada'
    """
    if asked is not None and by_others:
        few = "they are so few and common that this does not speak against"
        return f"others said these words, or some of them; {few} {asked.given}"
    told = "nothing like these words is in this index"
    if asked is not None and not asked.keys:
        return f"{told}, and nobody in it is known as {asked.given}"
    return told


def explain(found: TextMatch, whose: Whose, quote: Quote, asked: ClaimedSpeaker | None, count: int) -> str:
    """Return who said how much of `count` remembered words, and what is to be kept in mind about it."""
    return ". ".join(
        (f"{_who(found, whose, quote, asked)}; {_how(found, quote, count)}", *_doubts(found, quote, asked, whose))
    )


def _who(found: TextMatch, whose: Whose, quote: Quote, asked: ClaimedSpeaker | None) -> str:
    what = {"exact": "said this", "near": "said nearly this", "partial": "said this in part"}[found.verdict]
    if quote.type == "indirect":
        what = "is reported to have said this"
    if quote.speaker is None:
        unknown = "the index has these words" if found.verdict == "exact" else "the index has words like these"
        return f"{unknown}, and does not know whose they are"
    name = quote.speaker.name
    if asked is None or whose is True:
        return f"{name} {what}"
    if whose is None:
        return f"{name} {what}; whether that is {asked.given} is not known"
    return f"{name} {what}, not {asked.given}"


def _how(found: TextMatch, quote: Quote, count: int) -> str:
    if found.verdict == "exact":
        return "the words are the same" if count > 1 else "the word is the same"
    if found.is_fragment:
        return f"only {found.matched} of the {count} remembered words are quoted"
    if found.matched < count:
        stand = "stands" if found.matched == 1 else "stand"
        return f"{found.matched} of the {count} remembered words {stand} there in this order"
    within = ", within something longer" if found.verdict == "partial" and quote.type != "indirect" else ""
    return (
        f"all {count} remembered words stand there in this order{within}"
        if count > 1
        else f"the word stands there{within}"
    )


def _doubts(found: TextMatch, quote: Quote, asked: ClaimedSpeaker | None, whose: Whose) -> Iterator[str]:
    if found.verdict != "exact" and found.flips_negation:
        yield "One of the two says “not” or the like where the other does not"
    if quote.type == "partial":
        yield "The article quotes no more than this fragment of a sentence"
    if quote.type == "indirect":
        yield "The words are the reporter's"
    confidence = quote.attribution.confidence
    if quote.speaker is not None and confidence is not None and confidence < SURE:
        yield f"That {quote.speaker.name} is the speaker is {confidence:.0%} sure"
    if asked is not None and asked.is_guessed and whose is True:
        yield f"Nobody is known as {asked.given}; that was taken for a slip"
