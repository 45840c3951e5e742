"""Articles from files: plain text with an optional sidecar, JSON, JSONL and ninjs.

An invalid article yields an error as a value, not an exception: the rest of the file is still read.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator
from pathlib import PurePath
from typing import Any

from quoth.article import MAX_FIELD, Article
from quoth.errors import BadInput
from quoth.ingest.formats import fields, ninjs, strict_json

TEXT = (".txt", ".text")
JSON = (".json",)
JSONL = (".jsonl", ".ndjson")
PAGES = (".html", ".htm", ".xhtml")  # page.py reads them

_METADATA = ("id", "version", "url", "headline", "language", "published", "publisher", "byline", "pub_status")
_BESIDE = (*_METADATA, "precision")  # the fields of a sidecar
FIELDS = (*_BESIDE, "sha256", "body")
# The names of feeds and their readers, and the fields that they mean.
FEED_NAMES: dict[str, str] = {
    "title": "headline",
    "date": "published",
    "date_published": "published",
    "source": "publisher",
    "author": "byline",
    "link": "url",
    "text": "body",
    "content_text": "body",
}
_NAMES = frozenset((*FIELDS, *FEED_NAMES))
_REFUSED = (*_NAMES, "speaker", "denied_speaker")  # and what is nearly one of these
MOST_NAMED = 50  # names of members that are no field; more are not named


# Returns a JSON value without the members that it leaves out.
Reduce = Callable[[Any], Any]


class Lenient:
    """Leaves members that are no field out of other people's JSON, and names each once.

    One whose name is nearly that of a field stays, to be refused: it is a misspelt field. So does a speaker: the object
    is a quote. `tell` gets the names.

    >>> Lenient(print)({"body": "“No,” said Ada.", "tags": ["dam"]})
    ('tags',)
    {'body': '“No,” said Ada.'}
    """

    def __init__(self, tell: Callable[[tuple[str, ...]], object]) -> None:
        self._tell = tell
        self._told: set[str] = set()

    def __call__(self, value: Any) -> Any:
        if not isinstance(value, dict) or ninjs.looks_like(value) or value.keys() <= _NAMES:
            return value
        others = [
            name for name in value if name not in _NAMES and not difflib.get_close_matches(name, _REFUSED, 1, 0.75)
        ]
        if new := tuple(name for name in others if name not in self._told)[: MOST_NAMED - len(self._told)]:
            self._told.update(new)
            self._tell(new)
        return {name: member for name, member in value.items() if name not in others}


def _unchanged(value: Any) -> Any:
    return value


def read_file(
    name: str, data: bytes, sidecar: bytes | None = None, reduce: Reduce = _unchanged
) -> Iterator[Article | BadInput]:
    """Yield the articles of one file, with an error in place of each invalid one.

    The extension of `name` decides the format; errors contain `name`. `sidecar` is the JSON beside a plain text: its
    metadata without the body. Objects are read as `reduce` returns them.
    """
    suffix = PurePath(name).suffix.lower()
    if suffix in JSONL:
        yield from read_lines(name, data.split(b"\n"), reduce=reduce)
        return
    try:
        if suffix in JSON:
            yield from_json(reduce(strict_json.loads(data)))
        elif suffix in TEXT:
            body = strict_json.decode(data)
            metadata = beside(name, sidecar, reduce)
            try:
                yield from_text(body, metadata)
            except BadInput as error:  # from the sidecar, unless the text itself is invalid
                raise error.at(name if error.field == "body" else sidecar_of(name)) from None
        else:
            raise BadInput(f"has no supported extension; Quoth reads {', '.join(TEXT + JSON + JSONL)}")
    except BadInput as error:
        yield error if error.source else error.at(name)


def read_lines(
    name: str, lines: Iterable[bytes], first: int = 1, reduce: Reduce = _unchanged
) -> Iterator[Article | BadInput]:
    """Yield the article of each non-blank JSON line, or its error with the line number, counted from `first`."""
    return strict_json.read_lines(name, lines, lambda value: from_json(reduce(value)), first)


def from_json(value: Any) -> Article:
    """Return the article of a JSON value: Quoth's own fields, or ninjs.

    >>> from_json({"body": "“No,” said Ada.", "published": "2025-08-11"}).published.isoformat()
    '2025-08-11T00:00:00+00:00'
    """
    if ninjs.looks_like(value):
        return ninjs.read(value)
    members = fields.members(_renamed(value), FIELDS)
    article = Article(body=fields.required_text(members, "body"), **_metadata(members))
    if members.get("sha256") not in (None, article.sha256):
        raise BadInput("does not match the body", field="sha256")
    return article


def _renamed(value: Any) -> Any:
    """Return an object with the names of feeds replaced by those of the fields."""
    if not isinstance(value, dict) or FEED_NAMES.keys().isdisjoint(value):
        return value
    members: dict[str, Any] = {}
    for name, member in value.items():
        field = str(FEED_NAMES.get(name, name))
        if field in members and members[field] != member:
            raise BadInput(f"is given twice, the second time as {name}", field=field)
        members[field] = member
    return members


def is_article(value: dict[str, Any]) -> bool:
    """Whether an object is an article rather than a ready-made quote, which has a speaker and no body.

    >>> is_article({"title": "The dam", "text": "“No,” said Ada."}), is_article({"text": "No.", "speaker": "Ada"})
    (True, False)
    """
    return "body" in value or {"speaker", "denied_speaker"}.isdisjoint(value)


def from_text(body: str, metadata: dict[str, Any] | None = None) -> Article:
    r"""Return the article of a plain text; without a given headline, the headline is the first non-blank line.

    >>> from_text("Rain at last\n\n“Finally,” said Ada.").headline
    'Rain at last'
    """
    metadata = dict(metadata or {})
    first = next((line.strip() for line in body.splitlines() if line.strip("\ufeff \t")), "").lstrip("\ufeff")
    if not metadata.get("headline") and len(first) <= MAX_FIELD:
        metadata["headline"] = first or None
    return Article(body=body, **metadata)


def sidecar_of(name: str) -> str | None:
    """Return the name of the JSON sidecar of a plain text or a page, `None` for any other file.

    >>> sidecar_of("news/a.TXT"), sidecar_of("news/a.json")
    ('news/a.json', None)
    """
    stem, _, ending = name.rpartition(".")
    return f"{stem}.json" if f".{ending.lower()}" in TEXT + PAGES else None


def is_sidecar(name: str, data: bytes) -> bool:
    """Whether a file is JSON with only the metadata of an article, whose text is in another file."""
    if PurePath(name).suffix.lower() not in JSON:
        return False
    try:
        value = strict_json.loads(data)
    except BadInput:
        return False
    return isinstance(value, dict) and _renamed(value).keys() <= set(_BESIDE)


def beside(name: str, data: bytes | None, reduce: Reduce = _unchanged) -> dict[str, Any]:
    """Return the metadata in the sidecar of a file, as fields of an article; nothing without a sidecar."""
    try:
        return {} if data is None else _metadata(fields.members(_renamed(reduce(strict_json.loads(data))), _BESIDE))
    except BadInput as error:
        raise error.at(sidecar_of(name)) from None


def _metadata(members: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": fields.text(members, "id") or "",
        "version": fields.whole_number(members, "version", 1),
        "url": fields.text(members, "url"),
        "headline": fields.text(members, "headline"),
        "language": fields.text(members, "language"),
        "published": fields.moment(members, "published"),
        "precision": fields.precision(members, "published"),
        "publisher": fields.text(members, "publisher"),
        "byline": fields.text(members, "byline"),
        "pub_status": fields.text(members, "pub_status"),
    }
