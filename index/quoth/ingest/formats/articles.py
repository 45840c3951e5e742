"""Articles from files: plain text with an optional sidecar, JSON, JSONL and ninjs.

A bad article is a value here, not an exception: a file of many goes on after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import PurePath
from typing import Any

from quoth.article import MAX_FIELD, Article
from quoth.errors import BadInput
from quoth.ingest.formats import fields, ninjs, strict_json

TEXT = (".txt", ".text")
JSON = (".json",)
JSONL = (".jsonl", ".ndjson")

_ABOUT = ("id", "version", "url", "headline", "language", "published", "publisher", "byline", "pub_status")
_FIELDS = (*_ABOUT, "sha256", "body")


def read_file(name: str, data: bytes, sidecar: bytes | None = None) -> Iterator[Article | BadInput]:
    """Yield the articles of one file, and the error in place of each that cannot be used.

    `name` decides the format by its ending and stands in the errors. `sidecar` is the JSON beside a plain text:
    its metadata without the body.
    """
    suffix = PurePath(name).suffix.lower()
    if suffix in JSONL:
        yield from read_lines(name, data.split(b"\n"))
        return
    try:
        if suffix in JSON:
            yield from_json(strict_json.loads(data))
        elif suffix in TEXT:
            body = strict_json.decode(data)
            about = _read_sidecar(name, sidecar)
            try:
                yield from_text(body, about)
            except BadInput as error:  # of what the sidecar says, unless it is the text itself
                raise error.at(name if error.field == "body" else sidecar_of(name)) from None
        else:
            raise BadInput(f"has no ending that Quoth reads: {', '.join(TEXT + JSON + JSONL)}")
    except BadInput as error:
        yield error if error.source else error.at(name)


def read_lines(name: str, lines: Iterable[bytes]) -> Iterator[Article | BadInput]:
    """Yield the article of each JSON line that is not blank, or its error with the line's number."""
    return strict_json.read_lines(name, lines, from_json)


def from_json(value: Any) -> Article:
    """Return the article of a JSON value: Quoth's own fields, or ninjs.

    >>> from_json({"body": "“No,” said Ada.", "published": "2025-08-11"}).published.isoformat()
    '2025-08-11T00:00:00+00:00'
    """
    if ninjs.looks_like(value):
        return ninjs.read(value)
    given = fields.members(value, _FIELDS)
    article = Article(body=fields.required_text(given, "body"), **_about(given))
    if given.get("sha256") not in (None, article.sha256):
        raise BadInput("is not that of the body", field="sha256")
    return article


def from_text(body: str, about: dict[str, Any] | None = None) -> Article:
    r"""Return the article of a plain text; when nothing gives its headline it is the first line that is not blank.

    >>> from_text("Rain at last\n\n“Finally,” said Ada.").headline
    'Rain at last'
    """
    about = dict(about or {})
    first = next((line.strip() for line in body.splitlines() if line.strip("\ufeff \t")), "").lstrip("\ufeff")
    if not about.get("headline") and len(first) <= MAX_FIELD:
        about["headline"] = first or None
    return Article(body=body, **about)


def sidecar_of(name: str) -> str | None:
    """Return the name of the JSON that may stand beside a plain text, `None` for any other file.

    >>> sidecar_of("news/a.TXT"), sidecar_of("news/a.json")
    ('news/a.json', None)
    """
    stem, _, ending = name.rpartition(".")
    return f"{stem}.json" if f".{ending.lower()}" in TEXT else None


def is_sidecar(name: str, data: bytes) -> bool:
    """Whether a file is JSON that only says something about an article, whose text is another file's."""
    if PurePath(name).suffix.lower() not in JSON:
        return False
    try:
        value = strict_json.loads(data)
    except BadInput:
        return False
    return isinstance(value, dict) and value.keys() <= set(_ABOUT)


def _read_sidecar(name: str, data: bytes | None) -> dict[str, Any]:
    try:
        return {} if data is None else _about(fields.members(strict_json.loads(data), _ABOUT))
    except BadInput as error:
        raise error.at(sidecar_of(name)) from None


def _about(given: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": fields.text(given, "id") or "",
        "version": fields.whole_number(given, "version", 1),
        "url": fields.text(given, "url"),
        "headline": fields.text(given, "headline"),
        "language": fields.text(given, "language"),
        "published": fields.moment(given, "published"),
        "publisher": fields.text(given, "publisher"),
        "byline": fields.text(given, "byline"),
        "pub_status": fields.text(given, "pub_status"),
    }
