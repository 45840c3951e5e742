"""The quote survives a round trip through its stored form."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from demo.expectations import SAMPLE, read
from quoth.errors import Damaged
from quoth.extraction import extract
from quoth.quote import (
    Attribution,
    Mention,
    Origin,
    Quote,
    Selector,
    Speaker,
    Utterance,
    from_text,
    to_json,
    to_text,
    utterance_id,
)
from tests.support.builders import a_quote
from tests.support.effort import sampled

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
maybe = st.none() | texts
offsets = st.none() | st.integers(0, 2**31)
spellings = st.lists(texts, max_size=3).map(tuple)
speakers = st.builds(
    Speaker, texts, texts, maybe, spellings, spellings, st.sampled_from([None, "person", "organisation", "document"])
)
quotes = st.builds(
    Quote,
    id=texts,
    text=texts,
    type=st.sampled_from(["direct", "partial", "indirect"]),
    selector=st.builds(Selector, texts, texts, texts, offsets, offsets),
    utterance=st.builds(Utterance, texts, st.integers(1, 99), st.integers(1, 99)),
    attribution=st.builds(
        Attribution,
        st.sampled_from(["attributed", "unattributed", "given", "denied"]),
        texts,
        texts,
        st.none() | st.floats(0, 1),
        maybe,
        st.none() | st.builds(Mention, texts, st.integers(0), st.integers(0)),
    ),
    speaker=st.none() | speakers,
    denied_speaker=st.just(UNSET) | speakers,
    repeats=maybe,
    article=st.builds(
        Origin,
        texts,
        maybe,
        maybe,
        maybe,
        st.none() | st.datetimes(timezones=st.just(UTC)),
        maybe,
        maybe,
        st.integers(1),
        st.just(UNSET) | texts,
    ),
)


@sampled(100)
@given(quotes)
def test_a_quote_survives_being_stored(quote: Quote) -> None:
    assert from_text(to_text(quote)) == quote


def test_the_quotes_of_an_article_survive_being_stored() -> None:
    found = extract(read(SAMPLE), indirect=True)
    assert tuple(from_text(to_text(quote)) for quote in found) == found


@sampled(100)
@given(quotes)
def test_the_stored_form_is_the_json_form(quote: Quote) -> None:
    assert json.loads(to_text(quote)) == json.loads(json.dumps(to_json(quote)))


@pytest.mark.parametrize("stored", [b"", b"{}", b"[]", b'{"id":"q"', b"\xff", b'{"id":1}'])
def test_a_malformed_stored_quote_is_damage(stored: bytes) -> None:
    with pytest.raises(Damaged, match="a stored quote cannot be read"):
        from_text(stored)


def test_a_moment_is_written_in_utc() -> None:
    assert b'"published":"2025-08-11T09:30:00Z"' in to_text(a_quote(published=datetime(2025, 8, 11, 9, 30, tzinfo=UTC)))


def test_an_utterance_is_named_after_the_quote_that_opens_it() -> None:
    assert utterance_id("q_7Kd2") == "u_7Kd2"
