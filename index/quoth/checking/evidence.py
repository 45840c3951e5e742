"""What a verification shows for its verdict: how the words differ, and the quotes to compare them with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from quoth.engine.verify.comparison.differences import WordChange
from quoth.engine.verify.verify import Verification
from quoth.quote import Quote

EvidenceLabel = Literal["said", "piece", "denied", "nearest"]


class EvidenceQuote(NamedTuple):
    """A quote to compare with, and what it is to the quote of a draft; of a splice, with the piece that it has."""

    label: EvidenceLabel
    quote: Quote
    piece: str | None = None


def differences(verification: Verification) -> tuple[WordChange, ...]:
    """Return how the words differ from those said, or without a match from the nearest quote."""
    return verification.differences or verification.nearest_differences


def quotes(verification: Verification) -> Iterator[EvidenceQuote]:
    """Yield the quotes that the verdict is based on, or without one the nearest."""
    for piece in verification.pieces:
        yield EvidenceQuote("piece", piece.quote, piece.text)
    if verification.quote is not None and not verification.pieces:
        label: EvidenceLabel = "denied" if verification.verdict == "denied" else "said"
        for quote in verification.utterance or (verification.quote,):
            yield EvidenceQuote(label, quote)
    for quote in verification.also_denied:
        yield EvidenceQuote("denied", quote)
    if verification.nearest is not None:
        yield EvidenceQuote("nearest", verification.nearest)
