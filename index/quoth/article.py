"""The article: a published text and its identity."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Literal, get_args
from urllib.parse import urlsplit

import msgspec
from msgspec.structs import force_setattr

from quoth.errors import BadInput
from quoth.hashes import sha256, short_hash
from quoth.text import timestamps
from quoth.text.timestamps import Precision

PubStatus = Literal["usable", "withheld", "canceled"]

MARKS = "\"'“”‘’«»„「&>:\n"
MAX_MARKS = 30_000
MAX_BYTES = 1024 * 1024  # of a body, and of the file or request that carries it
MAX_VERSION = 2**63 - 1
MAX_FIELD = 2048  # characters of any field beside the body
# The shape of nearly every URL, always safe to open. The standard library parses any other URL.
_USUAL_URL = re.compile(r"https?://[a-z0-9.-]+(?:/[!-~]*)?")
# A name before the host: `https://ada:secret@example.org`. Browsers read a backslash as a slash, and http URLs even
# without slashes.
_USER_INFORMATION = re.compile(r"\s*(?:https?:[/\\]*|[a-z][a-z0-9+.-]*:[/\\]+)[^/?#]*@", re.IGNORECASE)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")  # the shape of a BCP 47 tag


class Article(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A published text. An unknown field is `None`, never invented.

    `body` is kept as decoded: every offset in Quoth counts its code points. `published` is in UTC; a time without
    a zone is UTC, and a text such as "2025-08" is read as a date or time. `precision` is that of a date without a time.
    `id` defaults to the URL, else to `sha256:` and the body's hash. Raises `BadInput` with the invalid field.

    >>> Article(body="“No,” said Ada.", url="https://example.org/1").id
    'https://example.org/1'
    """

    body: str
    id: str = ""
    version: int = 1
    url: str | None = None
    headline: str | None = None
    language: str | None = None
    published: datetime | None = None
    publisher: str | None = None
    byline: str | None = None
    pub_status: PubStatus | None = None
    precision: Precision | None = None

    if TYPE_CHECKING:  # a date may be given as a text, or without a time; what is kept is a moment

        def __init__(
            self,
            *,
            body: str,
            id: str = "",
            version: int = 1,
            url: str | None = None,
            headline: str | None = None,
            language: str | None = None,
            published: date | str | None = None,
            publisher: str | None = None,
            byline: str | None = None,
            pub_status: PubStatus | None = None,
            precision: Precision | None = None,
        ) -> None: ...

    def __post_init__(self) -> None:
        for name in ("id", "url", "headline", "language", "publisher", "byline"):
            check_text(getattr(self, name), name)
        check_version(self.version)
        check_user_information(self.id, "id")
        check_url(self.url)
        check_language(self.language)
        check_pub_status(self.pub_status)
        published, precision = as_moment(self.published, "published")
        force_setattr(self, "published", published)
        force_setattr(self, "precision", self.precision or precision)
        check_body(self.body, "body")
        check_marks(self.body)
        force_setattr(self, "id", self.id or self.url or f"sha256:{self.sha256}")

    @cached_property
    def sha256(self) -> str:
        """The hash of the body."""
        return sha256(self.body.encode())

    @property
    def key(self) -> str:
        """The key in routes and in the ledger: `a_` and a hash of the id."""
        return article_key(self.id)

    @property
    def is_withdrawn(self) -> bool:
        """Whether its publisher has withdrawn it, so that no search may return its quotes."""
        return self.pub_status in ("withheld", "canceled")


@lru_cache(64)  # the quotes of an article are processed one after the other
def article_key(article_id: str) -> str:
    """Return the key of the article with this id; the article need not be stored."""
    return "a_" + short_hash(article_id)


def check_text(text: str | None, name: str) -> None:
    """Reject a text that is too long for a field or cannot be encoded as UTF-8."""
    if text is not None:
        if len(text) > MAX_FIELD:
            raise BadInput(f"is {len(text)} characters long; the limit is {MAX_FIELD}", field=name)
        if not text.isascii():
            encoded(text, name)


def check_body(text: str, name: str) -> None:
    """Reject a text that is blank, too long or cannot be encoded as UTF-8."""
    if not text.strip():
        raise BadInput("is empty", field=name)
    size = len(text) if text.isascii() else len(encoded(text, name))
    if size > MAX_BYTES:
        raise BadInput(f"is {size:,} bytes long; the limit is {MAX_BYTES:,}", field=name)


