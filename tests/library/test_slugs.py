"""Slugs: the comparison of spellings of a name."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quoth.text.slugs import LONGEST_CACHED, cached_by_name, is_mixed_script, slug


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Erdoğan", "erdogan"),
        ("O’Brien", "O'Brien"),
        ("Łukasz Żółć", "Lukasz Zolc"),
        ("Jean-Luc  Picard", "jean luc picard"),
        ("Jose\u0301", "José"),
        ("Sigmar Weiß", "Sigmar Weiss"),
        ("Ada Oka\xadfor", "Ada Okafor"),
        ("\u202eA\u200bda\ufeff Oka\x00for\u2069", "Ada Okafor"),
        ("Jose\u200b\u0301", "José"),
        ("بهار\u200cه", "بهاره"),
        ("Оль\xadга", "Ольга"),
    ],
)
def test_these_are_one_name(one: str, other: str) -> None:
    assert slug(one) == slug(other)


@pytest.mark.parametrize(("one", "other"), [("Johnson", "Johnston"), ("Влад Putin", "Putin"), ("習", "近")])
def test_these_are_two_names(one: str, other: str) -> None:
    assert slug(one) != slug(other)


@given(st.text())
def test_a_slug_is_ascii_and_its_own_slug_unless_it_is_a_hash(name: str) -> None:
    assert slug(name).isascii()
    assert slug(slug(name)) == slug(name) or re.fullmatch("n-[0-9a-f]{16}", slug(name))


@pytest.mark.parametrize("written", [str, str.upper, lambda key: key.replace("-", " "), lambda key: f"({key})"])
def test_a_name_spelt_like_a_hash_does_not_take_the_id_of_another(written: Callable[[str], str]) -> None:
    own = slug(written(slug("Ольга")))
    assert own != slug("Ольга")
    assert own.startswith("n-")


@pytest.mark.parametrize("name", ["\u0410da Byron", "Ada B\u0443ron", "Αda Byron", "\u0410\u0441\u0430 Byron"])
def test_a_name_with_look_alikes_mixes_scripts_and_is_no_other_name(name: str) -> None:
    assert is_mixed_script(name)
    assert slug(name) not in (slug("Ada Byron"), slug("Aca Byron"))


@pytest.mark.parametrize("name", ["Ada", "José", "Jose\u0301", "Ольга Їжак", "Νίκος", "習近平 Xi", "２Ａｄａ", "🎉"])
def test_a_name_in_one_alphabet_does_not_mix_scripts(name: str) -> None:
    assert not is_mixed_script(name)


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
