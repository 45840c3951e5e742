"""Values are frozen: nobody who holds one sees it change."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# These are filled in step by step, and a scorer keeps what it has computed.
FILLED_IN = {"IndexingTally", "OpenGeneration", "Person", "ReindexReport", "WrittenRows"}


def values(source: str) -> Iterator[tuple[str, bool]]:
    r"""Yield the name of each dataclass, struct and model, and whether it is frozen.

    >>> list(values("@dataclass(frozen=True)\nclass Span: ...\nclass Job(Struct): ..."))
    [('Span', True), ('Job', False)]
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef):
            made = [each for each in node.decorator_list if "dataclass" in ast.unparse(each)]
            made += [
                each.value for each in node.body if isinstance(each, ast.Assign) and "ConfigDict" in ast.unparse(each)
            ]
            is_struct = any(ast.unparse(base).endswith("Struct") for base in node.bases)
            settings = [
                *node.keywords,
                *chain.from_iterable(each.keywords for each in made if isinstance(each, ast.Call)),
            ]
            if made or is_struct or "frozen" in {each.arg for each in node.keywords}:
                yield node.name, "frozen=True" in map(ast.unparse, settings)


def test_values_are_frozen() -> None:
    paths = [path for house in ("functions", "index") for path in (ROOT / house).rglob("*.py")]
    found = dict(value for path in paths for value in values(path.read_text("utf-8")))
    assert len(found) > 60
    changing = {name for name, is_frozen in found.items() if not is_frozen}
    assert {name for name in changing if not name.startswith("_") and not name.endswith("Scorer")} == FILLED_IN
