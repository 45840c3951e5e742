"""The limits of the house: it stays small enough that a newcomer sees it whole."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES_IN_THE_ROOT = 14
ENTRIES_IN_A_ROOM = 12

HOUSES = ("index/quoth", "functions", "bench", "training", "relevance", "tools", "demo", "tests")
# Data, not rooms: a table more does not make the code harder to read.
DATA = {"data", "given-names", "labels", "cases", "golden"}


def entries(room: Path) -> list[str]:
    """What a reader sees in a folder: its modules, files and folders, but not what Python leaves there."""
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
    """The root of the library is counted by its modules: its folders are the rooms."""
    if room != ROOT / "index" / "quoth":
        assert len(entries(room)) <= ENTRIES_IN_A_ROOM, entries(room)
