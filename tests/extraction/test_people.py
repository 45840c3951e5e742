"""The people, bodies, places and accounts that an article names, under all their spellings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from quoth.extraction.entities.clusters import Person, gather
from quoth.extraction.parsing.clauses import parse_paragraphs
from quoth.extraction.parsing.document import parse

CASES = json.loads((Path(__file__).parents[1] / "cases" / "people.json").read_text("utf-8"))


def people(body: str) -> tuple[Person, ...]:
    document = parse(body)
    quoted = [document.visible(span.start, span.end) for span in document.spans]
    return gather(parse_paragraphs(document), document.headline, quoted).people


def told(person: Person) -> str:
    """A person in the notation of the cases: spellings (mentions): nature, gender, certainty, roles."""
    names = "/".join(dict.fromkeys([person.name, *person.spellings]))
    sure = ["certain" if person.is_certain else "unsure", *(["ambiguous"] if person.is_ambiguous else [])]
    gender = [person.gender] if person.gender else []
    return f"{names} ({person.mentions}): {' '.join([person.nature, *gender, *sure, *sorted(person.roles)])}"


def cases() -> list[Any]:
    return [
        pytest.param(body, named, id=f"{kind}: {body}")
        for kind, bodies in CASES["people"].items()
        for body, named in bodies.items()
    ]


@pytest.mark.parametrize(("body", "named"), cases())
def test_an_article_names_these_people(body: str, named: list[str]) -> None:
    assert [told(person) for person in people(body)] == named


def test_a_headline_names_nobody() -> None:
    assert [person.name for person in people("Ada Byron to leave\n\nBo Lind told us so.")] == ["Bo Lind"]
