"""The report on a draft: a verdict on each of its quotes, in the order in which a desk works them down."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, get_args

import msgspec
from msgspec.structs import replace

from quoth.engine.analysis import words
from quoth.engine.page import Coverage
from quoth.engine.verify.verdict import Verdict

if TYPE_CHECKING:
    from quoth.checking.draft_quotes import DraftQuote
    from quoth.engine.verify.verify import Verification

CheckVerdict = Verdict | Literal["too_short", "unchecked"]
# In this order: quotes that need work, quotes that may need it, settled quotes.
Group = Literal[
    "altered",
    "spliced",
    "other_speaker",
    "denied",
    "not_found",
    "partial",
    "speaker_unknown",
    "unchecked",
    "too_short",
    "confirmed",
    "ignored",
]
GROUPS: tuple[Group, ...] = get_args(Group)
SETTLED: frozenset[Group] = frozenset(["too_short", "confirmed", "ignored"])


class CheckedQuote(msgspec.Struct, frozen=True):
    """A quote of a draft with its verdict and, if it was verified, the verification.

    `too_short` are one or two words that the archive does not confirm, with a verification if it has them; `unchecked`
    is a quote that could not be verified, or not in time. It `is_ignored` if somebody has settled it by hand.
    """

    asked: DraftQuote
    verdict: CheckVerdict
    why: str
    verification: Verification | None = None
    is_ignored: bool = False

    @property
    def group(self) -> Group:
        """What the desk has to do with it."""
        if self.is_ignored:
            return "ignored"
        match self.verdict:
            case "exact" | "near":
                if self.verification is not None and self.verification.cut_from is not None:
                    # A question that the draft gives as a statement. `verify` tells it only: remembered words have no
                    # punctuation.
                    return "altered"
                matches = None if self.verification is None else self.verification.speaker_matches
                names_nobody = self.asked.speaker is None and self.asked.unread is None
                return "confirmed" if matches or names_nobody else "speaker_unknown"
            case verdict:
                return verdict

    @property
    def needs_work(self) -> bool:
        """Whether somebody has to look at it."""
        return self.group not in SETTLED


class CheckReport(msgspec.Struct, frozen=True):
    """The quotes of a draft in reading order, each with its verdict; `truncated` if it has more of them.

    `coverage` is that of the index which answered: what it lacks may still have been said.
    """

    quotes: tuple[CheckedQuote, ...]
    coverage: Coverage
    truncated: bool = False

    @property
    def generation(self) -> int:
        """The generation of the index that answered."""
        return self.coverage.generation

    @property
    def is_confirmed(self) -> bool:
        """Whether every quote is confirmed, or settled by hand."""
        return not self.truncated and not any(quote.needs_work for quote in self.quotes)

    def groups(self) -> dict[Group, tuple[CheckedQuote, ...]]:
        """Return the quotes by group, in the order of `GROUPS`, without empty groups."""
        found: dict[Group, list[CheckedQuote]] = {group: [] for group in GROUPS}
        for quote in self.quotes:
            found[quote.group].append(quote)
        return {group: tuple(quotes) for group, quotes in found.items() if quotes}

    def ignoring(self, settled: Iterable[str]) -> CheckReport:
        """Return the report with the quotes ignored that somebody has settled by hand.

        Each is given by its id or by its words; case, punctuation and marks do not count.
        """
        known = {key for line in settled if (key := line.strip())}
        texts = {tuple(words(key)) for key in known} - {()}
        quotes = (
            replace(quote, is_ignored=quote.asked.id in known or tuple(words(quote.asked.text)) in texts)
            for quote in self.quotes
        )
        return replace(self, quotes=tuple(quotes))


def settled_lines(text: str) -> list[str]:
    r"""Return the quotes that a file of `--ignore` lists: an id or the words of a quote a line; # begins a comment.

    >>> settled_lines("# from the interview of 3 May\n“It was cold,”\n\nc_9wA # by telephone\n")
    ['“It was cold,”', 'c_9wA']
    """
    lines = (f" {line}".partition(" #")[0].strip() for line in text.splitlines())
    return [line for line in lines if line]
