"""The answers of the pages: status, body and the headers that keep a browser from doing more than it is told."""

from __future__ import annotations

import base64
import gzip
import re
from http import HTTPStatus
from typing import Any, NamedTuple

from functions.http.caching import CACHING
from functions.http.problem import NOSNIFF
from quoth.answers.markup import Markup, document

HTML = "text/html; charset=utf-8"
PRIVATE = "no-store"
# Shorter answers are not worth the work.
COMPRESSED = 1_000

# As an accepted encoding; `gzip;q=0` refuses it.
_GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))", re.IGNORECASE)

# Nothing inline, nothing from elsewhere, and nobody frames a page.
POLICY = "; ".join(
    (
        "default-src 'none'",
        *(f"{kind}-src 'self'" for kind in ("script", "style", "img", "connect")),
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
SECURITY = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "same-origin",  # no source learns which search led to it
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    **NOSNIFF,
}
# What a page of another origin may load: the embed, and what describes it.
SHARED = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
OWN = {"Cross-Origin-Resource-Policy": "same-origin"}
NO_INDEX = {"X-Robots-Tag": "noindex"}


class PageReply(NamedTuple):
    """An answer before it is a response: its status, its body, and the headers that are its own."""

    status: HTTPStatus
    content: str | bytes = b""
    media_type: str = HTML
    headers: dict[str, str] = {}  # noqa: RUF012 - never changed

    @property
    def encoded(self) -> bytes:
        """The content as it is sent, before it is compressed."""
        return self.content.encode() if isinstance(self.content, str) else self.content


def page(html: Markup, headers: dict[str, str] | None = None, status: HTTPStatus = HTTPStatus.OK) -> PageReply:
    """Return the answer that is a page; without a rule of its own no cache keeps it."""
    return PageReply(status, document(html), HTML, {"Cache-Control": PRIVATE, **(headers or {})})


def moved(address: str, *, is_shared: bool = False) -> PageReply:
    """Return the answer that something has another address; if it `is_shared`, other origins may follow."""
    headers = {"Location": address, "Cache-Control": CACHING, **(SHARED if is_shared else {})}
    return PageReply(HTTPStatus.PERMANENT_REDIRECT, b"", "text/plain; charset=utf-8", headers)


def response(reply: PageReply, event: dict[str, Any]) -> dict[str, Any]:
    """Return an answer as Lambda returns it to API Gateway: compressed if the client reads that, empty for HEAD."""
    content = reply.encoded
    headers = {"Content-Type": reply.media_type, **SECURITY, **OWN, **reply.headers, "Vary": "Accept-Encoding"}
    if reply.status is HTTPStatus.NOT_MODIFIED:
        del headers["Content-Type"]
    if event["requestContext"]["http"]["method"] == "HEAD":
        content = b""
    if len(content) > COMPRESSED and _GZIP.search(event["headers"].get("accept-encoding") or ""):
        content = gzip.compress(content, 5, mtime=0)
        headers["Content-Encoding"] = "gzip"
    body = base64.b64encode(content).decode() if "Content-Encoding" in headers else content.decode()
    return {
        "statusCode": reply.status.value,
        "headers": headers,
        "body": body,
        "isBase64Encoded": "Content-Encoding" in headers,
    }
