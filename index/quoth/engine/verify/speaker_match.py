"""Whether a quote is by the one who was asked for: yes, no, or nobody knows.

A filter may miss a spelling; a verdict that says "somebody else said it" may not. So two names are those of two people
only where that is plain. "Trump" in an article that names him no further, or "Joe Biden" beside "Joseph Biden", may
be the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from quoth.engine.execution.index import Index
from quoth.engine.query.lexicon import Lexicon
from quoth.quote import Speaker
from quoth.text.slugs import slug

# Words before or behind a name that tell nobody apart.
_TITLES = frozenset(
    """
    the mr mrs ms miss dr sir lady lord prof professor rev father sister president premier prime minister chancellor
    secretary senator sen rep representative congressman congresswoman gov governor mayor gen general col colonel capt
    captain lt sgt judge justice attorney chief king queen prince princess pope vice former then ex deputy
    jr sr ii iii iv
    """.split()
)


@dataclass(frozen=True, slots=True)
class ClaimedSpeaker:
    """The speaker who is asked for: the spelling given, and the keys under which the index knows such a speaker.

    `is_guessed` when the index knows the spelling only with a slip in it.
    """

    given: str
    keys: frozenset[str]
    is_guessed: bool = False

    def is_speaker_of(self, speaker: Speaker | None) -> bool | None:
        """Whether this is the speaker; `None` when nobody knows.

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
            return True
        # That a full name is also known by its surname makes it no namesake's.
        names = (speaker.name, *(alias for alias in speaker.aliases if " " in alias))
        return None if any(_may_be_one(slug(self.given), slug(name)) for name in names) else False


def resolve_claim(index: Index, given: str) -> ClaimedSpeaker:
    """Return who is asked for by a spelling of a name; it may have one slip if no speaker is spelt like that."""
    given = given.strip()
    plain = {given, slug(given), _bare(slug(given))} - {""}
    keys = frozenset(key for key in plain if index.term_info("known_as", key.encode()).terms)
    if keys:
        return ClaimedSpeaker(given, keys)
    wanted = _bare(slug(given)) or slug(given)
    near = frozenset(Lexicon(index).near("known_as", wanted))
    return ClaimedSpeaker(given, near, bool(near))


def _bare(name: str) -> str:
    """Return a slug without titles.

    >>> _bare("president-ada-byron-jr"), _bare("the-pope")
    ('ada-byron', '')
    """
    return "-".join(part for part in name.split("-") if part not in _TITLES)


def _may_be_one(one: str, other: str) -> bool:
    """Whether two slugs may be names of one person.

    >>> _may_be_one("joe-biden", "joseph-biden"), _may_be_one("byron", "ada-byron")
    (True, True)
    >>> _may_be_one("bo-byron", "ada-byron")
    False
    """
    ones, others = _bare(one).split("-"), _bare(other).split("-")
    if not all(ones + others) or ones[-1] != others[-1]:
        return False
    return len(ones) == 1 or len(others) == 1 or ones[0][0] == others[0][0]
