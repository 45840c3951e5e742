"""The table of spelling variants: its contents, and the groups that must agree on each variant."""

from __future__ import annotations

import json

import pytest

from quoth.text.names.tables import DATA
from quoth.text.names.variants import fold, identity
from quoth.text.slugs import slug
from tools.tables import variants

TABLE = json.loads((DATA / "variants.json").read_text("utf-8"))
FAMILIES = [family.split() for family in TABLE["families"]]


def groups(**members: str) -> variants.Groups:
    """Invented name groups, each given as its spellings."""
    return lambda word: frozenset(name for name, held in members.items() if word in held.split())


def test_the_file_is_small_and_says_where_it_is_from() -> None:
    assert (DATA / "variants.json").stat().st_size < 20_000
    assert TABLE.keys() == {"about", "credit", "families", "given", "endings", "plain"}
    assert "Wikidata (CC0)" in TABLE["credit"]
    assert "rigour" in TABLE["credit"]


def test_a_spelling_is_in_one_family() -> None:
    spellings = [spelling for family in FAMILIES for spelling in family]
    assert len(set(spellings)) == len(spellings) > 500
    assert all(len(family) > 1 for family in FAMILIES)
    assert [spelling for spelling in spellings if slug(spelling) != spelling or len(spelling) < 4] == []


def test_a_given_name_is_listed_as_its_family_spells_it() -> None:
    assert {fold(name) for name in TABLE["given"]} == set(TABLE["given"])


@pytest.mark.parametrize(
    "spellings",
    [
        "zelensky zelenskyy zelenskiy zelenskyi selenskyj",
        "netanyahu netanjahu",
        "gaddafi qaddafi",
        "lavrov lawrow",
        "sergei sergey sergej",
        "mohammed muhammad mohamed",
    ],
)
def test_variants_are_one_family(spellings: str) -> None:
    assert len({fold(spelling) for spelling in spellings.split()}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("xi", "si"),
        ("johnson", "johnston"),
        ("hansen", "hanson"),
        ("clinton", "clifton"),
        ("harris", "harrison"),
        ("merkel", "merkley"),
        ("sanders", "sanderson"),
        ("peter", "pyotr"),
        ("michael", "mikhail"),
        ("ivan", "ian"),
        ("john", "jon"),
        ("marc", "mark"),
        ("william", "bill"),
        ("volodymyr", "vladimir"),
        ("oleksandr", "alexander"),
    ],
)
def test_false_friends_are_two(one: str, other: str) -> None:
    assert fold(one) != fold(other)


def test_an_id_folds_no_further_than_once() -> None:
    for family in FAMILIES:
        for spelling in family:
            once = identity(f"{family[0]}-{spelling}")
            assert identity(once) == once
            assert fold(fold(spelling)) == fold(spelling)


def test_a_family_needs_both_the_rules_and_a_group() -> None:
    held = groups(one="lavrov lawrow leloup", other="lavroff")
    assert variants.family("lavrov", "CYRILLIC", [], held) == ["lavrov", "lawrow"]


def test_groups_with_the_native_spelling_take_precedence() -> None:
    held = groups(right="yair jair יאיר", wrong="yair iair")
    assert variants.family("yair", "HEBREW", ["יאיר"], held) == ["yair", "jair"]
    assert variants.family("yair", "HEBREW", ["?"], held) == ["yair", "iair", "jair"]


@pytest.mark.prove
def test_the_table_is_made_of_names_that_come_from_another_script() -> None:
    speakers = [
        {"name": "Ann Lawson", "aliases": []},
        {"name": "Ada Lavrova", "aliases": ["Ада Лаврова"]},
    ]
    table = variants.table(speakers, groups(one="lavrova lawrowa", other="lawson lavson", third="sergei sergey"))
    assert table["families"] == ["sergei sergey", "lavrova lawrowa"]
    assert table["given"][:3] == ["sergei", "alexei", "dmitry"]


def test_the_written_table_is_read_back() -> None:
    assert json.loads(variants.to_json(TABLE)) == TABLE
    assert variants.to_json(TABLE) == (DATA / "variants.json").read_text("utf-8")
    assert variants.ENDINGS.split() == TABLE["endings"]
