"""The table of people in office: it grows, and neither moves an id nor gives the words of one person to another."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from quoth.extraction import canonical
from quoth.extraction.entities.canonical import known
from quoth.extraction.tables import known_speakers, officials
from quoth.text.names.variants import fold
from quoth.text.slugs import slug
from tools.tables import people

OLD = json.loads((Path(__file__).parents[1] / "cases/speaker-ids.json").read_text("utf-8"))["ids"]


def a_row(first: str, last: str, wikidata: str = "Q1", **known: str) -> dict[str, str]:
    row = {"wikidata": wikidata, "name": f"{first} {last}", "first": first, "middle": "", "last": last}
    return row | {"nickname": "", "suffix": "", "gender": "F", "role": "sen"} | known


def lines(*rows: dict[str, str]) -> list[list[str]]:
    return [line.split("\t") for line in people.lines(list(people.officials(rows)))]


def test_no_id_of_the_old_table_has_changed() -> None:
    assert len(OLD) == 326
    for id, spellings in OLD.items():
        for spelling in spellings:
            record = known(spelling)
            assert record is not None, spelling
            assert record["id"] == id, spelling


def test_the_table_knows_hundreds_of_people_by_their_whole_names() -> None:
    assert len(officials()) > 300
    for record in officials():
        for name in (record["name"], *record["aliases"]):
            if name:
                assert canonical(name, scope="a_1").id == record["id"], name
                assert known(name.split()[-1]) is None or known(name.split()[-1])["id"] in OLD


def test_every_official_is_sound() -> None:
    by_hand = {record["id"] for record in known_speakers()}
    for record in officials():
        if record["id"] in by_hand:
            assert record["name"] == ""
            assert record["aliases"]
        else:
            assert record["id"] == slug(record["name"])
            assert record["gender"] in ("male", "female")
        assert all(re.fullmatch(r"https://www\.wikidata\.org/entity/Q[1-9]\d*", one) for one in record["same_as"])


def test_no_spelling_and_no_entity_belongs_to_two() -> None:
    owners: dict[str, str] = {}
    for record in (*known_speakers(), *officials()):
        for spelling in filter(None, (record["name"], *record["aliases"], *record["same_as"])):
            for key in {slug(spelling), fold(slug(spelling))}:
                assert owners.setdefault(key, record["id"]) == record["id"], spelling


def test_one_person_has_one_id_in_all_spellings() -> None:
    markey = canonical("Edward J. Markey", scope="a_1")
    assert (markey.id, markey.name, markey.type) == ("ed-markey", "Ed Markey", "person")
    assert markey.same_as == ("https://www.wikidata.org/entity/Q1282411",)
    assert markey.id == canonical("Sen. Ed Markey", scope="a_2").id
    assert canonical("Markey", scope="a_1").id != markey.id
    assert canonical("Joseph Robinette Biden Jr.", scope="a_1").id == "joe-biden"


@pytest.mark.parametrize("name", ["John Smith", "Daniel Webster", "Adam Smith", "Mike Kennedy", "John Kennedy"])
def test_a_name_that_anybody_may_have_is_nobody_of_the_table(name: str) -> None:
    assert known(name) is None


class TestBuilding:
    def test_a_person_has_every_spelling_of_the_name(self) -> None:
        (line,) = lines(a_row("Abigail", "Okonjo", "Q7", nickname="Abby", middle="Rose"))
        assert line == [
            *("abby-okonjo", "Abby Okonjo", "female", "Q7"),
            *("Abigail Okonjo", "Abigail Rose Okonjo", "Abigail R. Okonjo"),
        ]

    def test_two_of_one_name_are_left_out(self) -> None:
        assert lines(a_row("Abigail", "Okonjo", "Q7"), a_row("Abigail", "Okonjo", "Q8", gender="M")) == []

    def test_a_spelling_of_two_is_nobodys(self) -> None:
        shared = a_row("Abigail", "Okonjo", "Q8", middle="Rose", nickname="Rosie")
        both = lines(a_row("Abigail", "Okonjo", "Q7", nickname="Abby"), shared)
        assert [line[1:2] + line[4:] for line in both] == [
            ["Abby Okonjo"],
            ["Rosie Okonjo", "Abigail Rose Okonjo", "Abigail R. Okonjo"],
        ]

    def test_the_table_checked_by_hand_comes_first(self) -> None:
        trump = known_speakers()[0]
        number = trump["same_as"][0].rpartition("/")[2]
        assert lines(a_row("Donald", "Trump", "Q5")) == []
        assert lines(a_row("Donald", "Trump", number, middle="Zed", nickname="Donny")) == [
            ["donald-trump", "", "", "", "Donny Trump", "Donald Zed Trump", "Donald Z. Trump"]
        ]

    def test_frequent_names_and_old_vice_presidents_are_left_out(self) -> None:
        assert lines(a_row("Zora", "Smith"), a_row("Daniel", "Webster"), a_row("Zora", "Okonjo", role="viceprez")) == []
        assert [line[0] for line in lines(a_row("Zora", "Webster"))] == ["zora-webster"]

    def test_without_the_suffix_it_may_be_the_father(self) -> None:
        (line,) = lines(a_row("Zora", "Okonjo", suffix="Jr."))
        assert line[:2] == ["zora-okonjo-jr", "Zora Okonjo Jr."]

    def test_a_name_in_brackets_is_left_out(self) -> None:
        (line,) = lines(a_row("Zora (Zo)", "Okonjo"))
        assert line[1:] == ["Zora Okonjo", "female", "Q1"]

    def test_the_file_is_the_table(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
        row = a_row("Zora", "Okonjo")
        source, target = tmp_path / "list.csv", tmp_path / "table.gz"
        source.write_text(",".join(row) + "\n" + ",".join(row.values()) + "\n" + ",".join(row.values()) + "\n", "utf-8")
        monkeypatch.setattr(people, "FILE", target)
        people.main([str(source)])
        assert gzip.decompress(target.read_bytes()).decode() == "zora-okonjo\tZora Okonjo\tfemale\tQ1\n"
        assert "1 people" in capsys.readouterr().out


def test_the_table_is_read_when_a_full_name_is_not_in_the_other() -> None:
    program = (
        "from quoth.extraction import tables, canonical;"
        "canonical('Angela Merkel', scope='a'); canonical('Okonjo', scope='a');"
        "before = tables.officials.cache_info().currsize;"
        "canonical('Zora Okonjo', scope='a'); print(before, tables.officials.cache_info().currsize)"
    )
    ran = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert ran.stdout.split() == ["0", "1"]
