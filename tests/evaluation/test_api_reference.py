"""The reference of the library, as pdoc makes it of the docstrings; their examples run as tests of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

import quoth
from quoth.archive import Archive
from quoth.engine.page import Page
from quoth.engine.searcher import VerifyResult
from tools.reference import library

pytestmark = pytest.mark.prove

Pages = dict[str, str]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    """The text of every page, by its path."""
    place = tmp_path_factory.mktemp("docs")
    library.write(place)
    return {path.relative_to(place).as_posix(): path.read_text("utf-8") for path in place.rglob("*.html")}


def ids(page: str) -> set[str]:
    return set(re.findall(r'\bid="([^"]+)"', page))


def links(pages: Pages) -> Iterator[tuple[str, str, str]]:
    """Yield each internal link: the page that has it, the page that it leads to, and the place there."""
    for path, text in pages.items():
        without_scripts = re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)
        for address in map(unescape, re.findall(r'\bhref="([^"]*)"', without_scripts)):
            if not re.match("[a-z]+:", address):
                target, _, place = address.partition("#")
                resolved = (Path("/", path).parent / target).resolve().relative_to("/").as_posix() if target else path
                yield path, resolved, place


def test_no_link_is_dead(pages: Pages) -> None:
    known = {path: ids(text) for path, text in pages.items()}
    found = list(links(pages))
    dead = [one for one in found if one[1] not in known or (one[2] and one[2] not in known[one[1]])]
    assert len(found) > 1_000
    assert dead == []


def test_it_has_every_public_name(pages: Pages) -> None:
    assert set(quoth.__all__) <= ids(pages["quoth.html"])
    for module, kind in (("archive", Archive), ("engine/page", Page), ("engine/searcher", VerifyResult)):
        methods = {f"{kind.__name__}.{name}" for name in vars(kind) if not name.startswith("_")}
        assert methods <= ids(pages[f"quoth/{module}.html"])


def test_every_module_has_a_page_that_the_first_leads_to(pages: Pages) -> None:
    assert {f"{module.replace('.', '/')}.html" for module in library.MODULES} | {"index.html"} == set(pages)
    assert "url=./quoth.html" in pages["index.html"]


def test_an_example_is_code(pages: Pages) -> None:
    assert re.search(r'<div class="pdoc-code codehilite">\s*<pre>.*&gt;&gt;&gt;', pages["quoth/archive.html"])
