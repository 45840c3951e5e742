"""How often each kind of question waits for a distant store, and how much it reads, from nothing and in a process that
has answered before.

Pages are small here, so that no question gets from a page what it has not asked for: then a small archive is read in as
many rounds as a large one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from bench.parts.trips import archives, asked
from bench.parts.trips.asked import Question
from quoth.storage.files import page_table

pytestmark = pytest.mark.prove

QUOTES, ARTICLES = 2_000, 40
PAGE = 512
FAR = 20_000  # bytes in the time of a trip: no segment is read whole, and no gap


class Limits(NamedTuple):
    """The most rounds and kilobytes of a question: from nothing, and with a warm snapshot."""

    cold: int
    warm: int
    cold_kilobytes: int
    warm_kilobytes: int


# Four rounds from nothing, two with a warm snapshot. One more where a word or a name is not in the index and is looked
# for among those near it, and another to explain that nobody is near; two where the article is read, found by a list of
# its versions. The pages of one quote and of one speaker ask several questions.
LIMITS = {
    "a rare word": Limits(4, 2, 670, 30),
    "a common word": Limits(4, 2, 710, 70),
    "two words": Limits(4, 2, 760, 120),
    "two words, match=all": Limits(4, 2, 700, 110),
    "a misspelt word": Limits(5, 3, 830, 200),
    "an unknown word": Limits(3, 1, 790, 170),
    "a phrase": Limits(4, 2, 750, 100),
    "a prefix": Limits(4, 2, 670, 40),
    "a word and dates": Limits(4, 2, 720, 70),
    "a word, newest first": Limits(4, 2, 700, 50),
    "two words, facets": Limits(4, 2, 810, 130),
    "two words, equal words once": Limits(4, 2, 850, 170),
    "the page, two words": Limits(4, 2, 810, 130),
    "the page's home": Limits(3, 2, 320, 10),
    "a name": Limits(4, 2, 640, 20),
    "a word by a speaker": Limits(4, 2, 680, 50),
    "a word by a misspelt speaker": Limits(5, 3, 710, 80),
    "a word by an unknown speaker": Limits(6, 2, 720, 70),
    "speakers by a prefix": Limits(4, 2, 310, 10),
    "a speaker": Limits(3, 2, 300, 10),
    "the page of a speaker": Limits(8, 6, 510, 20),
    "five words of a quote": Limits(4, 2, 830, 180),
    "five words and an unknown one": Limits(5, 3, 990, 340),
    "verify a quote": Limits(4, 2, 950, 310),
    "verify a quote with its speaker": Limits(4, 3, 1000, 320),
    "a quote by its id": Limits(3, 2, 270, 40),
    "a quote with its context": Limits(3, 2, 270, 40),
    "the page of a quote": Limits(4, 3, 300, 70),
    "verify a quote of an article": Limits(4, 2, 800, 160),
    "verify a quote of an article with its speaker": Limits(4, 3, 840, 170),
    "a quote of an article by its id": Limits(3, 2, 270, 40),
    "a quote of an article with its context": Limits(5, 4, 270, 40),
    "the page of a quote of an article": Limits(6, 5, 300, 70),
    "the page about the archive": Limits(2, 1, 220, 30),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page_table, "PAGE", PAGE)
        made = tmp_path_factory.mktemp("trips") / "archives"
        archives.prepare(made, QUOTES, ARTICLES, ("many",))
        yield made / "many"


@pytest.fixture(scope="module")
def questions(folder: Path) -> dict[str, list[Question]]:
    found = defaultdict(list)
    for question in asked.questions(folder.parent, 1):
        found[question.kind].append(question)
    return found


def test_every_kind_of_question_has_limits(questions: dict[str, list[Question]]) -> None:
    assert questions.keys() == LIMITS.keys()


@pytest.mark.parametrize("kind", LIMITS)
def test_a_question_waits_seldom_and_reads_little(
    folder: Path, questions: dict[str, list[Question]], kind: str
) -> None:
    limits = LIMITS[kind]
    for question in questions[kind]:
        cold = asked.cost(folder, question, trip_bytes=FAR)
        warm = asked.cost(folder, question, [asked.warm_up()], FAR)
        assert len(cold.rounds) <= limits.cold
        assert len(warm.rounds) <= limits.warm
        assert cold.bytes <= limits.cold_kilobytes * 1_000
        assert warm.bytes <= limits.warm_kilobytes * 1_000


@pytest.mark.prove
@pytest.mark.parametrize("name", archives.SEGMENTS)
def test_in_pages_of_their_usual_size_no_question_waits_more_often(
    tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    made = tmp_path_factory.mktemp("trips") / "archives"
    archives.prepare(made, 20_000, names=(name,))
    for question in asked.questions(made):
        limits = LIMITS[question.kind]
        assert len(asked.cost(made / name, question).rounds) <= limits.cold, question.kind
        assert len(asked.cost(made / name, question, [asked.warm_up()]).rounds) <= limits.warm, question.kind
