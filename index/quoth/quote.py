"""The quote: its words, its speaker, its position in the article, and the evidence for the speaker."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from quoth.article import (
    Article,
    article_key,
    as_moment,
    check_body,
    check_language,
    check_text,
    check_url,
    check_user_information,
    check_version,
)
from quoth.errors import BadInput, Damaged
from quoth.hashes import short_hash
from quoth.text.slugs import slug
from quoth.text.timestamps import Precision

QuoteType = Literal["direct", "partial", "indirect", "term", "title"]
Status = Literal["attributed", "unattributed", "given", "denied"]
SpeakerType = Literal["person", "organisation", "document", "account"]

CONTEXT = 32  # code points of prefix and suffix, as in the W3C's TextQuoteSelector examples


class _Value(msgspec.Struct, frozen=True, gc=False):  # frozen values cannot form a cycle
    """A frozen value; its JSON members are its fields, in order."""


class Selector(_Value, frozen=True):
    """The position of a quote in its article: W3C TextQuoteSelector and TextPositionSelector in one.

    `start` and `end` are half-open, in code points of the article's body, without the quotation marks; `None` when
    the article's text is unknown (a ready-made quote).
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
    """The words beside the quote that name its speaker; offsets are those of a selector."""

    text: str
    start: int
    end: int


class Speaker(_Value, frozen=True):
    """The speaker of a quote: a person, an organisation, a document that makes a statement, or an account (@name).

    `aliases` are all spellings that match the speaker; `same_as` are identities elsewhere (Wikidata URLs). A name is
    `mixed_script` if it has letters of two alphabets: it may look like the name of somebody else.
    """

    id: str
    name: str
    as_written: str | None = None
    aliases: tuple[str, ...] = ()
    same_as: tuple[str, ...] = ()
    type: SpeakerType | None = None
    mixed_script: Literal[True] | UnsetType = UNSET


class Attribution(_Value, frozen=True):
    """The reason why a quote has its speaker: the evidence, and one plain sentence about it.

    `confidence` is between 0 and 1, `None` for a speaker given with the quote.
    """

    status: Status
    method: str
    why: str
    confidence: float | None = None
    cue: str | None = None
    mention: Mention | None = None


class Utterance(_Value, frozen=True):
    """The utterance that a quote belongs to, and its position there; `position` counts from 1."""

    id: str
    position: int = 1
    of: int = 1


class Origin(_Value, frozen=True):
    """The article metadata that a quote carries.

    `language_detected` is there only if the article came without a language, and its text shows one, and `precision`
    only if `published` is not written to the second.
    """

    id: str
    headline: str | None = None
    url: str | None = None
    publisher: str | None = None
    published: datetime | None = None
    language: str | None = None
    sha256: str | None = None
    version: int = 1
    language_detected: str | UnsetType = UNSET
    precision: Precision | UnsetType = UNSET

    @property
    def key(self) -> str:
        """The key of the article, by which the API and the ledger know it."""
        return article_key(self.id)

    @property
    def spoken_language(self) -> str | None:
        """The given language, else the detected one."""
        return self.language or self.language_detected or None

    @classmethod
    def of(cls, article: Article, detected: str | None = None) -> Origin:
        """Return the metadata that the quotes of an article carry; a given language makes a detected one void."""
        return cls(
            id=article.id,
            headline=article.headline,
            url=article.url,
            publisher=article.publisher,
            published=article.published,
            language=article.language,
            sha256=article.sha256,
            version=article.version,
            language_detected=UNSET if article.language or not detected else detected,
            precision=article.precision or UNSET,
        )


class Quote(_Value, frozen=True, kw_only=True):
    """One quoted span with its attribution: everything a reader needs to check it.

    The type `indirect` is a statement in the reporter's words, without quotation marks; nobody speaks a `term` or a
    `title`, although it is in marks. `repeats` is the id of the utterance that a fragment repeats inside its article.
    `denied_speaker` is there only if the status is `denied`: the article says that this person did not say it, and so
    `speaker` is `None`.
    """

    id: str
    text: str
    type: QuoteType
    utterance: Utterance
    speaker: Speaker | None
    denied_speaker: Speaker | UnsetType = UNSET
    attribution: Attribution
    article: Origin
    selector: Selector
    repeats: str | None = None


