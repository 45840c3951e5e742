"""The size limits of the repository, so that a newcomer can see it whole."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES_IN_THE_ROOT = 14
ENTRIES_IN_A_ROOM = 12

HOUSES = ("index/quoth", "functions", "bench", "training", "relevance", "tools", "demo", "tests")
# Data folders: one more table does not make the code harder to read.
DATA = {"data", "given-names", "labels", "cases", "golden"}


def entries(room: Path) -> list[str]:
    """The visible entries of a folder: modules, files and folders, but no caches of Python."""
    return sorted(path.name for path in room.iterdir() if path.name != "__pycache__" and not path.name.startswith("."))


def rooms() -> list[Path]:
    """Every folder that holds code."""
    found = {path.parent for house in HOUSES for path in (ROOT / house).rglob("*.py")}
    return sorted(room for room in found if room.name not in DATA)


def test_the_root_of_the_library_holds_few_modules() -> None:
    modules = sorted((ROOT / "index" / "quoth").glob("*.py"))
    assert 0 < len(modules) <= MODULES_IN_THE_ROOT


@pytest.mark.parametrize("room", rooms(), ids=lambda room: room.relative_to(ROOT).as_posix())
def test_a_room_holds_few_entries(room: Path) -> None:
    """The root of the library has its own limit, on modules only."""
    if room != ROOT / "index" / "quoth":
        assert len(entries(room)) <= ENTRIES_IN_A_ROOM, entries(room)


def public_classes(source: str) -> list[str]:
    r"""The names of a module's public classes.

    >>> public_classes("class Quote: ...\nclass _Hidden: ...")
    ['Quote']
    """
    return re.findall(r"^class ([A-Za-z]\w*)", source, re.MULTILINE)


def test_no_public_class_name_stands_twice() -> None:
    """One public name has one meaning in the whole repository. Test classes only group tests, and do not count."""
    places = defaultdict(list)
    for house in HOUSES:
        for path in (ROOT / house).rglob("*.py"):
            for name in public_classes(path.read_text("utf-8")):
                if not name.startswith("Test"):
                    places[name].append(path.relative_to(ROOT).as_posix())
    assert len(places) > 200
    assert {name: where for name, where in places.items() if len(where) > 1} == {}
