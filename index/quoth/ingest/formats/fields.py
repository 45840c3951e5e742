"""Reading the fields of a JSON object, with an error for a wrong type."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, cast, get_args

from quoth.errors import BadInput
from quoth.text import timestamps
from quoth.text.timestamps import Precision


def members(value: Any, known: Collection[str]) -> dict[str, Any]:
    """Return the members of a JSON object; reject an unknown name.

    A misspelt `publishd` would otherwise be ignored silently.

    >>> members({"boddy": "..."}, ["body", "url"])
    Traceback (most recent call last):
    quoth.errors.BadInput: boddy is not a field of this object; the fields are body, url
    """
    if not isinstance(value, dict):
        raise BadInput(f"must be a JSON object, not {_kind(value)}")
    for name in value:
        if name not in known:
            raise BadInput(f"is not a field of this object; the fields are {', '.join(known)}", field=name)
    return value


def text(members: dict[str, Any], name: str) -> str | None:
    """Return a string field; missing, null and blank are all `None` (unknown)."""
    value = members.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise BadInput(f"must be a string, not {_kind(value)}", field=name)
    return value if value.strip() else None


def required_text(members: dict[str, Any], name: str) -> str:
    """Return a required string field."""
    value = text(members, name)
    if value is None:
        raise BadInput("is missing", field=name)
    return value


def whole_number(members: dict[str, Any], name: str, default: int) -> int:
    """Return an integer field; the digits may be in a string, as in a ninjs version.

    >>> whole_number({"version": "3"}, "version", 1)
    3
    """
    value = members.get(name)
    if value is None:
        return default
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        return int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadInput(f"must be a whole number, not {_shown(value)}", field=name)
    return value


def moment(members: dict[str, Any], name: str) -> datetime | None:
    """Return an ISO 8601 date or time; a day, month or year alone is its start.

    >>> moment({"published": "2025-02-30"}, "published")
    Traceback (most recent call last):
    quoth.errors.BadInput: published must be a date or time such as 2025-08-11, 2025-08 or 2025-08-11T09:30:00Z, not '2025-02-30'
    """  # noqa: E501 - a message
    value = text(members, name)
    if value is None:
        return None
    try:
        return timestamps.parse(value)
    except ValueError:
        raise BadInput(f"must be {timestamps.EXPECTED}, not {_shown(value)}", field=name) from None


def precision(members: dict[str, Any], name: str) -> Precision | None:
    """Return the precision of a date: that in the member `precision`, else that in which it is written.

    `None` for a time, and if there is no date.

    >>> precision({"published": "2025-08-11"}, "published"), precision({}, "published")
    ('day', None)
    """
    value, given = members.get(name), text(members, "precision")
    if value is None or given is None:
        return timestamps.precision(value) if isinstance(value, str) else None
    for known in get_args(Precision):
        if given == known:
            return cast("Precision", known)
    raise BadInput(f"must be {', '.join(get_args(Precision))}, not {_shown(given)}", field="precision")


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    kinds = {dict: "an object", list: "a list", str: "a string", bool: "true or false"}
    return kinds.get(type(value), "a number")


def _shown(value: Any) -> str:
    return repr(value if not isinstance(value, str) or len(value) <= 40 else value[:40] + "…")
