"""Receipts: a verdict on paper, held against the archive later."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from quoth.archive import Archive
from quoth.article import Article
from quoth.checking import receipts
from quoth.checking.receipts import Receipt, Recheck
from quoth.errors import BadInput
from tests.support.builders import an_article

NOON = datetime(2025, 8, 11, 12, tzinfo=UTC)
TEXT = "We will not raise property taxes this year"


def an_interview(body: str = f"“{TEXT},” said Ada Okafor.", version: int = 1) -> Article:
    return an_article(body, id="urn:1", version=version, url="https://example.org/1")


def issued(archive: Archive, text: str = TEXT, speaker: str | None = "Okafor") -> Receipt:
    return receipts.issue(archive.verify(text, speaker), "quoth 1", NOON)


def rechecked(archive: Archive, receipt: Receipt, engine: str = "quoth 1") -> Recheck:
    result = archive.verify(receipt.question.text, receipt.question.speaker)
    return receipts.recheck(receipt, result, archive.get, engine)


def test_a_receipt_has_question_verdict_and_evidence(archive: Archive) -> None:
    archive.add(an_interview())
    receipt = json.loads(receipts.to_bytes(issued(archive, "we will raise property taxes this year")))
    assert receipt["question"] == {"text": "we will raise property taxes this year", "speaker": "Okafor"}
    assert (receipt["verdict"], receipt["speaker_matches"], receipt["generation"]) == ("altered", True, 1)
    assert receipt["quote"]["id"] == archive.search("taxes").hits[0].quote.id
    assert receipt["quote"]["article"]["sha256"] == an_interview().sha256
    assert receipt["quote"]["article"]["version"] == 1
    assert receipt["differences"] == [{"kind": "negation", "remembered": "", "said": "not", "may_change": True}]
    assert (receipt["engine"], receipt["time"]) == ("quoth 1", "2025-08-11T12:00:00Z")


def test_a_receipt_is_read_as_it_was_written(archive: Archive) -> None:
    archive.add(an_interview())
    for text, speaker in ((TEXT, None), ("nothing of the kind was said", "Bo Lind")):
        receipt = issued(archive, text, speaker)
        assert receipts.from_bytes(receipts.to_bytes(receipt)) == receipt


class TestRecheck:
    def test_a_verdict_still_stands_while_nothing_changes(self, archive: Archive) -> None:
        archive.add(an_interview())
        assert rechecked(archive, issued(archive)).standing == "still_so"

    def test_and_when_the_article_changes_elsewhere(self, archive: Archive) -> None:
        archive.add(an_interview())
        receipt = issued(archive)
        archive.add(an_interview(f"{an_interview().body}\n\nRain fell.", version=2))
        told = rechecked(archive, receipt)
        assert (told.standing, "version is 2, and was 1" in told.why) == ("still_so", True)

    def test_and_when_only_the_punctuation_of_the_quote_changes(self, archive: Archive) -> None:
        archive.add(an_interview())
        receipt = issued(archive)
        archive.add(an_interview(f"“{TEXT}!” said Ada Okafor.", version=2))
        told = rechecked(archive, receipt)
        assert (told.standing, "the same words are now q_" in told.why) == ("still_so", True)

    def test_a_quote_that_its_article_corrected_is_corrected(self, archive: Archive) -> None:
        archive.add(an_interview())
        receipt = issued(archive)
        archive.add(an_interview("“We will raise property taxes this year,” said Ada Okafor.", version=2))
        told = rechecked(archive, receipt)
        assert told.standing == "corrected"
        assert "replaced in generation 2" in told.why
        assert "the verdict was exact, and is altered" in told.why

    def test_so_is_one_with_another_speaker(self, archive: Archive) -> None:
        archive.add(an_interview())
        receipt = issued(archive, speaker=None)
        archive.add(an_interview(f"“{TEXT},” said Bo Lind.", version=2))
        told = rechecked(archive, receipt)
        assert told.standing == "corrected"
        assert "had the speaker ada-okafor, and has bo-lind" in told.why

    def test_words_that_were_not_found_may_be_found_later(self, archive: Archive) -> None:
        archive.add(an_article("“Rain fell on the old dam,” said Bo Lind."))
        receipt = issued(archive)
        assert rechecked(archive, receipt).standing == "still_so"
        archive.add(an_interview())
        told = rechecked(archive, receipt)
        assert told.standing == "corrected"
        assert told.why.startswith("the verdict was not found, and is exact: ")

    def test_a_withdrawn_quote_is_withdrawn_even_if_others_have_its_words(self, archive: Archive) -> None:
        archive.add(an_interview())
        receipt = issued(archive)
        archive.add(an_article(an_interview().body, id="urn:2"))
        archive.withdraw("urn:1")
        told = rechecked(archive, receipt)
        assert (told.standing, "was withdrawn in generation 3" in told.why) == ("withdrawn", True)

    def test_a_quote_that_this_archive_never_had_is_withdrawn(self, archive: Archive) -> None:
        archive.add(an_interview())
        receipt = issued(archive)
        told = rechecked(Archive(type(archive.store)()), receipt)
        assert told.standing == "withdrawn"
        assert told.why.startswith("no quote has the id q_")

    def test_another_engine_is_named_when_the_verdict_differs(self, archive: Archive) -> None:
        archive.add(an_interview())
        receipt = issued(archive)
        assert "quoth 2" not in rechecked(archive, receipt, "quoth 2").why
        archive.withdraw("urn:1")
        assert rechecked(archive, receipt, "quoth 2").why.endswith("the receipt is from quoth 1, this is quoth 2")


def a_receipt(archive: Archive, **changes: Any) -> bytes:
    archive.add(an_interview())
    return json.dumps({**json.loads(receipts.to_bytes(issued(archive))), **changes}).encode()


@pytest.mark.parametrize(
    "changes",
    [
        {"receipt": 2},
        {"verdict": "true"},
        {"generation": -1},
        {"question": {"text": "", "speaker": None}},
        {"question": {"text": "a" * 2_001, "speaker": None}},
        {"quote": {"id": "q_1"}},
        {"note": "an unknown field"},
        {"time": "yesterday"},
    ],
)
def test_an_invalid_receipt_is_refused(archive: Archive, changes: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match="is no receipt: "):
        receipts.from_bytes(a_receipt(archive, **changes))


@pytest.mark.parametrize("data", [b"", b"[]", b"\xff", b"{" * 10_000, b"[" * 100_000, b" " * (2**20 + 1)])
def test_what_is_no_receipt_is_refused(data: bytes) -> None:
    with pytest.raises(BadInput, match="is no receipt: "):
        receipts.from_bytes(data)
