"""Slugs: the comparison of spellings of a name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quoth.text.slugs import LONGEST_CACHED, cached_by_name, slug


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Erdoğan", "erdogan"),
        ("O’Brien", "O'Brien"),
        ("Łukasz Żółć", "Lukasz Zolc"),
        ("Jean-Luc  Picard", "jean luc picard"),
        ("Jose\u0301", "José"),
        ("Sigmar Weiß", "Sigmar Weiss"),
    ],
)
def test_these_are_one_name(one: str, other: str) -> None:
    assert slug(one) == slug(other)


@pytest.mark.parametrize(("one", "other"), [("Johnson", "Johnston"), ("Влад Putin", "Putin"), ("習", "近")])
def test_these_are_two_names(one: str, other: str) -> None:
    assert slug(one) != slug(other)


@given(st.text())
def test_a_slug_is_ascii_and_its_own_slug(name: str) -> None:
    assert slug(name).isascii()
    assert slug(slug(name)) == slug(name)


def test_a_name_is_computed_once_and_an_overlong_one_is_not_cached() -> None:
    looked_at: list[str] = []

    @cached_by_name
    def length(name: str) -> int:
        looked_at.append(name)
        return len(name)

    longest = "x" * LONGEST_CACHED
    too_long = longest + "x"
    assert [length(name) for name in (longest, longest, too_long, too_long)] == [80, 80, 81, 81]
    assert looked_at == [longest, too_long, too_long]