class GivenQuote(_Value, frozen=True, kw_only=True):
    """A ready-made quote: it comes with its speaker, or with the person who did not say it. An unknown field is `None`.

    Exactly one of `speaker` and `denied_speaker` is known. `context` is the text around the quote, if known,
    and `precision` how much of `published` is, if not all. Raises
    `BadInput` with the invalid field.
    """

    text: str
    speaker: str | None = None
    denied_speaker: str | None = None
    id: str | None = None
    version: int = 1
    url: str | None = None
    headline: str | None = None
    publisher: str | None = None
    published: datetime | None = None
    language: str | None = None
    context: str | None = None
    precision: Precision | UnsetType = UNSET

    if TYPE_CHECKING:  # a date may be given as a text, or without a time; what is kept is a moment

        def __init__(
            self,
            *,
            text: str,
            speaker: str | None = None,
            denied_speaker: str | None = None,
            id: str | None = None,
            version: int = 1,
            url: str | None = None,
            headline: str | None = None,
            publisher: str | None = None,
            published: date | str | None = None,
            language: str | None = None,
            context: str | None = None,
            precision: Precision | UnsetType = UNSET,
        ) -> None: ...

    def __post_init__(self) -> None:
        name, field = self._name()
        check_text(name, field)
        if self.id is not None:
            check_text(self.id, "id")
            check_user_information(self.id, "id")
        _check_article(self.url, self.headline, self.language, self.publisher)
        check_body(self.text, "text")
        if self.context is not None:
            check_body(self.context, "context")
        if not slug(name):
            raise BadInput(f"has no letter: {name[:40]!r}", field=field)
        check_version(self.version)
        published, precision = as_moment(self.published, "published")
        if published is not self.published:
            msgspec.structs.force_setattr(self, "published", published)
        if precision is not None and self.precision is UNSET:
            msgspec.structs.force_setattr(self, "precision", precision)

    def _name(self) -> tuple[str, str]:
        """Return the name that came with the quote, and its field."""
        speaker, denied = self.speaker, self.denied_speaker
        if speaker is not None and denied is not None:
            raise BadInput("must be left out of a quote with a speaker", field="denied_speaker")
        if speaker is not None:
            return speaker, "speaker"
        if denied is not None:
            return denied, "denied_speaker"
        raise BadInput("is missing, and so is denied_speaker", field="speaker")


@lru_cache(64)  # the quotes of an article often come one after the other; an exception is not cached
def _check_article(url: str | None, headline: str | None, language: str | None, publisher: str | None) -> None:
    check_text(url, "url")
    check_text(headline, "headline")
    check_text(language, "language")
    check_text(publisher, "publisher")
    check_url(url)
    check_language(language)


def quote_id(article_id: str, text: str, ordinal: int) -> str:
    """Return the id of the `ordinal`-th quote (from 0) with this text in an article; moved offsets do not change it."""
    return "q_" + short_hash(article_id, text, ordinal)


def utterance_id(first_quote_id: str) -> str:
    """Return the id of the utterance that starts with this quote."""
    return "u_" + first_quote_id.removeprefix("q_")


def to_json(quote: Quote) -> dict[str, Any]:
    """Return the quote as plain JSON values, named as in the HTTP API."""
    value: dict[str, Any] = msgspec.json.decode(to_text(quote))
    return value


def to_text(quote: Quote | GivenQuote) -> bytes:
    """Return a quote as compact JSON on one line: the value of `to_json`, at a twentieth of the cost.

    >>> to_text(GivenQuote(text="No.", speaker="Ada"))[:61]
    b'{"text":"No.","speaker":"Ada","denied_speaker":null,"id":null'
    """
    return _ENCODE(quote)


def to_texts(quotes: Iterable[Quote]) -> list[bytes]:
    """Return `to_text` of each quote, in less time: a buffer that has grown for one is long enough for the others."""
    buffer, texts = bytearray(), list[bytes]()
    for quote in quotes:
        _ENCODER.encode_into(quote, buffer)
        texts.append(bytes(buffer))
    return texts


def to_lines(quotes: Sequence[Quote | GivenQuote]) -> bytes:
    """Return `to_text` of each quote, with the end of a line after each."""
    return _ENCODER.encode_lines(quotes)


def from_text(text: bytes) -> Quote:
    """Return the quote that `to_text` wrote; raises `Damaged`.

    >>> given = Attribution("given", "given", "the speaker was given with the quote")
    >>> no = Quote(id="q", text="No.", type="direct", utterance=Utterance("u"), speaker=Speaker("ada", "Ada"),
    ...     attribution=given, article=Origin("a"), selector=Selector("No."))
    >>> from_text(to_text(no)) == no
    True
    """
    try:
        return _DECODE(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Damaged(f"a stored quote cannot be read: {error}") from None


_ENCODER = msgspec.json.Encoder()
_ENCODE = _ENCODER.encode
_DECODE = msgspec.json.Decoder(Quote).decode
