"""The quote: what was said, by whom, where it stands, and how we know."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

from quoth import moments
from quoth.article import Article, check_body, check_language, check_text, check_url, check_version, in_utc
from quoth.errors import BadInput
from quoth.hashes import short_hash
from quoth.names import slug

QuoteType = Literal["direct", "partial"]
Status = Literal["attributed", "unattributed", "given"]

CONTEXT = 32  # code points of prefix and suffix: what the W3C's TextQuoteSelector examples use


@dataclass(frozen=True, slots=True)
class Selector:
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


@dataclass(frozen=True, slots=True)
class Mention:
    """The words that name the speaker where the quote stands; offsets like those of a selector."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Speaker:
    """The person or body that said it.

    `aliases` are all spellings that find the speaker, `same_as` are identities elsewhere (Wikidata addresses).
    """

    id: str
    name: str
    as_written: str | None = None
    aliases: tuple[str, ...] = ()
    same_as: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Attribution:
    """How a quote got its speaker: the evidence, and one plain sentence about it.

    `confidence` is between 0 and 1, `None` when the speaker was given with the quote.
    """

    status: Status
    method: str
    why: str
    confidence: float | None = None
    cue: str | None = None
    mention: Mention | None = None


@dataclass(frozen=True, slots=True)
class Utterance:
    """The place of a quote in the act of speaking it belongs to; `position` counts from 1."""

    id: str
    position: int = 1
    of: int = 1


@dataclass(frozen=True, slots=True)
class Origin:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """One quoted span with its attribution; everything a reader needs to check it."""

    id: str
    text: str
    type: QuoteType
    selector: Selector
    utterance: Utterance
    attribution: Attribution
    speaker: Speaker | None
    article: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenQuote:
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
        object.__setattr__(self, "published", in_utc(self.published, "published"))


def quote_id(article_id: str, text: str, ordinal: int) -> str:
    """Return the id of the `ordinal`-th quote (from 0) with this text in an article; moved offsets keep it."""
    return "q_" + short_hash(article_id, text, ordinal)


def utterance_id(first_quote_id: str) -> str:
    """Return the id of the utterance that a quote opens."""
    return "u_" + first_quote_id.removeprefix("q_")


def to_json(quote: Quote) -> dict[str, Any]:
    """Return the quote as plain JSON values, the names as in the HTTP API."""
    return {
        "id": quote.id,
        "text": quote.text,
        "type": quote.type,
        "utterance": {"id": quote.utterance.id, "position": quote.utterance.position, "of": quote.utterance.of},
        "speaker": _speaker_json(quote.speaker),
        "attribution": _attribution_json(quote.attribution),
        "article": _origin_json(quote.article),
        "selector": _selector_json(quote.selector),
    }


def to_text(quote: Quote) -> str:
    """Return the quote as compact JSON text: `to_json`, written at a third of the cost.

    An encoder spends its time on the names of members and on finding out what a value is; both are known here. A few
    thousand people say most of what is said, and an article's quotes come together: their parts are written once.

    >>> speaker = Speaker("ada", "Ada")
    >>> told = Attribution("given", "given", "the speaker was given with the quote")
    >>> no = Quote(id="q", text="No.", type="direct", selector=Selector("No."), utterance=Utterance("u"),
    ...     attribution=told, speaker=speaker, article=Origin("a"))
    >>> json.loads(to_text(no)) == to_json(no)
    True
    """
    utterance = quote.utterance
    return (
        f'{{"id":{_string(quote.id)},"text":{_string(quote.text)},"type":{_string(quote.type)},'
        f'"utterance":{{"id":{_string(utterance.id)},"position":{utterance.position},"of":{utterance.of}}},'
        f'"speaker":{_speaker_text(quote.speaker)},"attribution":{_attribution_text(quote.attribution)},'
        f'"article":{_origin_text(quote.article)},"selector":{_selector_text(quote.selector)}}}'
    )


_as_text = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode
_string = json.encoder.encode_basestring


@lru_cache(8192)
def _speaker_text(speaker: Speaker | None) -> str:
    return _as_text(_speaker_json(speaker))


