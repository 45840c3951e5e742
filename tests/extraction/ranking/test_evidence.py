"""The evidence for the last quote of a text: the patterns that propose a phrase, and the phrases that cannot speak."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from quoth.extraction.attribution.attribute import gather_evidence
from quoth.extraction.attribution.evidence import Candidate
from quoth.extraction.attribution.exclusions import is_excluded
from quoth.extraction.attribution.patterns import PATTERNS, SURE
from quoth.extraction.parsing.clauses import parse_paragraphs
from quoth.extraction.parsing.document import parse

CASES = json.loads((Path(__file__).parents[2] / "cases" / "evidence.json").read_text("utf-8"))["quotes"]


def weighed(body: str) -> dict[str, Any]:
    """The evidence in the notation of the cases."""
    document = parse(body)
    paragraphs = parse_paragraphs(document)
    *_, last = gather_evidence(document, paragraphs)
    found = {pattern.__name__: pattern(last.context) for pattern in (*PATTERNS, *SURE)}
    excluded = [
        phrase.text
        for parsed in paragraphs
        for phrase in parsed.phrases
        if is_excluded(last.context, Candidate(phrase, parsed))
    ]
    return {
        "by": {name: evidence.phrase.text for name, evidence in found.items() if evidence is not None},
        **({"not by": excluded} if excluded else {}),
        **({last.denial.doubt: last.denial.subject and last.denial.subject.text} if last.denial else {}),
    }


@pytest.mark.parametrize(("body", "evidence"), CASES.items())
def test_a_quote_has_this_evidence(body: str, evidence: dict[str, Any]) -> None:
    assert weighed(body) == evidence


def test_every_pattern_has_a_case() -> None:
    assert {name for evidence in CASES.values() for name in evidence["by"]} == {
        pattern.__name__ for pattern in (*PATTERNS, *SURE)
    }
