"""ninjs, the IPTC's news in JSON: versions 1, 2 and 3.

1.x has one `headline`, `byline` and `body_text` or `body_html`, later versions lists; 2.x writes `pubstatus`, 3.x
`pubStatus`. Source: the IPTC's schemas 1.0 to 3.3. Fields without an equivalent in Quoth are ignored, since the
standard lets a provider add its own.
"""

from __future__ import annotations

from typing import Any, cast

from quoth.article import Article, PubStatus
from quoth.errors import BadInput
from quoth.ingest.formats import fields, html

_NAMES = {
    "id": "uri",
    "url": "uri",
    "body": "bodies",
    "headline": "headlines",
    "publisher": "copyrightHolder",
    "byline": "by",
    "pub_status": "pubStatus",
}
_BODIES_1 = ("body_text", "body_html", "body_xhtml")  # of ninjs 1
_TYPICAL_FIELDS = ("bodies", "headlines", "pubStatus", "pubstatus", "versionCreated", "versioncreated", *_BODIES_1)


def looks_like(value: Any) -> bool:
    """Whether a JSON value is ninjs rather than Quoth's own article.

    >>> [looks_like(one) for one in ({"uri": "urn:1", "bodies": []}, {"uri": "urn:1", "body_html": ""}, {"body": "…"})]
    [True, True, False]
    """
    return (
        isinstance(value, dict)
        and "uri" in value
        and "body" not in value
        and any(name in value for name in _TYPICAL_FIELDS)
    )


def read(value: dict[str, Any]) -> Article:
    """Return the article of a ninjs object.

    `published` is the creation time of the item, else of its version. The body is the plain text if present,
    otherwise the text of the HTML; offsets then count the code points of that text.
    """
    try:
        return _read(value)
    except BadInput as error:  # with the field name used in the file
        named = error.field or ""
        field = named if _is_first(value) else _NAMES.get(named, named)
        raise BadInput(error.detail, field=_spelling(value, field)) from None


def _read(value: dict[str, Any]) -> Article:
    uri = fields.required_text(value, "uri")
    created = _spelling(value, "firstCreated")
    if fields.text(value, created) is None:
        created = _spelling(value, "versionCreated")
    return Article(
        body=_body(value),
        id=uri,
        version=fields.whole_number(value, "version", 1),
        url=uri if uri.startswith(("http://", "https://")) else None,
        headline=_main(value, "headlines") or fields.text(value, "headline"),
        language=fields.text(value, "language"),
        published=fields.moment(value, created),
        precision=fields.precision(value, created),
        publisher=fields.text(value, _spelling(value, "copyrightHolder")),
        byline=fields.text(value, "by") or fields.text(value, "byline"),
        pub_status=cast("PubStatus | None", fields.text(value, _spelling(value, "pubStatus"))),
    )


def _spelling(value: dict[str, Any], name: str) -> str:
    """Return the spelling of a field in this object: camel case in 3.x, lower case in 2.x."""
    return name if name in value else name.lower()


def _parts(value: dict[str, Any], name: str) -> list[dict[str, Any]]:
    parts = [] if value.get(name) is None else value[name]
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        raise BadInput("must be a list of objects", field=name)
    return parts


def _main(value: dict[str, Any], name: str) -> str | None:
    """Return the text of the main alternative, else of the first one."""
    parts = sorted(_parts(value, name), key=lambda part: part.get("role") != "main")
    return next((text for part in parts if (text := fields.text(part, "value"))), None)


def _is_first(value: dict[str, Any]) -> bool:
    """Whether an object is of the first version."""
    return "bodies" not in value and any(name in value for name in _BODIES_1)


def _body(value: dict[str, Any]) -> str:
    if _is_first(value):
        texts = ((name, text) for name in _BODIES_1 if (text := fields.text(value, name)))
        name, text = next(texts, ("", ""))
        if not text:
            raise BadInput("is empty", field="body_text")
        return text if name == "body_text" else html.to_text(text)
    bodies = _parts(value, "bodies")
    kinds = [(fields.text(body, _spelling(body, "contentType")) or "", body) for body in bodies]
    plain = [body for kind, body in kinds if kind.startswith("text/plain")]
    marked_up = [body for kind, body in kinds if kind.startswith(("text/html", "application/xhtml"))]
    untyped = [body for kind, body in kinds if not kind]
    for body in plain + untyped:
        if text := fields.text(body, "value"):
            return text
    for body in marked_up:
        if text := fields.text(body, "value"):
            return html.to_text(text)
    raise BadInput("has no text/plain and no text/html value", field="bodies")
