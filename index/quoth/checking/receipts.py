"""The receipt of a verdict: with it the same question can be asked again, and the two answers compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Annotated, Literal, NamedTuple

import msgspec
from msgspec import Meta

from quoth.checking import evidence
from quoth.engine.analysis import words
from quoth.engine.searcher import VerifyResult
from quoth.engine.verify.comparison.kinds import Words
from quoth.engine.verify.verdict import Verdict
from quoth.engine.verify.verify import Verification, VerifyRequest
from quoth.errors import BadInput, BadQuery, NotFound, Removed
from quoth.quote import Quote
from quoth.text.sanitize import one_line

FORMAT: Literal[1] = 1
MAX_BYTES = 1024 * 1024  # a receipt has a quote and its question; both have limits far below

Standing = Literal["still_so", "corrected", "withdrawn"]


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of a receipt. An unknown field is refused: it would be a promise that nobody checks."""


class ReceiptQuestion(_Part, frozen=True):
    """The remembered words, and the claimed speaker, if any."""

    text: str
    speaker: str | None


class ReceiptArticle(_Part, frozen=True):
    """The article of the quote, as it was."""

    id: str
    version: int
    sha256: str | None
    url: str | None
    headline: str | None
    publisher: str | None
    published: datetime | None


class ReceiptQuote(_Part, frozen=True):
    """The quote that the verdict was based on."""

    id: str
    text: str
    speaker: str | None
    article: ReceiptArticle


class ReceiptDifference(_Part, frozen=True):
    """A difference between the remembered words and the words said."""

    kind: str
    remembered: str
    said: str
    may_change: bool


class Receipt(_Part, frozen=True, kw_only=True):
    """A verdict with its question, its evidence, and which index and which version of Quoth gave it, and when."""

    receipt: Annotated[int, Meta(ge=1, le=FORMAT)] = FORMAT
    question: ReceiptQuestion
    verdict: Verdict
    words: Words
    speaker_matches: bool | None
    why: str
    quote: ReceiptQuote | None
    differences: tuple[ReceiptDifference, ...]
    generation: Annotated[int, Meta(ge=0)]
    engine: str
    time: datetime


class Recheck(NamedTuple):
    """What a receipt is worth today: whether its verdict still stands, and why."""

    receipt: Receipt
    standing: Standing
    why: str
    result: VerifyResult


def issue(result: VerifyResult, engine: str, time: datetime) -> Receipt:
    """Return the receipt of a verdict that this version of the engine gave at this time."""
    verification = result.verification
    request = verification.request
    return Receipt(
        question=ReceiptQuestion(request.text, request.speaker),
        verdict=verification.verdict,
        words=verification.words,
        speaker_matches=verification.speaker_matches,
        why=verification.why,
        quote=None if verification.quote is None else _quote(verification.quote),
        differences=_differences(verification),
        generation=result.edition.generation,
        engine=engine,
        time=time,
    )


def _differences(verification: Verification) -> tuple[ReceiptDifference, ...]:
    return tuple(
        ReceiptDifference(change.kind or "same", change.remembered, change.said, change.may_change)
        for change in evidence.differences(verification)
    )


def _quote(quote: Quote) -> ReceiptQuote:
    origin = quote.article
    article = ReceiptArticle(
        id=origin.id,
        version=origin.version,
        sha256=origin.sha256,
        url=origin.url,
        headline=origin.headline,
        publisher=origin.publisher,
        published=origin.published,
    )
    return ReceiptQuote(quote.id, quote.text, None if quote.speaker is None else quote.speaker.id, article)


def to_bytes(receipt: Receipt) -> bytes:
    """Return a receipt as JSON that people can read, too."""
    return msgspec.json.format(msgspec.json.encode(receipt), indent=2) + b"\n"


def from_bytes(data: bytes) -> Receipt:
    """Return the receipt that `to_bytes` wrote; raises `BadInput`.

    >>> from_bytes(b'{"receipt": 2}')
    Traceback (most recent call last):
    quoth.errors.BadInput: is no receipt: Expected `int` <= 1 - at `$.receipt`
    """
    if len(data) > MAX_BYTES:
        raise BadInput(f"is no receipt: it is longer than {MAX_BYTES:,} bytes")
    try:
        receipt = _DECODE(data)
        VerifyRequest(receipt.question.text, receipt.question.speaker)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, BadQuery) as error:
        raise BadInput(f"is no receipt: {one_line(str(error), 200)}") from None
    return receipt


_DECODE = msgspec.json.Decoder(Receipt).decode


def recheck(receipt: Receipt, result: VerifyResult, get: Callable[[str], Quote], engine: str) -> Recheck:
    """Hold a receipt against the archive as it is now: `result` answers its question again, `get` reads a quote."""
    standing, why = _compared(receipt, result, get)
    if standing != "still_so" and receipt.engine != engine:
        why += f"; the receipt is from {receipt.engine}, this is {engine}"
    return Recheck(receipt, standing, why, result)


def _compared(receipt: Receipt, result: VerifyResult, get: Callable[[str], Quote]) -> tuple[Standing, str]:
    now, before = result.verification, receipt.quote
    changed = _change(receipt, now)
    if before is None:
        return ("still_so", now.why) if changed is None else ("corrected", changed)
    try:
        quote = get(before.id)
    except Removed as error:
        if error.reason == "withdrawn":
            return "withdrawn", str(error)
        if changed is None and (error.successor is not None or _has_words_of(now, before)):
            return "still_so", str(error)
        now_is = "" if now.quote is None else f"; the nearest is now {now.quote.id}: “{now.quote.text}”"
        return "corrected", f"{error}; {changed}" if changed is not None else f"{error}{now_is}"
    except NotFound as error:
        return "withdrawn", str(error)
    if changed is not None:
        return "corrected", changed
    speaker = None if quote.speaker is None else quote.speaker.id
    if speaker != before.speaker:
        return "corrected", f"the quote {before.id} had the speaker {before.speaker}, and has {speaker}"
    if quote.article.version > before.article.version:
        version = f"{quote.article.version}, and was {before.article.version}"
        return "still_so", f"the quote is in the article as it is now; its version is {version}"
    return "still_so", now.why


def _change(receipt: Receipt, now: Verification) -> str | None:
    """Return how the verdict, or the difference that it is based on, has changed; `None` if it has not."""
    verdict = now.verdict, now.words, now.speaker_matches
    if verdict != (receipt.verdict, receipt.words, receipt.speaker_matches):
        return f"the verdict was {_named(receipt.verdict)}, and is {_named(now.verdict)}: {now.why}"
    if receipt.quote is None or _told(receipt.differences) == _told(_differences(now)):
        return None
    was, now_is = ("; ".join(_as_text(each)) or "none" for each in (receipt.differences, _differences(now)))
    return f"the verdict is still {_named(now.verdict)}, and its differences were {was}, and are {now_is}"


def _told(differences: Iterable[ReceiptDifference]) -> list[tuple[object, ...]]:
    """Return what counts of the differences: the words on both sides, without marks and case."""
    return [(each.kind, words(each.remembered), words(each.said), each.may_change) for each in differences]


def _as_text(differences: Iterable[ReceiptDifference]) -> Iterator[str]:
    return (f"{each.kind} “{each.remembered}”, said “{each.said}”" for each in differences)


def _has_words_of(now: Verification, before: ReceiptQuote) -> bool:
    return now.quote is not None and words(now.quote.text) == words(before.text)


def _named(verdict: Verdict) -> str:
    return verdict.replace("_", " ")
