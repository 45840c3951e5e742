"""Decision 0027 lists everything that the library uses of Whoosh; its table is compared with the imports."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from importlib.util import find_spec
from pathlib import Path

from tests.house.test_glossary import tables
from tests.support.events import ROOT

RECORD = ROOT / "docs" / "decisions" / "0027-the-exit-from-whoosh.md"
ENGINE = ROOT / "index" / "quoth" / "engine"
Uses = dict[str, tuple[set[str], set[str]]]  # by module of Whoosh: the names, and the files that use them


def is_module(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # a class of a module
        return False


def uses(source: str) -> set[tuple[str, str]]:
    """Return the modules of Whoosh that a source imports, each with a name it uses of it.

    >>> sorted(uses("from whoosh import query\\nfrom whoosh.fields import ID\\nquery.And, other.Or"))
    [('whoosh.fields', 'ID'), ('whoosh.query', 'And')]
    """
    tree = ast.parse(source)
    modules: dict[str, str] = {}
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert not any(name.name.split(".")[0] == "whoosh" for name in node.names), "import names from it"
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "whoosh":
            for name in node.names:
                if is_module(f"{node.module}.{name.name}"):
                    modules[name.asname or name.name] = f"{node.module}.{name.name}"
                else:
                    found.add((str(node.module), name.name))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            found.add((modules[node.value.id], node.attr))
    return found


def used() -> Uses:
    together: Uses = defaultdict(lambda: (set(), set()))
    for path in sorted((ROOT / "index" / "quoth").rglob("*.py")):
        source = path.read_text("utf-8")
        for module, name in uses(source) if "whoosh" in source else ():
            together[module][0].add(name)
            together[module][1].add(path.relative_to(ENGINE).as_posix())
    return dict(together)


def listed(record: Path = RECORD) -> Uses:
    ((_, rows),) = ((head, rows) for head, rows in tables(record.read_text("utf-8")) if head[0] == "module")
    code = re.compile(r"`([^`]+)`")
    return {code.findall(row[0])[0]: (set(code.findall(row[1])), set(code.findall(row[2]))) for row in rows}


def test_the_list_is_what_the_library_imports() -> None:
    assert listed() == used()


def test_each_piece_has_a_use_and_a_cost() -> None:
    ((_, rows),) = ((head, rows) for head, rows in tables(RECORD.read_text("utf-8")) if head[0] == "module")
    assert all(row[3] and re.match(r"\d", row[4]) for row in rows)
