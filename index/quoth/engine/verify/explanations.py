"""Explain a verdict in one or two plain sentences."""

from __future__ import annotations

from collections.abc import Iterator

from quoth.engine.verify.speaker_match import ClaimedSpeaker
from quoth.engine.verify.verdict import SpeakerMatches, TextMatch
from quoth.quote import Quote

# Below this confidence the explanation mentions that the attribution is uncertain.
SURE = 0.8


def empty() -> str:
    """Return the explanation for an empty index."""
    return "the index is empty"


def not_found(claimed: ClaimedSpeaker | None, *, by_others: bool = False) -> str:
    """Return the explanation for no match, or for a match of only a few common words by others.

    >>> not_found(ClaimedSpeaker("Ada", frozenset()))
    'nothing like these words is in this index, and no speaker in it is known as Ada'
    >>> not_found(ClaimedSpeaker("Ada", frozenset({"ada"})), by_others=True)
    'others said some or all of these words, which are too few and too common to count against Ada'
    """
    if claimed is not None and by_others:
        return (
            f"others said some or all of these words, which are too few and too common to count against {claimed.name}"
        )
    message = "nothing like these words is in this index"
    if claimed is not None and not claimed.keys:
        return f"{message}, and no speaker in it is known as {claimed.name}"
    return message


def explain(
    match: TextMatch, speaker_matches: SpeakerMatches, quote: Quote, claimed: ClaimedSpeaker | None, count: int
) -> str:
    """Return who said how many of `count` remembered words, followed by the reservations about it."""
    summary = f"{_who(match, speaker_matches, quote, claimed)}; {_how_much(match, quote, count)}"
    return ". ".join((summary, *_reservations(match, quote, claimed, speaker_matches)))


def _who(match: TextMatch, speaker_matches: SpeakerMatches, quote: Quote, claimed: ClaimedSpeaker | None) -> str:
    predicate = {"exact": "said this", "near": "said nearly this", "partial": "said this in part"}[match.verdict]
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


def _how_much(match: TextMatch, quote: Quote, count: int) -> str:
    if match.verdict == "exact":
        return "the words are the same" if count > 1 else "the word is the same"
    if match.is_fragment:
        return f"only {match.matched} of the {count} remembered words are quoted"
    if match.matched < count:
        verb = "appears" if match.matched == 1 else "appear"
        return f"{match.matched} of the {count} remembered words {verb} there in this order"
    within = ", within something longer" if match.verdict == "partial" and quote.type != "indirect" else ""
    return (
        f"all {count} remembered words appear there in this order{within}"
        if count > 1
        else f"the word appears there{within}"
    )


def _reservations(
    match: TextMatch, quote: Quote, claimed: ClaimedSpeaker | None, speaker_matches: SpeakerMatches
) -> Iterator[str]:
    if match.verdict != "exact" and match.flips_negation:
        yield "One of the two has a negation such as “not” that the other lacks"
    if quote.type == "partial":
        yield "The article quotes only this fragment of a sentence"
    if quote.type == "indirect":
        yield "The words are the reporter's"
    confidence = quote.attribution.confidence
    if quote.speaker is not None and confidence is not None and confidence < SURE:
        yield f"The attribution to {quote.speaker.name} is {confidence:.0%} sure"
    if claimed is not None and claimed.is_guessed and speaker_matches is True:
        yield f"No speaker is known as {claimed.name}; the nearest spelling is used"
