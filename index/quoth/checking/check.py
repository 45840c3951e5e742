"""Check a draft: find its quotes, and verify each of them against one generation of the index."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice

from msgspec.structs import replace

from quoth.checking import draft_quotes
from quoth.checking.draft_quotes import DraftQuote
from quoth.checking.drafts import ArticleDraft
from quoth.checking.report import CheckedQuote, CheckReport
from quoth.engine.page import Coverage
from quoth.engine.verify.exclusion import Exclusion
from quoth.engine.verify.verify import Verification, VerifyRequest
from quoth.errors import BadQuery

TOO_SHORT = "one or two words are too short to verify"
NEVER_CLOSED = "the mark before these words never closes, and the text below it may belong to the quote"
OUT_OF_TIME = "the time ran out before this quote was verified"

# The worst part comes first.
_WORST = (
    *("denied", "other_speaker", "spliced", "altered", "not_found", "partial", "unchecked", "speaker_unknown"),
    *("near", "exact"),
)


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
            checked.append(_checked(quote, exclusion, verify, may_continue))
        else:
            checked.append(CheckedQuote(quote, "unchecked", OUT_OF_TIME))
        done()
    return CheckReport(tuple(checked), coverage, truncated=len(found) > len(quotes))


def _checked(
    quote: DraftQuote,
    exclusion: Exclusion,
    verify: Callable[[VerifyRequest], Verification],
    may_continue: Callable[[], bool],
) -> CheckedQuote:
    texts = draft_quotes.overlapping_parts(quote.text)
    parts = [_verified(quote, texts[0], exclusion, verify)]
    for text in texts[1:]:
        if not may_continue():
            return CheckedQuote(quote, "unchecked", OUT_OF_TIME)
        parts.append(_verified(quote, text, exclusion, verify))
    checked = parts[0] if len(parts) == 1 else _whole(parts)
    if quote.is_fragment and checked.needs_work:
        # The nearest quote shares a word with it by chance.
        verification = checked.verification
        is_found = verification is not None and verification.quote is not None
        why = f"{TOO_SHORT}: {verification.why}" if verification is not None and is_found else TOO_SHORT
        return replace(checked, verdict="too_short", why=why, verification=verification if is_found else None)
    if quote.is_open and not checked.needs_work:
        return replace(checked, verdict="unchecked", why=f"{NEVER_CLOSED}; {checked.why}")
    return checked


def _verified(
    quote: DraftQuote, text: str, exclusion: Exclusion, verify: Callable[[VerifyRequest], Verification]
) -> CheckedQuote:
    """Return the verdict on a quote by the words of one part of it."""
    try:
        verification = verify(VerifyRequest(text, quote.speaker, exclusion))
    except BadQuery as error:  # a word of a thousand letters, or words so common that they take too long
        return CheckedQuote(quote, "unchecked", str(error))
    why = verification.why if quote.unread is None else f"{verification.why}; in the draft {quote.unread}"
    return CheckedQuote(quote, verification.verdict, why, verification)


def _whole(parts: Sequence[CheckedQuote]) -> CheckedQuote:
    """Return the verdict on a long quote: that of its worst part, or `altered` if only some parts are there at all."""
    number, worst = min(enumerate(parts, start=1), key=lambda part: _WORST.index(_rank(part[1])))
    if not worst.needs_work:
        return replace(worst, why=f"{worst.why}; verified in {len(parts)} parts that overlap")
    why = f"part {number} of {len(parts)} that overlap: {worst.why}"
    is_there = worst.verdict == "not_found" and any(part.verdict != "not_found" for part in parts)
    return replace(worst, verdict="altered" if is_there else worst.verdict, why=why)


def _rank(part: CheckedQuote) -> str:
    return part.verdict if part.group == "confirmed" else part.group
