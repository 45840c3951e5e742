"""Check a draft: find its quotes, and verify each of them against one generation of the index."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import islice

from quoth.checking import draft_quotes
from quoth.checking.draft_quotes import DraftQuote
from quoth.checking.drafts import ArticleDraft
from quoth.checking.report import CheckedQuote, CheckReport
from quoth.engine.page import Coverage
from quoth.engine.verify.exclusion import Exclusion
from quoth.engine.verify.verify import Verification, VerifyRequest
from quoth.errors import BadQuery

TOO_SHORT = "one or two words are too short to verify"
OUT_OF_TIME = "the time ran out before this quote was verified"


def check(
    draft: ArticleDraft,
    coverage: Coverage,
    verify: Callable[[VerifyRequest], Verification],
    *,
    without: Iterable[str] = (),
    most: int | None = None,
    may_continue: Callable[[], bool] = lambda: True,
    begin: Callable[[int], object] = lambda _: None,
    done: Callable[[], object] = lambda: None,
) -> CheckReport:
    """Return the report on a draft. Its own article never confirms it, nor do the publishers that `without` names.

    Only the first `most` quotes are verified. `may_continue` is asked before each: a caller with a deadline ends there,
    and the rest is `unchecked`. `begin` is called with the number of quotes, `done` after each.
    """
    found = list(islice(draft_quotes.find(draft), None if most is None else most + 1))
    quotes = found[:most]
    exclusion = Exclusion.of(draft.article, without)
    exclusion = replace(exclusion, sha256s=exclusion.sha256s | draft.sha256s)
    begin(len(quotes))
    checked: list[CheckedQuote] = []
    for quote in quotes:
        if may_continue():
            checked.append(_checked(quote, exclusion, verify))
        else:
            checked.append(CheckedQuote(quote, "unchecked", OUT_OF_TIME))
        done()
    return CheckReport(tuple(checked), coverage, truncated=len(found) > len(quotes))


def _checked(quote: DraftQuote, exclusion: Exclusion, verify: Callable[[VerifyRequest], Verification]) -> CheckedQuote:
    try:
        verification = verify(VerifyRequest(quote.text, quote.speaker, exclusion))
    except BadQuery as error:  # a word of a thousand letters, or words so common that they take too long
        return CheckedQuote(quote, "unchecked", str(error))
    why = verification.why if quote.unread is None else f"{verification.why}; in the draft {quote.unread}"
    checked = CheckedQuote(quote, verification.verdict, why, verification)
    if quote.is_fragment and checked.needs_work:
        # The nearest quote shares a word with it by chance.
        is_found = verification.quote is not None
        why = f"{TOO_SHORT}: {verification.why}" if is_found else TOO_SHORT
        return replace(checked, verdict="too_short", why=why, verification=verification if is_found else None)
    return checked
