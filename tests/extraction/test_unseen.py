"""Characters that nobody sees: which they are, and that they are not part of a text as a reader sees it."""

from __future__ import annotations

import re
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quoth.engine.analysis import places
from quoth.text.sentences import cuts
from quoth.text.unseen import UNSEEN, bare, composed, seen
from tests.support.effort import sampled

# Format characters with a shape: number signs and verse marks of three scripts, and the layout of hieroglyphs.
SEEN = re.compile(r"[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd\U00013430-\U0001343f]")


def test_every_format_character_is_unseen_but_those_that_have_a_shape() -> None:
    known = re.compile(f"[{UNSEEN}]")
    formats = {chr(c) for c in range(sys.maxunicode + 1) if unicodedata.category(chr(c)) == "Cf"}
    assert {c for c in formats if not known.match(c)} == {c for c in formats if SEEN.match(c)}


def test_no_space_and_no_letter_is_unseen() -> None:
    known = re.compile(f"[{UNSEEN}]")
    characters = [chr(c) for c in range(0x10000) if known.match(chr(c))]
    assert {unicodedata.category(c) for c in characters} == {"Cc", "Cf", "Cn", "Mn"}
    assert not [c for c in characters if c.isspace() or c.isalnum()]


@pytest.mark.parametrize("text", ["Ada Okafor", "José", "line\none", "می خواهم", "😀", ""])
def test_a_text_without_unseen_characters_stays_as_it_is(text: str) -> None:
    assert bare(text) == seen(text) == text


def test_accents_piled_on_a_letter_end() -> None:
    """Unicode sorts them one by one: a hundred thousand would take minutes."""
    assert len(composed("a" + "\u0301\u0323" * 100_000)) <= 31


@sampled(100)
@given(st.lists(st.tuples(st.integers(0, 100), st.sampled_from("\xad\u200b\u200d\u202e\ufeff\x00")), max_size=20))
def test_unseen_characters_do_not_change_where_sentences_end(inserted: list[tuple[int, str]]) -> None:
    text = "I met Mr. Okafor of the U.S. Senate. “He said no.” – “Why?” And left. No. 10 is dark… It was. and so on"
    changed = text
    for at, unseen in inserted:
        changed = changed[:at] + unseen + changed[at:]
    assert cuts(changed, places(changed)) == cuts(text, places(text))


@given(st.text())
def test_what_is_seen_is_seen_so_again(text: str) -> None:
    assert seen(seen(text)) == seen(text)
    assert seen(bare(text)) == seen(text)
