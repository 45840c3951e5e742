"""Concise answers: the API's answers without what a model can do without, and the schemas of both sizes.

A concise answer is a part of the detailed one: the same members under the same names, some left out. So one schema
describes both. It is the contract's, and requires only what the concise answer has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from functions.http.agents import research
from functions.http.openapi.document import answer_schemas
from functions.http.openapi.operations import REFERENCE, Schema
from quoth.answers import schema as shapes

# The members that an answer keeps, by name; an empty part is kept whole.
Part = Mapping[str, Any]
ALL: Part = {}

_COMPONENT = REFERENCE.format(name="")


def _members(names: str, **parts: Part) -> Part:
    return {**dict.fromkeys(names.split(), ALL), **parts}


_SPEAKER = _members("id name mixed_script")
QUOTE = _members(
    "id text type",
    speaker=_SPEAKER,
    denied_speaker=_SPEAKER,
    attribution=_members("status confidence why"),
    article=_members("headline url publisher published precision"),
    links=_members("source"),
)
_COVERAGE = _members("generation quotes articles speakers types published")
PAGE = _members(
    "next_cursor",
    query=_members("did_you_mean corrections"),
    total=_members("value"),
    related=_members("value relation"),
    index=_members("generation"),
    hits={**QUOTE, **_members("missing found collapsed")},
    explanation=ALL,
)
VERIFICATION = _members(
    "verdict words speaker_matches similarity why differences cut_from nearest_differences",
    quote=QUOTE,
    pieces=_members("text words", quote=QUOTE),
    also_denied=QUOTE,
    nearest=QUOTE,
    coverage=_COVERAGE,
)
CHECK = _members(
    "confirmed truncated groups",
    quotes=_members(
        "line text speaker verdict group needs_work why",
        verification=_members("verdict differences cut_from", quote=QUOTE),
    ),
    coverage=_COVERAGE,
)
DETAIL = {**QUOTE, **_members("context spoken utterance", citations=_members("text"))}
SPEAKERS = _members(
    "prefix corrected_to",
    total=_members("value"),
    index=_members("generation"),
    speakers=_members("id name type quotes mixed_script"),
)
COVERAGE = _COVERAGE


def part_of(value: Any, part: Part) -> Any:
    """Return the members of a JSON value that a part keeps.

    >>> part_of({"id": 1, "hits": [{"text": "No.", "score": 2}]}, {"hits": {"text": ALL}})
    {'hits': [{'text': 'No.'}]}
    """
    if not part:
        return value
    if isinstance(value, list):
        return [part_of(item, part) for item in value]
    if isinstance(value, dict):
        return {name: part_of(item, part[name]) for name, item in value.items() if name in part}
    return value


def schema(model: type[msgspec.Struct], part: Part = ALL) -> Schema:
    """Return the schema of an answer, of which at least a part is there."""
    components = answer_schemas(shapes, research)
    found = {name: components[name] for name in _reachable(model.__name__, components)}
    _relax(model.__name__, part, found)
    root = found.pop(model.__name__)
    local: Schema = _local({**root, "$defs": found} if found else root)
    return local


def _reachable(name: str, components: Mapping[str, Schema]) -> list[str]:
    found = [name]
    for one in found:  # grows
        found += [other for other in dict.fromkeys(_referred(components[one])) if other not in found]
    return found


def _relax(name: str, part: Part, found: dict[str, Schema]) -> None:
    """Remove from `required` what the part lacks, in a schema and in those that it refers to."""
    known = found[name]
    found[name] = {**known, "required": [member for member in known["required"] if not part or member in part]}
    for member, below in part.items():
        for other in _referred(known["properties"][member]) if below else ():
            _relax(other, below, found)


def _referred(value: Any) -> Iterator[str]:
    """Yield the names of the components that a schema refers to."""
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"].removeprefix(_COMPONENT)
        value = list(value.values())
    for item in value if isinstance(value, list) else ():
        yield from _referred(item)


def _local(value: Any) -> Any:
    """Return a schema that refers to its own definitions."""
    if isinstance(value, list):
        return [_local(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: item.replace(_COMPONENT, "#/$defs/") if name == "$ref" else _local(item) for name, item in value.items()
    }
