"""The noun phrases of a paragraph: where names, nominals and pronouns begin and end, and the titles before names."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from quoth.extraction.parsing.clauses import parse_paragraphs
from quoth.extraction.parsing.document import parse
from quoth.extraction.parsing.mentions import NounPhrase

CASES = json.loads((Path(__file__).parents[2] / "cases" / "phrases.json").read_text("utf-8"))
AT_THE_START = ("a dateline with an agency", "a dateline in capitals", "questions and answers")
BRACKETS = {"name": "⟦⟧", "nominal": "⟨⟩", "pronoun": "{}"}


def phrases(body: str) -> list[NounPhrase]:
    return [phrase for parsed in parse_paragraphs(parse(body)) for phrase in parsed.phrases]


def marked(body: str) -> str:
    """Return a body with brackets around its phrases."""
    brackets = []
    for phrase in phrases(body):
        opening, closing = BRACKETS[phrase.kind]
        brackets += [(phrase.start, 1, -phrase.end, opening), (phrase.end, 0, -phrase.start, closing)]
    for at, _, _, bracket in sorted(brackets, reverse=True):
        body = body[:at] + bracket + body[at:]
    return body


def bare(case: str) -> str:
    return re.sub("[⟦⟧⟨⟩{}]", "", case)


def kinds() -> list[Any]:
    return [
        pytest.param(case, id=f"{kind}: {number}")
        for kind, cases in CASES["kinds"].items()
        for number, case in enumerate(cases, 1)
    ]


@pytest.mark.parametrize("case", kinds())
def test_a_phrase_begins_and_ends_where_the_brackets_stand(case: str) -> None:
    assert marked(bare(case)) == case


def test_a_phrase_is_the_same_far_down_a_long_paragraph() -> None:
    before = "Then so be done. " * 80
    for kind, cases in CASES["kinds"].items():
        for case in cases if kind not in AT_THE_START else ():
            assert marked(before + bare(case)) == before + case


@pytest.mark.parametrize(("body", "names"), CASES["titles"].items())
def test_a_name_has_the_titles_and_roles_before_it(body: str, names: list[list[str]]) -> None:
    assert [[p.text, " ".join(p.title)] for p in phrases(body) if p.kind == "name"] == names


def test_a_nickname_is_no_part_of_the_name() -> None:
    (name,) = phrases("Steve (Sparky) Marsden said so.")
    assert (name.text, name.nickname, name.head) == ("Steve Marsden", "Sparky", "marsden")


def test_the_head_of_a_phrase_is_its_last_word() -> None:
    """The head of a pronoun is the pronoun, without its verb."""
    body = "He’s told Ada Byron’s old aide that @Rail_Watch said so."
    assert [phrase.head for phrase in phrases(body)] == ["he", "byron", "aide", "@rail_watch"]
