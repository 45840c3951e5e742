"""Write data/nicknames.json: given names, each with its nicknames. `make nicknames NICKNAMES=FILE` runs it.

FILE is a table in the public domain with a row for each pair: a number, a given name, a nickname. Pairs of a name that
only men have and one that only women have are left out: they are slips of the table (Veronica and Ron).
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from quoth.extraction.tables import given_names
from quoth.text.names.tables import DATA

FILE = DATA / "nicknames.json"
ABOUT = "given names, a line each, followed by their nicknames, by `make nicknames`; words: those that are words, too"
CREDIT = "a list of nicknames in the public domain, and some of our own"
GENDERS = ("male", "female")

# Common ones that the list lacks, a name and its nicknames a line.
MORE = """
    alexander alec sandy
    alistair ali
    barbara barb
    bradley brad
    catherine kate
    christopher kit
    douglas doug
    elizabeth eliza lizzy
    emmanuel manny
    gregory greg
    jacqueline jackie
    jennifer jen jenny
    jeremy jez
    katherine kat
    kathleen kate
    lawrence laurie
    maximilian max
    michelle shelly
    mohammed mo
    nicola nicky nikki
    nicole nikki
    philippa pippa
    rafael rafa
    rebecca becky becca
    robert robbie
    samantha sam
    sebastian seb
    stanley stan
    stephanie steph
    zachary zach zack
"""

# Nicknames that are more often words of the language, places or surnames.
WORDS = """
    art august bat bell bill bird char chan chick cliff con corny court day dot drew fan fate field fink ford frank
    ginger grace grant gum hall hop hub ivy joy june junior king kit lark left less lib link mark max may missy mo more
    nap nod norm olive patty peg penny pip pres rich rod rose ruby rube rusty sandy say see si sis sly sol sonny stew
    sue sully tabby than thursday tory van vet wash web will win wood woody
"""


def is_taken(name: str, nickname: str) -> bool:
    """Whether a pair belongs to the table.

    >>> [is_taken(*pair.split()) for pair in ("robert bob", "veronica ron", "casey k.c.")]
    [True, False, False]
    """
    if not (name.isalpha() and nickname.isalpha()) or name == nickname:
        return False
    genders = [{gender for gender in GENDERS if given in given_names(gender)} for given in (name, nickname)]
    return not all(genders) or not genders[0].isdisjoint(genders[1])


def table(rows: Iterable[list[str]]) -> dict[str, Any]:
    """Return the table of nicknames for the rows of the list.

    >>> table([["id", "name", "nickname"], ["1", "Abel", " Abe"], ["2", "Abel", "Ab"]])["given"][0]
    'abel abe ab'
    """
    nicknames: dict[str, dict[str, None]] = defaultdict(dict)
    for number, *pair in rows:
        name, nickname = (given.strip().lower() for given in pair[:2])
        if number.strip().isdigit() and is_taken(name, nickname):
            nicknames[name][nickname] = None
    for name, *others in map(str.split, MORE.strip().splitlines()):
        nicknames[name] |= dict.fromkeys(others)
    used = {name for given, others in nicknames.items() for name in (given, *others)}
    return {
        "about": ABOUT,
        "credit": CREDIT,
        "given": [" ".join((name, *others)) for name, others in sorted(nicknames.items())],
        "words": " ".join(sorted(used & set(WORDS.split()))),
    }


def to_json(table: dict[str, Any]) -> str:
    """Return the table as JSON with one item per line, so that diffs are small."""
    return json.dumps(table, indent=1) + "\n"


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("list", type=Path, metavar="FILE", help="the list of nicknames, as CSV")
    options = parser.parse_args()
    with options.list.open(encoding="utf-8", newline="") as rows:
        FILE.write_text(to_json(table(csv.reader(rows))), encoding="utf-8")
    print(f"wrote {FILE.name}")


if __name__ == "__main__":
    main()
