"""The quote: what was said, by whom, where it stands, and how we know."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

from quoth.article import Article, check_body, check_language, check_text, check_url, check_version, in_utc
from quoth.errors import BadInput, Damaged
from quoth.hashes import short_hash
from quoth.text.slugs import slug

QuoteType = Literal["direct", "partial", "indirect"]
Status = Literal["attributed", "unattributed", "given"]
SpeakerType = Literal["person", "organisation", "document"]

CONTEXT = 32  # code points of prefix and suffix: what the W3C's TextQuoteSelector examples use


class _Value(msgspec.Struct, frozen=True, gc=False):  # no cycle can be made of them
    """A frozen value whose JSON has its fields as members, in their order."""


class Selector(_Value, frozen=True):
    """Where a quote stands: W3C TextQuoteSelector and TextPositionSelector in one.

    `start` and `end` are half-open, in code points of the article's body, without the marks; `None` when the
    article is not known (a ready-made quote).
    """

    exact: str
    prefix: str = ""
    suffix: str = ""
    start: int | None = None
    end: int | None = None

    @classmethod
    def of(cls, body: str, start: int, end: int) -> Selector:
        """Select `body[start:end]` with a little context on both sides.

        >>> Selector.of("He said “no” twice.", 9, 11)
        Selector(exact='no', prefix='He said “', suffix='” twice.', start=9, end=11)
        """
        return cls(body[start:end], body[max(0, start - CONTEXT) : start], body[end : end + CONTEXT], start, end)


class Mention(_Value, frozen=True):
    """The words that name the speaker where the quote stands; offsets like those of a selector."""

    text: str
    start: int
    end: int


class Speaker(_Value, frozen=True):
    """Who said it: a person, a body, or a document that makes a statement.

    `aliases` are all spellings that find the speaker, `same_as` are identities elsewhere (Wikidata addresses).
    """

    id: str
    name: str
    as_written: str | None = None
    aliases: tuple[str, ...] = ()
    same_as: tuple[str, ...] = ()
    type: SpeakerType | None = None


class Attribution(_Value, frozen=True):
    """How a quote got its speaker: the evidence, and one plain sentence about it.

    `confidence` is between 0 and 1, `None` when the speaker was given with the quote.
    """

    status: Status
    method: str
    why: str
    confidence: float | None = None
    cue: str | None = None
    mention: Mention | None = None


class Utterance(_Value, frozen=True):
    """The place of a quote in the act of speaking it belongs to; `position` counts from 1."""

    id: str
    position: int = 1
    of: int = 1


class Origin(_Value, frozen=True):
    """What a quote remembers of its article."""

    id: str
    headline: str | None = None
    url: str | None = None
    publisher: str | None = None
    published: datetime | None = None
    language: str | None = None
    sha256: str | None = None
    version: int = 1

    @classmethod
    def of(cls, article: Article) -> Origin:
        """Return what a quote of this article remembers of it."""
        return cls(
            id=article.id,
            headline=article.headline,
            url=article.url,
            publisher=article.publisher,
            published=article.published,
            language=article.language,
            sha256=article.sha256,
            version=article.version,
        )


class Quote(_Value, frozen=True, kw_only=True):
    """One quoted span with its attribution; everything a reader needs to check it.

    The type `indirect` is a statement in the reporter's words, without marks. `repeats` is the id of the utterance
    that a fragment repeats inside its article.
    """

    id: str
    text: str
    type: QuoteType
    utterance: Utterance
    speaker: Speaker | None
    attribution: Attribution
    article: Origin
    selector: Selector
    repeats: str | None = None


class GivenQuote(_Value, frozen=True, kw_only=True):
    """A ready-made quote: its speaker was given with it. What is not known is `None`.

    `context` is the text around the quote, when there is some. Raises `BadInput` naming the field that cannot be.
    """

    text: str
    speaker: str
    id: str | None = None
    version: int = 1
    url: str | None = None
    headline: str | None = None
    publisher: str | None = None
    published: datetime | None = None
    language: str | None = None
    context: str | None = None

    def __post_init__(self) -> None:
        check_text(self.speaker, "speaker")
        check_text(self.id, "id")
        check_text(self.url, "url")
        check_text(self.headline, "headline")
        check_text(self.language, "language")
        check_text(self.publisher, "publisher")
        check_body(self.text, "text")
        if self.context is not None:
            check_body(self.context, "context")
        if not slug(self.speaker):
            raise BadInput(f"has no letter: {self.speaker[:40]!r}", field="speaker")
        check_version(self.version)
        check_url(self.url)
        check_language(self.language)
        if (published := in_utc(self.published, "published")) is not self.published:
            msgspec.structs.force_setattr(self, "published", published)


def quote_id(article_id: str, text: str, ordinal: int) -> str:
    """Return the id of the `ordinal`-th quote (from 0) with this text in an article; moved offsets keep it."""
    return "q_" + short_hash(article_id, text, ordinal)


def utterance_id(first_quote_id: str) -> str:
    """Return the id of the utterance that a quote opens."""
    return "u_" + first_quote_id.removeprefix("q_")


def to_json(quote: Quote) -> dict[str, Any]:
    """Return the quote as plain JSON values, the names as in the HTTP API."""
    value: dict[str, Any] = msgspec.json.decode(to_text(quote))
    return value


def to_text(quote: Quote | GivenQuote) -> bytes:
    """Return a quote as compact JSON on one line: what `to_json` returns, written at a twentieth of the cost.

    >>> to_text(GivenQuote(text="No.", speaker="Ada"))[:44]
    b'{"text":"No.","speaker":"Ada","id":null,"ver'
    """
    return _ENCODE(quote)


def from_text(text: bytes) -> Quote:
    """Read back what `to_text` wrote of a quote; raises `Damaged`.

    >>> told = Attribution("given", "given", "the speaker was given with the quote")
    >>> no = Quote(id="q", text="No.", type="direct", utterance=Utterance("u"), speaker=Speaker("ada", "Ada"),
    ...     attribution=told, article=Origin("a"), selector=Selector("No."))
    >>> from_text(to_text(no)) == no
    True
    """
    try:
        return _DECODE(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Damaged(f"a stored quote cannot be read: {error}") from None


_ENCODE = msgspec.json.Encoder().encode
_DECODE = msgspec.json.Decoder(Quote).decode
