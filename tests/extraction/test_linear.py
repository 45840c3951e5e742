"""The scanner and the parser do at most linear work on any body, however hostile."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from re import _constants as ops
from re import _parser
from types import FrameType
from typing import Any

import pytest

from quoth import extraction
from quoth.extraction.parsing.document import parse

SOURCE = Path(extraction.__file__).parent
COUNTED = (str(SOURCE / "scanner"), str(SOURCE / "parsing" / "document.py"))

HOSTILE = {
    "opening marks": "“",
    "opening marks and words": "“a ",
    "unclosed lines": "“a\n",
    "alternating marks": "“”",
    "alternating marks and words": "“a” b “c ",
    "nested marks": '“a "b ',
    "straight marks": '"',
    "straight marks and words": '"a" ',
    "guillemets": "«",
    "guillemets both ways": "»a« ",
    "low marks": "„a“ ",
    "apostrophes": "'",
    "curly apostrophes": "’",
    "opening singles": " ‘a",
    "possessives": "‘voters’ x ",
    "possessives in sentences": "‘voters’ x. Y ",
    "double singles": "''",
    "triple singles": "'''a ",
    "labels": "PENCE: I.\n",
    "questions": "Q: a?\nA: b.\n",
    "names": "Ada Byron: I go.\nBo Lind: You.\n",
    "labels in marks": '"LIND: I go.\n',
    "talk between": "Q: a?\nI go.\nA: b.\nwe go.\n",
    "half a label": "A " * 5 + "B-",
    "colons": "A:",
    "angles": "> \n",
    "angled words": "> We go on.\n",
    "blocks": "a:\n    b c d.\ne.\n",
    "brackets": "A: (",
    "references": "&quot;",
    "references and words": "&quot;a&quot; ",
    "no references": "&bogus;",
    "ampersands": "&",
    "zero width": "\u200b",
    "soft hyphens": "a\xad",
    "accents": "a\u0301",
    "piled accents": "\u0301\u0323",
    "accents and soft hyphens": "Jose\u0301 a\xad",
    "one word": "a",
    "one line": "we go. ",
    "initials": "X.",
    "commas": ",",
    "spaces": " ",
    "other spaces": "a\xa0",
    "newlines": "\n",
    "all newlines": "\r\n\u2028",
    "everything": "“\"‘«A: b? '",
}


class Counted(str):
    """A text that counts the characters of its slices."""

    cut = 0

    def __getitem__(self, key: Any) -> str:
        part = super().__getitem__(key)
        Counted.cut += len(part)
        return Counted(part) if len(part) > 1 else part


def steps(act: Callable[[str], object], body: str) -> int:
    """Return the instructions that the scanner and the parser run on a body, and the characters that they copy.

    Patterns are not counted: the audit below shows that each search is linear.
    """
    count = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count
        if event == "call":
            if not frame.f_code.co_filename.startswith(COUNTED):
                return None
            frame.f_trace_opcodes, frame.f_trace_lines = True, False
        count += 1
        return trace

    Counted.cut = 0
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        act(Counted(body))
    finally:
        sys.settrace(before)
    return count + Counted.cut


def hostile(piece: str, length: int) -> str:
    return piece * (length // len(piece))


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("length", [250, pytest.param(1_500, marks=pytest.mark.prove)])
def test_twice_the_body_is_twice_the_work(piece: str, length: int) -> None:
    once, twice = (steps(parse, hostile(piece, size)) for size in (length, 2 * length))
    assert twice <= 2.2 * once + 500


def test_work_that_is_not_linear_is_noticed() -> None:
    def looks_back(body: str) -> None:
        for index in range(len(body)):
            body[:index].strip()

    assert steps(looks_back, "a" * 3000) > 3 * steps(looks_back, "a" * 1500)


@pytest.mark.prove
@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_body_beyond_the_size_limit_is_parsed_whole(piece: str) -> None:
    body = hostile(piece, 1 << 17)
    assert parse(body).body == body


# --- every pattern is audited: no body makes a search backtrack over earlier text


def modules() -> Iterator[Any]:
    for found in pkgutil.walk_packages(extraction.__path__, extraction.__name__ + "."):
        yield importlib.import_module(found.name)


def patterns() -> dict[str, re.Pattern[str]]:
    return {
        f"{module.__name__.removeprefix(extraction.__name__)}.{name}": value
        for module in modules()
        for name, value in vars(module).items()
        if isinstance(value, re.Pattern)
    }


Nodes = Sequence[tuple[Any, Any]]
CHARACTERS = [chr(code) for code in range(0x3100)]
CATEGORIES: dict[Any, Callable[[str], bool]] = {
    ops.CATEGORY_WORD: lambda c: c.isalnum() or c == "_",
    ops.CATEGORY_NOT_WORD: lambda c: not (c.isalnum() or c == "_"),
    ops.CATEGORY_SPACE: str.isspace,
    ops.CATEGORY_NOT_SPACE: lambda c: not c.isspace(),
    ops.CATEGORY_DIGIT: str.isdecimal,
    ops.CATEGORY_NOT_DIGIT: lambda c: not c.isdecimal(),
}
REPEATS = (ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT)
MANY = 1000  # a longer repeat counts as unbounded
EVERY = frozenset(CHARACTERS)


def faults(pattern: str, flags: int = 0) -> list[str]:
    """Return why a pattern could take more than linear time; it rejects some good patterns, but passes no bad ones.

    An unbounded repeat must not contain another one, unless the text after the inner one begins differently, nor a
    choice whose branches begin alike. And nothing that can fail may follow an unbounded repeat, since a search would
    restart it at every character that it has passed.
    """
    return list(_faults(list(_parser.parse(pattern, flags)), follow=None, can_fail=False))


def _faults(nodes: Nodes, follow: frozenset[str] | None, *, can_fail: bool) -> Iterator[str]:
    """Yield the faults of a sequence; `follow` is what may come after it in an enclosing unbounded repeat."""
    for index, (op, argument) in enumerate(nodes):
        rest = nodes[index + 1 :]
        after = None if follow is None else _first(rest) | (follow if _may_be_empty(rest) else frozenset())
        fails = can_fail or not all(_cannot_fail(node) for node in rest)
        if op in REPEATS:
            low, high, body = argument
            if after is not None and low != high and _first(body) & after:
                yield "a repeat in a repeat, and what follows begins like it"
            if high > MANY and (fails or low > 1):
                yield "a repeat without a bound, and what follows can fail"
            inner = _first(body) | (after or frozenset()) if high > MANY else after
            yield from _faults(list(body), inner, can_fail=fails and high <= MANY)
        elif op is ops.BRANCH:
            branches = [list(branch) for branch in argument[1]]
            firsts = [_first(branch) for branch in branches]
            if follow is not None and len(frozenset().union(*firsts)) < sum(map(len, firsts)):
                yield "a choice in a repeat, and two branches begin alike"
            if after is not None and any(map(_may_be_empty, branches)) and frozenset().union(*firsts) & after:
                yield "a choice in a repeat, and what follows begins like it"
            for branch in branches:
                yield from _faults(branch, after, can_fail=fails)
        elif op in (ops.SUBPATTERN, ops.ATOMIC_GROUP, ops.ASSERT, ops.ASSERT_NOT):
            is_assertion = op in (ops.ASSERT, ops.ASSERT_NOT)
            inner = argument if op is ops.ATOMIC_GROUP else argument[-1]
            yield from _faults(list(inner), None if is_assertion else after, can_fail=fails or is_assertion)


@cache
def _of_category(category: Any) -> frozenset[str]:
    return frozenset(filter(CATEGORIES[category], CHARACTERS))


def _set(items: Nodes) -> frozenset[str]:
    found: set[str] = set()
    for op, argument in items:
        if op is ops.LITERAL:
            found.add(chr(argument))
        elif op is ops.RANGE:
            found.update(chr(code) for code in range(argument[0], min(argument[1], 0x3100) + 1))
        elif op is ops.CATEGORY:
            found |= _of_category(argument)
    return EVERY - found if items and items[0][0] is ops.NEGATE else frozenset(found)


def _first(nodes: Any) -> frozenset[str]:
    """Return the characters with which a match of a sequence may begin."""
    found: frozenset[str] = frozenset()
    for op, argument in nodes:
        found |= _first_of(op, argument)
        if not _may_be_empty([(op, argument)]):
            break
    return found


def _first_of(op: Any, argument: Any) -> frozenset[str]:
    if op is ops.LITERAL:
        return frozenset(chr(argument))
    if op is ops.IN:
        return _set(argument)
    if op in REPEATS:
        return _first(argument[2])
    if op is ops.BRANCH:
        return frozenset().union(*(_first(branch) for branch in argument[1]))
    if op is ops.SUBPATTERN:
        return _first(argument[-1])
    if op in (ops.AT, ops.ASSERT, ops.ASSERT_NOT):
        return frozenset()
    return EVERY


def _may_be_empty(nodes: Any) -> bool:
    for op, argument in nodes:
        if op in REPEATS:
            is_empty = argument[0] == 0 or _may_be_empty(argument[2])
        elif op is ops.BRANCH:
            is_empty = any(_may_be_empty(branch) for branch in argument[1])
        elif op is ops.SUBPATTERN:
            is_empty = _may_be_empty(argument[-1])
        else:
            is_empty = op in (ops.AT, ops.ASSERT, ops.ASSERT_NOT, ops.GROUPREF)
        if not is_empty:
            return False
    return True


def _cannot_fail(node: tuple[Any, Any]) -> bool:
    op, argument = node
    if op in REPEATS:
        return bool(argument[0] == 0)
    if op is ops.SUBPATTERN:
        return all(map(_cannot_fail, argument[-1]))
    return op is ops.BRANCH and any(all(map(_cannot_fail, branch)) for branch in argument[1])


@pytest.mark.parametrize("name", sorted(patterns()))
def test_no_pattern_backtracks_over_earlier_text(name: str) -> None:
    pattern = patterns()[name]
    assert faults(pattern.pattern, pattern.flags & ~re.UNICODE) == []


@pytest.mark.parametrize(
    "pattern",
    [
        r"(a+)+",
        r"(a+)+b",
        r"(a*)*",
        r"(?:\w+\s?)*",
        r"(?:\w+-?)+!",
        r"(?:a|a)*b",
        r"(?:a|[ab]c)*",
        r"(?:(?:b|)[bc])*",
        r"(?:a?a)*",
        r"(?:[ab]{1,3})*",
        r"(?:.*,)*",
        r"\s+$",
        r"a+b",
        r".*x",
        r"(?=a*b)",
        r"(?<!x)\w+:",
        r"(?:a{2,}b?)",
    ],
)
def test_the_audit_refuses(pattern: str) -> None:
    assert faults(pattern)


@pytest.mark.parametrize(
    "pattern",
    [r"\w+", r"\w+(?:-\w+)*", r"[ab]+|c+", r"(?P<mark>[.,])(?P=mark)*", r"a{1,40}b", r"(?:ab|cd)*", r"x(?!\w)"],
)
def test_the_audit_passes(pattern: str) -> None:
    assert faults(pattern) == []


def test_no_pattern_escapes_the_audit() -> None:
    """Every use of `re` is a module constant: NAME = re.compile(...)."""
    for file in SOURCE.rglob("*.py"):
        tree = ast.parse(file.read_text("utf-8"))
        constants = {id(node.value) for node in tree.body if isinstance(node, ast.Assign)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("re."):
                assert (ast.unparse(node.func), id(node) in constants) == ("re.compile", True), ast.unparse(node)
