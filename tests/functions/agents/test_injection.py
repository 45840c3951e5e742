"""What an article says changes no member of an answer but its own.

Each hostile text stands, in an archive of its own kind, where a harmless one stands in another: as the words of a
quote, as a headline, as a publisher, as the name of a speaker. The answers may differ in the members that hold it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from functions.http.agents.toolbox import Toolbox
from quoth.archive import Archive
from quoth.quote import GivenQuote
from quoth.storage.stores.memory import MemoryStore
from tests.functions.agents.asking import toolbox
from tests.functions.agents.orders import ORDERS
from tests.support.builders import day

# Characters that end a line, reorder what follows, control a terminal, or spell words that nobody sees.
HIDING = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2066-\u2069\ufeff\U000e0000-\U000e007f]")
# The members that may differ, by the place of the text; `*` is any one member, `**` any number of them. A title is made
# of the names of speaker and publisher, and an id of speaker or words.
OWN = {
    "text": "id text utterance/id selector/* spoken/*/text spoken/*/id citations/** json_ld/** links/* url",
    "headline": "article/headline metadata/headline citations/** json_ld/**",
    "publisher": "article/publisher metadata/publisher title citations/** json_ld/** publishers/*/name",
    "speaker": "speaker/* metadata/speaker title citations/** json_ld/**",
}
CONTROL = GivenQuote(text="The lock will stay shut.", speaker="Bo Lind", published=day(2020), publisher="Post")


def archive_of(place: str, texts: Iterable[str]) -> Toolbox:
    """Return the tools over one quote a text, the newest first, and one that nobody attacks."""
    known: dict[str, Any] = {"text": "The dam will hold.", "speaker": "Ada Okafor", "headline": "A dam"}
    known |= {"publisher": "Gazette", "url": "https://news.example/1", "context": "x"}
    archive = Archive(MemoryStore())
    archive.add(
        [CONTROL]
        + [
            GivenQuote(**{**known, "id": f"urn:{n}", "published": day(2025, 12, 30) - timedelta(n), place: text})
            for n, text in enumerate(texts)
        ]
    )
    return toolbox(archive)


def answers(tools: Toolbox) -> Iterator[dict[str, Any]]:
    """Yield the answers about each quote, and then those about the one that nobody attacks."""
    arguments: dict[str, Any] = {"limit": 20, "sort": "newest", "response_format": "detailed"}
    found = 0
    while True:
        page = ask(tools, "search_quotes", **arguments)
        for hit in page["hits"]:
            yield hit
            yield ask(tools, "get_quote", id=hit["id"], response_format="detailed")
            yield ask(tools, "fetch", id=hit["id"])
        found += len(page["hits"])
        if page["next_cursor"] is None:
            break
        arguments["cursor"] = page["next_cursor"]
    assert found == len(ORDERS) + 1
    yield ask(tools, "search", query="lock")
    verified = ask(tools, "verify_quote", text="The lock will stay open", speaker="Bo Lind", response_format="detailed")
    yield {**verified, "coverage": None}
    yield {**ask(tools, "check_draft", text="“The lock will stay shut,” Bo Lind said."), "coverage": None}


def ask(tools: Toolbox, tool: str, **arguments: Any) -> dict[str, Any]:
    result = tools.call(tool, arguments)
    text: str = result["content"][0]["text"]
    assert not HIDING.search(text)
    answer: dict[str, Any] = result["structuredContent"]
    assert json.loads(text) == answer
    return answer


def leaves(value: Any, path: str = "") -> dict[str, Any]:
    if not isinstance(value, dict | list) or not value:
        return {path: value}
    found: dict[str, Any] = {}
    for name, item in value.items() if isinstance(value, dict) else enumerate(value):
        found |= leaves(item, f"{path}/{name}" if path else str(name))
    return found


def own(place: str) -> re.Pattern[str]:
    """Return a pattern of the paths of the members that may differ."""
    paths = [re.escape(path).replace(r"\*\*", ".*").replace(r"\*", "[^/]*") for path in OWN[place].split()]
    return re.compile(rf"(?:.*/)?(?:{'|'.join(paths)})")


@pytest.mark.parametrize("place", OWN)
def test_a_hostile_text_changes_no_member_but_its_own(place: str) -> None:
    hostile = list(answers(archive_of(place, ORDERS)))
    harmless = list(answers(archive_of(place, [f"harmless words {n}" for n in range(len(ORDERS))])))
    changed: set[str] = set()
    for attacked, usual in zip(hostile, harmless, strict=True):
        one, other = leaves(attacked), leaves(usual)
        changed |= {path for path in one.keys() | other.keys() if one.get(path) != other.get(path)}
    allowed = own(place)
    assert sorted(path for path in changed if not allowed.fullmatch(path)) == []
    assert len(changed) > 1


def test_there_are_fifty_hostile_texts() -> None:
    assert len(set(ORDERS)) == 50


@pytest.mark.parametrize("place", ["text", "headline"])
def test_a_hostile_text_arrives_as_it_is(place: str) -> None:
    """What is pasted must be what was printed; JSON keeps it in its member."""
    tools = archive_of(place, ORDERS)
    texts = {
        hit["text"] if place == "text" else hit["article"]["headline"]
        for hit in answers(tools)
        if "score" in hit and hit["article"]["id"] != CONTROL.id
    }
    assert set(ORDERS) <= texts