@lru_cache(1024)
def _attribution_text(attribution: Attribution) -> str:
    return _as_text(_attribution_json(attribution))


@lru_cache(256)
def _origin_text(article: Origin) -> str:
    return (
        f'{{"id":{_string(article.id)},"headline":{_maybe(article.headline)},"url":{_maybe(article.url)},'
        f'"publisher":{_maybe(article.publisher)},"published":{_maybe(moments.write(article.published))},'
        f'"language":{_maybe(article.language)},"sha256":{_maybe(article.sha256)},"version":{article.version}}}'
    )


def _selector_text(selector: Selector) -> str:
    start, end = ("null" if place is None else place for place in (selector.start, selector.end))
    return (
        f'{{"exact":{_string(selector.exact)},"prefix":{_string(selector.prefix)},'
        f'"suffix":{_string(selector.suffix)},"start":{start},"end":{end}}}'
    )


def _maybe(text: str | None) -> str:
    return "null" if text is None else _string(text)


def _speaker_json(speaker: Speaker | None) -> dict[str, Any] | None:
    if speaker is None:
        return None
    return {
        "id": speaker.id,
        "name": speaker.name,
        "as_written": speaker.as_written,
        "aliases": list(speaker.aliases),
        "same_as": list(speaker.same_as),
    }


def _attribution_json(attribution: Attribution) -> dict[str, Any]:
    mention = attribution.mention
    return {
        "status": attribution.status,
        "confidence": attribution.confidence,
        "method": attribution.method,
        "cue": attribution.cue,
        "mention": mention and {"text": mention.text, "start": mention.start, "end": mention.end},
        "why": attribution.why,
    }


def _origin_json(article: Origin) -> dict[str, Any]:
    return {
        "id": article.id,
        "headline": article.headline,
        "url": article.url,
        "publisher": article.publisher,
        "published": moments.write(article.published),
        "language": article.language,
        "sha256": article.sha256,
        "version": article.version,
    }


def _selector_json(selector: Selector) -> dict[str, Any]:
    return {
        "exact": selector.exact,
        "prefix": selector.prefix,
        "suffix": selector.suffix,
        "start": selector.start,
        "end": selector.end,
    }


def from_json(value: dict[str, Any]) -> Quote:
    """Read back what `to_json` wrote."""
    utterance, speaker, attribution = value["utterance"], value["speaker"], value["attribution"]
    article, selector, mention = value["article"], value["selector"], attribution["mention"]
    return Quote(
        id=value["id"],
        text=value["text"],
        type=value["type"],
        utterance=Utterance(utterance["id"], utterance["position"], utterance["of"]),
        speaker=speaker
        and Speaker(
            speaker["id"],
            speaker["name"],
            speaker["as_written"],
            tuple(speaker["aliases"]),
            tuple(speaker["same_as"]),
        ),
        attribution=Attribution(
            attribution["status"],
            attribution["method"],
            attribution["why"],
            attribution["confidence"],
            attribution["cue"],
            mention and Mention(mention["text"], mention["start"], mention["end"]),
        ),
        article=Origin(
            article["id"],
            article["headline"],
            article["url"],
            article["publisher"],
            moments.read(article["published"]),
            article["language"],
            article["sha256"],
            article["version"],
        ),
        selector=Selector(
            selector["exact"], selector["prefix"], selector["suffix"], selector["start"], selector["end"]
        ),
    )


def given_to_text(quote: GivenQuote) -> str:
    """Return a ready-made quote as one line of JSONL holds it.

    >>> given_to_text(GivenQuote(text="No.", speaker="Ada"))[:44]
    '{"text":"No.","speaker":"Ada","id":null,"ver'
    """
    return (
        f'{{"text":{_string(quote.text)},"speaker":{_string(quote.speaker)},"id":{_maybe(quote.id)},'
        f'"version":{quote.version},"url":{_maybe(quote.url)},"headline":{_maybe(quote.headline)},'
        f'"publisher":{_maybe(quote.publisher)},"published":{_maybe(moments.write(quote.published))},'
        f'"language":{_maybe(quote.language)},"context":{_maybe(quote.context)}}}'
    )
