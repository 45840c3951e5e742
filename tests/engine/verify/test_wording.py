"""The tables of English by which verify tells a slip from another word."""

from __future__ import annotations

import pytest

from quoth.text.wording import vocabulary
from quoth.text.wording.vocabulary import is_common

KNOWN = vocabulary._lines().decode().splitlines()

COMMON = """
    million billion now not affect effect united untied ever never taxes organise organize colour color travelled
    president london trump clinton toronto houston nguyen smith january covid email café cafe whilst licence i a
"""
SLIPS = "thier recieve seperate definately goverment adress untill becuase occured millon tolld t ll s aa1 42"


def test_every_line_of_the_list_is_found_and_nothing_between_two_lines() -> None:
    assert [word for word in KNOWN if not is_common.__wrapped__(word)] == []
    between = [word + "qx" for word in KNOWN[::97]]
    assert [word for word in between if is_common.__wrapped__(word)] == []


@pytest.mark.parametrize("word", COMMON.split())
def test_a_common_word_or_name_is_listed(word: str) -> None:
    assert is_common(word)


@pytest.mark.parametrize("word", [*SLIPS.split(), "", "\n", "to\nto", "don’t", "\ud800"])
def test_a_slip_is_not_listed(word: str) -> None:
    assert not is_common(word)
