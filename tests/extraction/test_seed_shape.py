"""An article of our own with every trap of the first real one must give the same results for the same reasons."""

from __future__ import annotations

import pytest

from quoth.article import Article
from quoth.extraction import extract
from quoth.quote import Quote

BODY = """Byron’s oldest friend wants the dam opened | Valley | News


One of Byron’s oldest friends has told his family that she should open the dam.

Piet Okker, the 61-year-old’s chief engineer, has worked beside the valley’s leader since 1998.

This week, Byron will meet her upriver counterpart Gerald Lindqvist for the first time in years.

They will meet at Stonemouth, and the hosts have yet to invite Harland‘s President Teodor Malovsky.

The move seems to be backed by Lindqvist, who stated he and Byron will discuss “water trading” when they meet, adding \
he was tired of waiting because Malvosky insisted on a vote in every village.

“I was a bit surprised to hear that Malovskyy needs every village to agree,” Lindqvist said. “He needed nobody to \
close the gates, but he needs a vote to do a water trade.

“And there will be water trading, believe me. I have that from the valley and from everyone else.”

Malovsky gave a speech in which he obsreved that the valley is “certainly not about to open a gate or a lock,” as the \
meeting comes near, though some say that he may yet watertrade.

Before that, the Harland leader has warned that the valley will only ask for more.



Source link"""

EXPECTED = [
    ("water trading", "partial", "gerald-lindqvist", "Lindqvist", "stated", 1, 1),
    (
        "I was a bit surprised to hear that Malovskyy needs every village to agree,",
        "direct", "gerald-lindqvist", "Lindqvist", "said", 1, 3,
    ),
    (
        "He needed nobody to close the gates, but he needs a vote to do a water trade.",
        "direct", "gerald-lindqvist", "Lindqvist", "said", 2, 3,
    ),
    (
        "And there will be water trading, believe me. I have that from the valley and from everyone else.",
        "direct", "gerald-lindqvist", "Lindqvist", "said", 3, 3,
    ),
    ("certainly not about to open a gate or a lock,", "partial", "teodor-malovsky", "he", "obsreved", 1, 1),
]  # fmt: skip


@pytest.fixture(params=["\n", "\r\n"], ids=["unix", "windows"])
def quotes(request: pytest.FixtureRequest) -> tuple[Quote, ...]:
    return extract(Article(body=BODY.replace("\n", request.param)))


def test_every_span_has_its_type_speaker_evidence_and_utterance(quotes: tuple[Quote, ...]) -> None:
    found = [
        (
            quote.text,
            quote.type,
            quote.speaker and quote.speaker.id,
            quote.attribution.mention and quote.attribution.mention.text,
            quote.attribution.cue,
            quote.utterance.position,
            quote.utterance.of,
        )
        for quote in quotes
    ]
    assert found == EXPECTED


def test_three_utterances(quotes: tuple[Quote, ...]) -> None:
    assert len({quote.utterance.id for quote in quotes}) == 3


def test_the_continuation_says_where_its_name_comes_from(quotes: tuple[Quote, ...]) -> None:
    assert quotes[3].attribution.why == "continues the quote that “Lindqvist said” introduces one paragraph above"


def test_the_pronoun_says_whom_it_stands_for(quotes: tuple[Quote, ...]) -> None:
    assert quotes[4].attribution.why == (
        "“he obsreved” comes before the quote in its sentence; “he” stands for Teodor Malovsky, the subject of the "
        "sentence"
    )


def test_all_three_spellings_find_the_speaker(quotes: tuple[Quote, ...]) -> None:
    assert quotes[4].speaker is not None
    assert {"Teodor Malovsky", "Malovsky", "Malvosky", "Malovskyy"} <= set(quotes[4].speaker.aliases)