def check_marks(body: str) -> None:
    """Reject a body that is mostly quotation marks, character references or very short lines.

    A megabyte of newspaper text has about ten thousand of them. Each may open a quote, which costs time and a
    document.
    """
    count = sum(map(body.count, MARKS))
    if count > MAX_MARKS:
        raise BadInput(f"has {count:,} quotation marks, entities and lines; the limit is {MAX_MARKS:,}", field="body")


def encoded(text: str, name: str | None) -> bytes:
    """Return the UTF-8 bytes of a text; reject a lone surrogate, which JSON can escape but UTF-8 cannot encode."""
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise BadInput(f"has a lone surrogate at character {error.start}", field=name) from None


def check_version(version: int) -> None:
    """Reject a version that is not a positive integer within `MAX_VERSION`."""
    if not 1 <= version <= MAX_VERSION:
        raise BadInput(f"must be a whole number of at least 1, not {version}", field="version")


def check_url(url: str | None) -> None:
    """Reject a URL that a browser could not open safely.

    >>> check_url("javascript:alert(1)")
    Traceback (most recent call last):
    quoth.errors.BadInput: url must begin with http:// or https://, not 'javascript:alert(1)'
    """
    if url is None or _USUAL_URL.fullmatch(url):
        return
    check_user_information(url, "url")  # first: other messages show the URL
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        raise BadInput(f"cannot be read as a URL: {url[:80]!r}", field="url") from None
    if "@" in parts.netloc:
        raise _user_information("url")
    if parts.scheme not in ("http", "https") or not host:
        raise BadInput(f"must begin with http:// or https://, not {url[:80]!r}", field="url")
    if not url.isprintable() or " " in url:  # the only space character that counts as printable
        raise BadInput(f"has a space or a control character: {url[:80]!r}", field="url")


def check_user_information(text: str | None, name: str) -> None:
    """Reject a URL with a user name or a password: every answer and every log would show it.

    >>> check_user_information("https://ada:secret@example.org/1", "url")
    Traceback (most recent call last):
    quoth.errors.BadInput: url must not have a user name or a password
    """
    if text and "@" in text and _USER_INFORMATION.match(text):
        raise _user_information(name)


def _user_information(name: str) -> BadInput:
    return BadInput("must not have a user name or a password", field=name)


def check_pub_status(status: str | None) -> None:
    """Reject a publication status that ninjs does not define."""
    if status is not None and status not in get_args(PubStatus):
        raise BadInput(f"must be usable, withheld or canceled, not {status[:40]!r}", field="pub_status")


@lru_cache(256)  # an exception is not cached
def check_language(language: str | None) -> None:
    """Reject a language that does not have the shape of a BCP 47 tag."""
    if language is not None and not _LANGUAGE.fullmatch(language):
        raise BadInput(f"must be a BCP 47 tag such as en or en-GB, not {language[:40]!r}", field="language")


def in_utc(moment: datetime | None, name: str) -> datetime | None:
    """Return a field's timestamp in UTC; a time without a zone is UTC."""
    try:
        return None if moment is None else timestamps.to_utc(moment)
    except ValueError as error:
        raise BadInput(f"is {error}", field=name) from None


def as_moment(given: Any, name: str) -> tuple[datetime | None, Precision | None]:
    """Return a timestamp in UTC, and the precision of one that was given as a text, or as a date without a time."""
    if isinstance(given, date) and not isinstance(given, datetime):
        return datetime(given.year, given.month, given.day, tzinfo=UTC), "day"
    if not isinstance(given, str):
        return in_utc(given, name), None
    try:
        return timestamps.parse_with_precision(given)
    except ValueError:
        raise BadInput(f"must be {timestamps.EXPECTED}, not {given[:40]!r}", field=name) from None


def to_json(article: Article) -> dict[str, Any]:
    """Return the article as plain JSON values, `body` last; a date without a time has its `precision`."""
    return {
        "id": article.id,
        "version": article.version,
        "url": article.url,
        "headline": article.headline,
        "language": article.language,
        "published": timestamps.to_rfc3339(article.published),
        "publisher": article.publisher,
        "byline": article.byline,
        "pub_status": article.pub_status,
        **({} if article.precision is None else {"precision": article.precision}),
        "sha256": article.sha256,
        "body": article.body,
    }


def from_json(value: dict[str, Any]) -> Article:
    """Return the article that `to_json` wrote; the body's hash is recomputed."""
    others = {name: value[name] for name in value if name not in ("sha256", "published")}
    return Article(**others, published=timestamps.from_rfc3339(value["published"]))
