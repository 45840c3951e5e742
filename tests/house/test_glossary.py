"""docs/glossary.md is also an index of the code: every public class is in it, once, with a link to its module."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache

from tests.house.test_limits import public_classes
from tests.support.events import ROOT

PAGE = ROOT / "docs" / "glossary.md"
HOUSES = ("index/quoth", "functions")
COLUMN = "in code"
CLASS = re.compile(r"\[`(\w+)`\]\(([^)]+)\)")
MOST_REPLACED_WORDS = 15


def cells(line: str) -> list[str]:
    """Return the cells of a line of a table.

    >>> cells("| mark | a sign | |")
    ['mark', 'a sign', '']
    """
    return [cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split("|")]


def tables(page: str) -> Iterator[tuple[list[str], list[list[str]]]]:
    """Yield each table of a page: its column titles and its rows."""
    for block in re.findall(r"(?:^\|.*\n)+", page, re.MULTILINE):
        head, _, *rows = map(cells, block.splitlines())
        yield head, rows


def listed(page: str) -> list[tuple[str, str]]:
    """Return the classes in the columns `in code`, each with the target of its link."""
    return [
        (name, link)
        for head, rows in tables(page)
        if COLUMN in head
        for row in rows
        for name, link in CLASS.findall(row[head.index(COLUMN)])
    ]


@cache
def defined() -> dict[str, str]:
    """Return the public classes of the library and the functions, each with its file relative to the root."""
    return {
        name: path.relative_to(ROOT).as_posix()
        for house in HOUSES
        for path in sorted((ROOT / house).rglob("*.py"))
        for name in public_classes(path.read_text("utf-8"))
    }


GLOSSARY = PAGE.read_text("utf-8")


def test_every_public_class_is_in_the_glossary() -> None:
    assert len(listed(GLOSSARY)) > 200
    assert sorted(defined().keys() - {name for name, _ in listed(GLOSSARY)}) == []


def test_no_class_is_in_the_glossary_twice() -> None:
    counts = Counter(name for name, _ in listed(GLOSSARY))
    assert [name for name, count in counts.items() if count > 1] == []


def test_every_class_of_the_glossary_is_in_the_code() -> None:
    assert [name for name, _ in listed(GLOSSARY) if name not in defined()] == []


def test_a_class_links_to_the_module_that_defines_it() -> None:
    modules = defined()
    right = {name: f"../{modules[name]}" for name, _ in listed(GLOSSARY) if name in modules}
    assert {name: link for name, link in listed(GLOSSARY) if link != right.get(name, link)} == {}


def test_a_column_of_classes_has_no_other_code() -> None:
    """A name in backticks without a link would escape the tests above."""
    columns = [row[head.index(COLUMN)] for head, rows in tables(GLOSSARY) if COLUMN in head for row in rows]
    assert [column for column in columns if "`" in CLASS.sub("", column)] == []


def test_every_term_has_a_meaning_and_a_source() -> None:
    terms = [row for head, rows in tables(GLOSSARY) if head == ["term", "meaning", COLUMN, "source"] for row in rows]
    assert len(terms) > 100
    assert [row for row in terms if len(row) != 4 or not (row[0] and row[1] and row[3])] == []


def test_a_term_has_one_row() -> None:
    counts = Counter(row[0] for head, rows in tables(GLOSSARY) if head[0] == "term" for row in rows)
    assert [term for term, count in counts.items() if count > 1] == []


def test_the_list_of_replaced_words_is_short() -> None:
    (replaced,) = [rows for head, rows in tables(GLOSSARY) if head[0] == "not"]
    assert 0 < len(replaced) <= MOST_REPLACED_WORDS
