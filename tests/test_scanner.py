"""Which marks open and close a quoted span, and what every scan keeps."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quoth.extraction.scanner import paragraphs, scan

MARKED = st.text(alphabet='“”"‘’„ab Z1.,!?\n\r\t é語🎉—(', max_size=80)


def texts(body: str) -> list[str]:
    return [body[span.start : span.end] for span in scan(body)]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("“Yes,” she said.", ["Yes,"]),
        ('"Yes," she said. "No."', ["Yes,", "No."]),
        ("“ Yes, ” she said.", ["Yes,"]),
        ("“He said ‘no’ to me,” she said.", ["He said ‘no’ to me,"]),
        ("“He said “no” to me,” she said.", ["He said “no” to me,"]),
        ('“Yes," she said.', ["Yes,"]),
        ('"Yes,” she said.', ["Yes,"]),
        ("”Yes,” she said.", ["Yes,"]),
        ("‘Yes,’ she said.", ["Yes,"]),
        ("Ukraine‘s farmers, the traders’ rock ’n’ roll", []),
        ('A 6" beam of 12" length', []),
        ("“” and “ ” and “…”", []),
        ("“Yes, she said. “No.”", ["Yes, she said.", "No."]),
        ("🎉🎉 “Yes,” she said.", ["Yes,"]),
    ],
)
def test_a_body_has_these_spans(body: str, expected: list[str]) -> None:
    assert texts(body) == expected


def test_an_unclosed_mark_runs_to_the_end_of_its_paragraph_without_its_space() -> None:
    body = "“One. \n\nTwo."
    (span,) = scan(body)
    assert body[span.start : span.end] == "One."
    assert not span.is_closed


@pytest.mark.parametrize("between", ["\n\n", "\n", "\r\n\r\n", "\r\n", "\n \n\n", "\u2029"])
def test_the_paragraph_after_an_unclosed_mark_continues_it(between: str) -> None:
    first, second = scan(f"“One.{between}“Two.” Three. “Four.”")[:2]
    assert not first.is_closed
    assert second.continues


@pytest.mark.parametrize("body", ["“One.”\n\n“Two.”", "“One.\n\nThen: “Two.”", "“One.\n\nNo mark.\n\n“Two.”"])
def test_nothing_else_is_continued(body: str) -> None:
    assert not any(span.continues for span in scan(body))


def test_a_line_is_a_paragraph_unless_lines_are_wrapped() -> None:
    assert len(paragraphs("One line.\nAnother line.\nA third.")) == 3
    assert len(paragraphs("One line that\ngoes on and\non.\n\nAnother.")) == 2


@given(MARKED | st.text(max_size=200))
def test_spans_are_ordered_disjoint_and_inside_the_body(body: str) -> None:
    last = 0
    for span in scan(body):
        assert last <= span.left < span.start < span.end <= span.right <= len(body)
        last = span.right


@given(MARKED)
def test_a_span_is_trimmed_and_holds_a_word_and_no_mark_of_its_own(body: str) -> None:
    for span in scan(body):
        text, mark = body[span.start : span.end], body[span.left]
        assert text == text.strip()
        assert any(c.isalnum() for c in text)
        assert not (mark == '"' and span.is_closed and body[span.right - 1] == '"' and '" ' in text.rstrip('"'))
        if mark in "“„" and span.is_closed:
            assert text.count("”") <= text.count("“") + text.count("„")


@given(MARKED)
def test_no_span_crosses_a_paragraph(body: str) -> None:
    ranges = paragraphs(body)
    for span in scan(body):
        start, end = ranges[span.paragraph]
        assert start <= span.left < span.right <= end


@given(MARKED)
def test_paragraphs_cover_every_word(body: str) -> None:
    kept = "".join(body[start:end] for start, end in paragraphs(body))
    assert sorted("".join(kept.split())) == sorted("".join(body.split()))
