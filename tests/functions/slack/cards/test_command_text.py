"""The text of a command: as Slack encodes it, and what it asks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.slack.command import AskedHelp, AskedSearch, AskedSpeaker, AskedVerdict, parse
from functions.slack.markup import typed
from quoth.archive import Archive
from quoth.engine.query.request import Request
from tests.functions.slack.stand_in import answered, asked, words
from tests.support.builders import a_given
from tests.support.effort import sampled


def is_known(name: str) -> bool:
    return name in ("Ada Okafor", "Okafor")


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("R&amp;B", "R&B"),
        ("AT&amp;T, rock &amp; roll", "AT&T, rock & roll"),
        ("negotiate &gt; people", "negotiate > people"),
        ("a &lt;b&gt; c", "a <b> c"),
        ("&amp;lt;", "&lt;"),
        ("&amp;amp;", "&amp;"),
        ("_negotiate_ now", "negotiate now"),
        ("*dam* ~holds~ `twice` ```thrice```", "dam holds twice thrice"),
        ("_the dam holds_", "the dam holds"),
        ("nego* swap*", "nego* swap*"),
        ("snake_case_words", "snake_case_words"),
        ("5*3 2*4", "5*3 2*4"),
        ("speaker:<@U024BE7LH|okafor> email", "speaker:okafor email"),
        ("<@U024BE7LH> dam", "dam"),
        ("<#C024BE7LR|general> dam", "general dam"),
        ("<!here> dam", "here dam"),
        ("<!subteam^S1|@desk> dam", "desk dam"),
        ("<https://example.org|example.org> dam", "example.org dam"),
        ("<https://example.org> dam", "https://example.org dam"),
        ("<mailto:ada@example.org|ada@example.org>", "ada@example.org"),
        ("dam —hold", "dam -hold"),
        ("dam –“will hold”", "dam -“will hold”"),
        ("dam — hold", "dam — hold"),
        ("re—open", "re—open"),
        ("  dam\u00a0", "dam"),
        ("<", "<"),
        ("", ""),
    ],
)
def test_the_text_is_what_was_typed(sent: str, meant: str) -> None:
    assert typed(sent) == meant


@sampled(200)
@given(st.text(max_size=60))
def test_what_slack_encodes_is_read_back(text: str) -> None:
    """Whatever somebody types between marks that Slack does not format."""
    encoded = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    plain = not set("*_~`‐‑‒–—―−") & set(text)
    assert not plain or typed(encoded) == text.strip()


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("", AskedHelp()),
        ("help", AskedHelp()),
        ("HELP", AskedHelp()),
        ("help wanted", AskedSearch("help wanted")),
        ("verify", AskedHelp()),
        ("who", AskedHelp()),
        ("whoever holds", AskedSearch("whoever holds")),
        ("“who cares”", AskedSearch("“who cares”")),
        ("dam hold by okafor", AskedSearch("dam hold by okafor")),
        ("who Ada Okafor", AskedSpeaker("Ada Okafor")),
        ("who “Ada Okafor”", AskedSpeaker("Ada Okafor")),
        ("verify the dam will hold", AskedVerdict("the dam will hold")),
        ("verify “the dam will hold”", AskedVerdict("the dam will hold")),
        ("Verify the dam will hold by Okafor", AskedVerdict("the dam will hold", "Okafor")),
        ("verify “the dam will hold” by Ada Okafor.", AskedVerdict("the dam will hold", "Ada Okafor")),
        ("verify “the dam will hold” — Okafor", AskedVerdict("the dam will hold", "Okafor")),
        ("verify built by hand by Okafor", AskedVerdict("built by hand", "Okafor")),
        ("verify built by hand", AskedVerdict("built by hand")),
        ("verify built by Okafor by hand", AskedVerdict("built by Okafor by hand")),
        ("verify by Okafor", AskedVerdict("by Okafor")),
    ],
)
def test_the_first_word_says_what_is_asked(text: str, meaning: object) -> None:
    assert parse(text, is_known) == meaning


@pytest.mark.parametrize(
    "text", ["R&amp;B", "AT&amp;T", "rock ’n’ roll", "_rock_ R&amp;B", "speaker:<@U1|mbeki> R&amp;B"]
)
def test_the_box_finds_what_slack_has_encoded(workspace: Archive, text: str) -> None:
    workspace.add(a_given("It’s a ’90s thing: rock ’n’ roll, R&B and AT&T."))
    assert words(answered(asked(text))).startswith("One quote\n“It’s a ’90s thing")


def test_an_excluded_word_that_a_phone_has_turned_into_a_dash_is_excluded(workspace: Archive) -> None:
    assert workspace.answer(Request(q=typed("land —everybody"))).total == 1


@pytest.mark.parametrize(
    ("text", "is_matched"),
    [("by Trump", True), ("by Donald J. Trump", True), ("by donald-trump", True), ("by Tru", False)],
)
def test_only_a_whole_name_of_somebody_is_the_claimed_speaker(workspace: Archive, text: str, is_matched: bool) -> None:
    said = words(answered(asked(f"verify there will be some land swapping going on {text}")))
    assert ("Donald Trump said this in part" in said) == is_matched
