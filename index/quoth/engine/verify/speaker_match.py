"""Decide whether the speaker of a quote is the claimed speaker: yes, no or unknown.

A filter may miss a spelling, but the verdict "somebody else said it" must not. So two names count as two people only
if that is clear: "Trump" in an article without his first name, or "Joe Biden" beside "Joseph Biden", may be the same
person.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from quoth.engine.execution.index import Index
from quoth.engine.query.lexicon import Lexicon
from quoth.engine.query.names import Certainty, NameLexicon
from quoth.quote import Quote, Speaker
from quoth.text.names.readings import given_name_first, may_be_same, without_titles
from quoth.text.names.titles import SUFFIXES
from quoth.text.slugs import slug
from quoth.text.wording.vocabulary import is_common

_FEMALE_TITLES = frozenset("mrs ms miss lady dame queen princess baroness duchess sister madam".split())

# The fields that have the names of those who said a quote, and of those who did not according to an article.
FIELDS = ("known_as", "denied_as")


@dataclass(frozen=True, slots=True)
class ClaimedSpeaker:
    """The speaker named in a request, and the keys that the index has for this name, with how certain they are."""

    name: str
    keys: frozenset[str]
    certainty: Certainty = "known"

    @property
    def is_guessed(self) -> bool:
        """Whether the keys are those of names within one typo."""
        return self.certainty == "guessed"

    @property
    def _is_other_name(self) -> bool:
        """Whether a name that was corrected is another name, as Johnston is, and no slip of Johnson."""
        surname = without_titles(slug(self.name)).split("-")[-1]
        return self.is_guessed and is_common(surname)

    def is_concerned_by(self, quote: Quote) -> bool:
        """Whether a quote is by the claimed speaker, or an article says of it that they did not say it."""
        return self.is_speaker_of(quote.denied_speaker or quote.speaker) is True

    def is_speaker_of(self, speaker: Speaker | None) -> bool | None:
        """Whether this is the claimed speaker; `None` if that is unknown.

        >>> claimed = ClaimedSpeaker("Ada Byron", frozenset({"ada-byron"}))
        >>> ada, bo = Speaker("ada-byron", "Ada Byron"), Speaker("bo-lind", "Bo Lind", aliases=("Lind",))
        >>> claimed.is_speaker_of(ada), claimed.is_speaker_of(bo)
        (True, False)
        >>> byron, namesake = Speaker("byron~1f", "Byron"), Speaker("bo-byron", "Bo Byron")
        >>> claimed.is_speaker_of(byron), claimed.is_speaker_of(namesake), claimed.is_speaker_of(None)
        (None, False, None)
        """
        if speaker is None:
            return None
        spellings = {speaker.id, *map(slug, (speaker.name, *speaker.aliases))} - {""}
        if self.keys & spellings:
            is_doubtful = self.certainty == "likely" or self._is_other_name or _contradicts(slug(self.name), speaker)
            return None if is_doubtful else True
        if speaker.mixed_script and _may_imitate(speaker.name, slug(self.name)):
            return None
        # A shared surname alone does not make two people the same, so aliases of one word do not count.
        names = (speaker.name, *(alias for alias in speaker.aliases if " " in alias))
        return None if any(may_be_same(slug(self.name), slug(name)) for name in names) else False


def resolve_claim(index: Index, name: str) -> ClaimedSpeaker:
    """Return the claimed speaker for a name, with the names that a search for the speaker would find."""
    match = NameLexicon(Lexicon(index), FIELDS).match(name.strip())
    return ClaimedSpeaker(given_name_first(name.strip()), frozenset(match.names), match.certainty)


def _may_imitate(mixed: str, name: str) -> bool:
    r"""Whether a name that mixes alphabets may be meant for the name with a slug: by a typing error, or to deceive.

    A letter that is not Latin may stand for any letter.

    >>> _may_imitate("\u0410da Byron", "ada-byron"), _may_imitate("\u0410da Byron", "bo-lind")
    (True, False)
    """
    parts = without_titles(name).split("-")
    patterns = [_pattern(word) for word in mixed.split()]
    if not re.fullmatch(patterns[-1], parts[-1]):
        return False
    return len(parts) == 1 or len(patterns) == 1 or re.match(patterns[0][0], parts[0]) is not None


def _pattern(word: str) -> str:
    """Return a pattern of the slug of a word, with a dot for every letter that is not Latin."""
    letters = (slug(letter) for letter in word if letter.isalnum())
    return "".join(letter if len(letter) <= 2 else "." for letter in letters) or "."


def _contradicts(claim: str, speaker: Speaker) -> bool:
    """Whether the title in a claim may say that a namesake is meant: Mrs Clinton, Bush Jr.

    >>> _contradicts("mrs-clinton", Speaker("bill-clinton", "Bill Clinton")), _contradicts(
    ...     "president-clinton", Speaker("bill-clinton", "Bill Clinton"))
    (True, False)
    """
    parts = set(claim.split("-"))
    spelt = {part for name in (speaker.name, speaker.as_written or "") for part in slug(name).split("-")}
    is_surname_alone = "-" not in without_titles(claim)
    return (is_surname_alone and bool(parts & _FEMALE_TITLES - spelt)) or bool(parts & SUFFIXES - spelt)
