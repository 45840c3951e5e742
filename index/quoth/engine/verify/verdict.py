"""Decide the verdict on remembered words and a claimed speaker from the matches of all candidates.

The verdict is the first of these that holds: `not_found`, `denied`, `other_speaker`, `spliced`, `altered`, `partial`,
`near`, `exact`. `quoth.engine.verify.comparison.text_match` defines those of the words alone,
`quoth.engine.verify.splices` the spliced ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from quoth.engine.verify.comparison.text_match import TextMatch

Verdict = Literal["exact", "near", "altered", "partial", "spliced", "other_speaker", "denied", "not_found"]
# Whether the claimed speaker said it: yes, no or unknown.
SpeakerMatches = bool | None

# By this much must the words of another speaker be more similar than an excerpt from the claimed speaker.
BETTER = 0.15

_BEST_FIRST = {"exact": 0, "near": 1, "altered": 2, "partial": 2, "not_found": 3}


class Claim(NamedTuple):
    """The match of one candidate, whether the claimed speaker said it, and whether it has a speaker at all.

    With `is_denial` the article says that somebody did not say it; `speaker_matches` is about that person.
    """

    match: TextMatch
    speaker_matches: SpeakerMatches = None
    has_speaker: bool = True
    is_denial: bool = False


class Decision(NamedTuple):
    """The verdict, the number of the claim that supports it, if any, and the numbers of the denials beside it."""

    verdict: Verdict
    place: int | None = None
    denials: tuple[int, ...] = ()


def rank(claim: Claim) -> tuple[int, float, bool]:
    """Return the sort key of a claim, the best first: by verdict, by similarity, then known speakers first.

    >>> from quoth.engine.verify.comparison.text_match import TextMatch
    >>> exact, near = Claim(TextMatch("exact", 1.0)), Claim(TextMatch("near", 0.9))
    >>> sorted([near, exact], key=rank) == [exact, near]
    True
    """
    match = claim.match
    return _BEST_FIRST[match.verdict], -match.similarity, not claim.has_speaker


def decide(claims: Sequence[Claim], *, names_speaker: bool) -> Decision:
    """Return the verdict on the claims; `names_speaker` if the request names a speaker.

    A match of the claimed speaker that confirms the words is the answer. Otherwise another speaker's match is, if it is
    closer: an excerpt of a longer sentence was said, too. A claim with an unknown speaker yields the verdict of its
    words. A few common words count against nobody. A denial is the answer if no quote of the person denied, or of
    anybody if the request names no speaker, has the words.

    >>> from quoth.engine.verify.comparison.text_match import TextMatch
    >>> other = Claim(TextMatch("near", 0.9, content_words=2), speaker_matches=False)
    >>> decide([other], names_speaker=True), decide([other], names_speaker=False)
    (Decision(verdict='other_speaker', place=0, denials=()), Decision(verdict='near', place=0, denials=()))
    >>> decide([Claim(TextMatch("partial", 1.0), speaker_matches=True), other], names_speaker=True)
    Decision(verdict='partial', place=0, denials=())
    """
    order = sorted(
        (place for place, claim in enumerate(claims) if claim.match.verdict != "not_found"),
        key=lambda place: rank(claims[place]),
    )
    said = [place for place in order if not claims[place].is_denial]
    denials = tuple(place for place in order if _denies(claims[place], names_speaker=names_speaker))
    if denials and not any(_has_words(claims[place], names_speaker=names_speaker) for place in said):
        return Decision("denied", denials[0], denials)
    return _of_said(claims, said, names_speaker=names_speaker)._replace(denials=denials)


def _denies(claim: Claim, *, names_speaker: bool) -> bool:
    """Whether an article says that the claimed speaker, or anybody, did not say the words."""
    concerned = claim.speaker_matches is True or not names_speaker
    return claim.is_denial and concerned and claim.match.verdict != "altered"


def _has_words(claim: Claim, *, names_speaker: bool) -> bool:
    """Whether a quote by the claimed speaker, or by anybody, has the words."""
    return claim.match.verdict != "altered" and (claim.speaker_matches is True or not names_speaker)


def _of_said(claims: Sequence[Claim], order: Sequence[int], *, names_speaker: bool) -> Decision:
    """Return the verdict on the claims that are said, in their order, the best first."""
    if not order:
        return Decision("not_found")
    if not names_speaker:
        return _by_words(claims, order[0])
    own = _first(order, lambda place: claims[place].speaker_matches is True)
    other = _first(order, lambda place: _may_decide(claims[place]))
    if own is not None and (other is None or not _is_beaten(claims[own].match, claims[other].match)):
        return _by_words(claims, own)
    if other is None:
        return Decision("not_found")
    return Decision("other_speaker", other) if claims[other].speaker_matches is False else _by_words(claims, other)


def _first(order: Sequence[int], fits: Callable[[int], bool]) -> int | None:
    return next((place for place in order if fits(place)), None)


def _by_words(claims: Sequence[Claim], place: int) -> Decision:
    return Decision(claims[place].match.verdict, place)


def _may_decide(claim: Claim) -> bool:
    """Whether a claim that is not by the claimed speaker may be the answer.

    "Thank you very much" by another speaker is no evidence that the claimed speaker did not say it, too.
    """
    if claim.speaker_matches is not False:
        return claim.speaker_matches is None
    match = claim.match
    return match.content_words > 1 or (match.verdict == "exact" and match.content_words == 1 and match.matched > 2)


def _is_beaten(own: TextMatch, other: TextMatch) -> bool:
    """Whether another speaker's match is much better than a doubtful match of the claimed speaker."""
    return own.verdict in ("altered", "partial") and other.similarity > own.similarity + BETTER
