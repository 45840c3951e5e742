"""Write data/officials/officials.tsv.gz: people in office from public lists. `make people PEOPLE=FILE` runs it.

FILE is a CSV with the columns wikidata, name, first, middle, last, nickname, suffix, gender, role. The table checked by
hand, data/speakers.json, comes first: its people keep their ids and their spellings, and only get new ones.

A table that grows must never give the words of one person to another. So somebody is left out whose name anybody may
have, and a spelling that two people have is nobody's.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from quoth.extraction.entities.canonical import strip_titles
from quoth.extraction.tables import DATA, known_speakers
from quoth.text.names.variants import fold
from quoth.text.slugs import slug

FILE = DATA / "officials" / "officials.tsv.gz"
WIKIDATA = "https://www.wikidata.org/entity/"
FREQUENT = json.loads(Path(__file__).with_name("frequent_names.json").read_text("utf-8"))
# A John Smith in the news is hardly ever the one of the list, and seldom is a Daniel Webster.
MOST_FREQUENT = frozenset(FREQUENT["surnames"][:100])
SURNAMES, GIVEN = frozenset(FREQUENT["surnames"]), frozenset(FREQUENT["given"])
ROLES = frozenset({"sen", "rep", "prez"})  # most vice-presidents lived long ago, and share their names


class Official(NamedTuple):
    """A person of a list; the first spelling is the usual one."""

    wikidata: str
    gender: str
    spellings: tuple[str, ...]


def officials(rows: Iterable[Mapping[str, str]]) -> Iterator[Official]:
    """Yield the people of a list, each once, without those whose names anybody may have.

    >>> row = {"wikidata": "Q1", "first": "Abigail", "middle": "Q.", "last": "Okonjo", "suffix": "", "gender": "F"}
    >>> next(officials([row | {"nickname": "Abby", "role": "sen"}])).spellings
    ('Abby Okonjo', 'Abigail Okonjo', 'Abigail Q. Okonjo')
    """
    met: set[tuple[str, str]] = set()
    for row in rows:
        key = (row["wikidata"], "" if row["wikidata"] else row["name"])
        if row["role"] in ROLES and not _is_frequent(row) and key not in met:
            met.add(key)
            if names := _spellings(row):
                yield Official(row["wikidata"], "female" if row["gender"] == "F" else "male", tuple(names))


def _is_frequent(row: Mapping[str, str]) -> bool:
    surname, given = _bare(row["last"]), {_bare(row["first"]), _bare(row["nickname"])}
    return surname in MOST_FREQUENT or (surname in SURNAMES and not GIVEN.isdisjoint(given))


def _bare(name: str) -> str:
    return slug(name.partition("(")[0]).replace("-", "")


def _spellings(row: Mapping[str, str]) -> list[str]:
    """Return the spellings of a name. With a suffix, the name without it may be that of the father."""
    first, middle, last, nickname = (
        row[part].partition("(")[0].strip() for part in ("first", "middle", "last", "nickname")
    )
    suffix = f" {row['suffix'].strip()}" if row["suffix"].strip() else ""
    given = [nickname, first, f"{first} {middle}", f"{first} {middle[:1]}."] if middle else [nickname, first]
    names = [f"{one} {last}{suffix}" for one in given if len(one.rstrip(".")) > 1]
    return [name for name in dict.fromkeys(names) if strip_titles(name) == name]


def lines(people: Sequence[Official]) -> Iterator[str]:
    """Yield the lines of the table, in order of ids; a spelling that two people share is left out."""
    hand = {address: record for record in known_speakers() for address in record["same_as"]}
    taken = {key for record in known_speakers() for key in map(slug, _of_hand(record))}
    taken |= {fold(key) for key in taken}
    bearers = Counter(key for one in people for key in {fold(slug(name)) for name in one.spellings})
    table: list[tuple[str, ...]] = []
    for one in people:
        free: dict[str, str] = {}
        for name in one.spellings:
            key = slug(name)
            if bearers[fold(key)] == 1 and key not in taken and fold(key) not in taken:
                free.setdefault(key, name)
        record = hand.get(WIKIDATA + one.wikidata)
        if record is not None and free:
            table.append((record["id"], "", "", "", *free.values()))
        elif record is None and slug(name := one.spellings[0]) in free:
            table.append(
                (slug(name), name, one.gender, one.wikidata, *(other for other in free.values() if other != name))
            )
    yield from ("\t".join(row) for row in sorted(table))


def _of_hand(record: Mapping[str, Sequence[str]]) -> list[str]:
    return [str(record["name"]), *record["aliases"], *record.get("bare", ())]


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(prog="make people", description=__doc__)
    parser.add_argument("list", type=Path, help="the CSV of people in office")
    options = parser.parse_args(arguments)
    with options.list.open(encoding="utf-8", newline="") as file:
        people = list(officials(csv.DictReader(file)))
    text = "".join(f"{line}\n" for line in lines(people))
    FILE.write_bytes(gzip.compress(text.encode(), 9, mtime=0))  # the same list gives the same bytes
    print(f"{FILE}: {text.count(chr(10))} people, {FILE.stat().st_size / 1000:.0f} KB")
