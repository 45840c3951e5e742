"""The subject of a verb of saying: before it, after it, of a participle, and of a whole clause."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from quoth.extraction.parsing.clauses import (
    ParsedParagraph,
    clause_subject,
    parse_paragraphs,
    participle_subject,
    subject_after,
    subject_before,
)
from quoth.extraction.parsing.document import parse
from quoth.extraction.parsing.mentions import NounPhrase

CASES = json.loads((Path(__file__).parents[2] / "cases" / "subjects.json").read_text("utf-8"))
RULES: dict[str, Callable[[ParsedParagraph, int], NounPhrase | None]] = {
    "before a verb": lambda parsed, first: subject_before(parsed, parsed.reports[-1], first),
    "after a verb": lambda parsed, first: subject_after(
        parsed, parsed.cues_between(first, len(parsed.tokens))[0].at + 1
    ),
    "of a participle": lambda parsed, first: participle_subject(parsed, parsed.reports[-1], first),
    "of a clause": lambda parsed, first: clause_subject(parsed, len(parsed.tokens), first),
}


def cases() -> list[Any]:
    return [
        pytest.param(rule, sentence, subject, id=f"{rule}: {sentence}")
        for rule, sentences in CASES["subjects"].items()
        for sentence, subject in sentences.items()
    ]


@pytest.mark.parametrize("before", ["", "Cleo Roe, the judge, said so. " * 30], ids=["first", "far down"])
@pytest.mark.parametrize(("rule", "sentence", "subject"), cases())
def test_a_verb_has_its_subject(rule: str, sentence: str, subject: str | None, before: str) -> None:
    (parsed,) = parse_paragraphs(parse(before + sentence))
    found = RULES[rule](parsed, parsed.paragraph.sentences[-1])
    assert (found and found.text) == subject
