"""The word tables of the extraction, read from data/ on first use and cached."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"


@cache
def words(table: str, *keys: str) -> frozenset[str]:
    """Return the words that a table lists under any of these keys.

    >>> "said" in words("cues", "say"), "he" in words("words", "male", "female")
    (True, True)
    """
    lists = _table(table)
    return frozenset(word for key in keys for word in lists[key])


@cache
def lowered(table: str, *keys: str) -> frozenset[str]:
    """Return the words of `words`, lower-cased."""
    return frozenset(word.lower() for word in words(table, *keys))


@cache
def spelt_out(table: str, key: str) -> dict[str, str]:
    """Return the long form of each short word that a table lists under a key.

    >>> spelt_out("names", "short_roles")["gov"]
    'governor'
    """
    return dict(pair.split("=") for pair in words(table, key))


@cache
def given_names(gender: str) -> frozenset[str]:
    """Return the given names of a gender (`male`, `female`) in lower case; some names are in both.

    >>> "ada" in given_names("female"), "ada" in given_names("male")
    (True, False)
    """
    text = (DATA / "given-names" / f"{gender}.txt").read_text("utf-8")
    return frozenset(line.strip().lower() for line in text.splitlines())


@cache
def known_speakers() -> tuple[dict[str, Any], ...]:
    """Return the hand-checked speakers of data/speakers.json, one record each."""
    return tuple(json.loads((DATA / "speakers.json").read_text("utf-8"))["speakers"])


@cache
def officials() -> tuple[dict[str, Any], ...]:
    """Return the people in office of data/officials, in the form of the hand-checked speakers.

    A record with an id of theirs has more spellings of that speaker.
    """
    lines = gzip.decompress((DATA / "officials" / "officials.tsv.gz").read_bytes()).decode().splitlines()
    return tuple(_official(*line.split("\t")) for line in lines)


def _official(id: str, name: str, gender: str, wikidata: str, *aliases: str) -> dict[str, Any]:
    same_as = [f"https://www.wikidata.org/entity/{wikidata}"] if wikidata else []
    return {"id": id, "name": name, "gender": gender, "aliases": list(aliases), "same_as": same_as}


@cache
def _table(name: str) -> dict[str, Any]:
    table: dict[str, Any] = json.loads((DATA / f"{name}.json").read_text("utf-8"))
    return table
