"""Quotes as Quoth itself writes them: the hits of JSON lines, and the columns of its tables.

Their ids, statuses and methods are attributions of the archive that wrote them; an imported quote is one that somebody
gave. So only words, speaker and source come over, and the text on both sides of the words as their context.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from quoth.errors import BadInput

_HIT = frozenset({"text", "attribution", "article", "selector"})
_TABLE = frozenset({"speaker_id", "article_sha256", "utterance_id"})
# The columns that do not mean the field of their name.
COLUMNS: Mapping[str, str] = {"id": "", "type": "", "status": "", "article_version": "version"}
_ORIGIN = ("url", "headline", "publisher", "published", "precision", "language", "version")
_NOT_SPOKEN = ("indirect", "term", "title")


def is_hit(value: Any) -> bool:
    """Whether a JSON value is a quote of an export, or a hit of a search."""
    return isinstance(value, dict) and value.keys() >= _HIT


def is_table(columns: Collection[str]) -> bool:
    """Whether columns are those of an exported table."""
    return _TABLE.issubset(columns)


def members(hit: dict[str, Any]) -> dict[str, Any]:
    """Return a hit as the members of a ready-made quote, which are still to be checked.

    >>> members({"text": "No.", "speaker": {"id": "ada", "name": "Ada"}, "attribution": {}, "article": {"url": None},
    ...     "selector": {"prefix": "She said “", "suffix": "”"}})
    {'text': 'No.', 'speaker': 'Ada', 'url': None, 'context': 'She said “No.”'}
    """
    check_type(hit.get("type"))
    article, selector = _object(hit, "article"), _object(hit, "selector")
    given: dict[str, Any] = {"text": hit["text"]}
    for name in ("speaker", "denied_speaker"):
        if hit.get(name) is not None:
            given[name] = _object(hit, name).get("name")
    given |= {name: article[name] for name in _ORIGIN if name in article}
    text, prefix, suffix = hit["text"], selector.get("prefix"), selector.get("suffix")
    if isinstance(prefix, str) and isinstance(text, str) and isinstance(suffix, str) and (prefix or suffix):
        given["context"] = f"{prefix}{text}{suffix}"
    return given


def check_type(type: object) -> None:
    """Raise `BadInput` for an exported quote that nobody spoke: imported, it would be somebody's words."""
    if type in _NOT_SPOKEN:
        raise BadInput(f"is {type}: not the words of a speaker; leave it out of the export", field="type")


def _object(hit: dict[str, Any], name: str) -> dict[str, Any]:
    value = hit[name]
    if not isinstance(value, dict):
        raise BadInput("must be an object", field=name)
    return value
