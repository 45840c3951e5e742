"""Quotes that may not confirm anything: of the draft itself, and of publishers that are left out."""

from __future__ import annotations

import pytest

from quoth.archive import Archive
from quoth.article import Article
from quoth.engine.searcher import Searcher
from quoth.engine.verify.exclusion import Exclusion
from quoth.engine.verify.verify import VerifyRequest
from tests.support.builders import an_article

OWN = an_article(id="urn:1", url="https://example.org/1", publisher="The Harbour Times")


def verdict(archive: Archive, without: Exclusion | None) -> str:
    request = VerifyRequest("The dam will hold", "Okafor", without)
    return Searcher(archive.store).verify(request).verification.verdict


@pytest.mark.parametrize(
    ("draft", "publishers"),
    [
        (an_article("Another text.", id="urn:1"), []),
        (an_article("Another text.", id="urn:9", url="https://example.org/1"), []),
        (an_article(OWN.body), []),
        (None, ["the HARBOUR  times"]),
    ],
)
def test_the_same_id_the_same_url_the_same_body_and_a_named_publisher_are_left_out(
    archive: Archive, draft: Article | None, publishers: list[str]
) -> None:
    archive.add(OWN)
    assert verdict(archive, None) == "exact"
    assert verdict(archive, Exclusion.of(draft, publishers)) == "not_found"


def test_what_is_left_out_does_not_hide_the_same_words_elsewhere(archive: Archive) -> None:
    archive.add([OWN, an_article(OWN.body + "\n\nA copy.", id="urn:2", publisher="The Daily Copy")])
    assert verdict(archive, Exclusion.of(OWN)) == "exact"
    assert verdict(archive, Exclusion.of(OWN, ["The Daily Copy"])) == "not_found"


def test_a_quote_of_an_unknown_publisher_is_never_left_out_by_a_name(archive: Archive) -> None:
    archive.add(an_article(id="urn:3"))
    assert verdict(archive, Exclusion.of(publishers=["None", ""])) == "exact"
