"""Words as people write them: every form finds every other, and the form as typed comes first."""

from __future__ import annotations

import itertools

import pytest

from quoth.engine.analysis import STEMMED, stems
from quoth.engine.query.request import Request
from quoth.engine.searcher import Searcher
from quoth.text.wording.compounds import compounds, parted
from tests.engine.test_search import a_searcher
from tests.support.builders import a_quote

ALIKE = [
    ("naïve", "naive", "nai\u0308ve", "NAÏVE"),
    ("Köln", "Koln"),
    ("ﬁnal", "final"),
    ("straße", "strasse", "STRASSE"),
    ("smørrebrød", "smorrebrod"),
    ("co-operative", "cooperative", "co operative", "co‑operative", "coöperative"),
    ("e-mail", "email", "e mail", "E-Mail"),
    ("COVID-19", "covid19", "covid 19", "Covid-19"),
    ("O’Brien", "O'Brien", "OBrien"),
    ("R&B", "RB"),
    ("health care", "healthcare", "health-care"),
    ("long-term", "longterm"),
    ("U.S.", "US"),
    ("U.K.", "UK"),
    ("Ph.D.", "PhD"),
    ("colour", "color"),
    ("theatre", "theater"),
    ("organise", "organize"),
    ("haemoglobin", "hemoglobin"),
    ("cer\xadtain", "certain"),
]


def an_archive(*forms: str) -> Searcher:
    return a_searcher([a_quote(f"We saw {form} here.", id=form) for form in forms])


@pytest.mark.parametrize("forms", ALIKE, ids=lambda forms: forms[0])
def test_every_form_finds_every_other_and_itself_first(forms: tuple[str, ...]) -> None:
    searcher = an_archive(*forms)
    for typed in forms:
        for match in ("best", "all"):
            page = searcher.search(Request(typed, match=match))
            assert page.total == len(forms), (typed, match)
            assert not page.corrections
            alike = [form for form in forms if stems_alike(form, typed)]
            assert page.hits[0].quote.id in alike


def stems_alike(form: str, typed: str) -> bool:
    """Whether two forms are the same words, so that neither is nearer."""
    return list(Request(form).parsed.included) == list(Request(typed).parsed.included)


@pytest.mark.prove
@pytest.mark.parametrize("forms", ALIKE, ids=lambda forms: forms[0])
def test_what_was_found_is_highlighted(forms: tuple[str, ...]) -> None:
    for typed, form in itertools.product(forms, forms):
        (hit,) = an_archive(form).search(Request(typed)).hits
        shown = " ".join(hit.quote.text[start:end] for start, end in hit.highlights)
        assert shown == form.rstrip("."), (typed, form)


class TestWordsApart:
    def test_the_country_is_not_the_pronoun(self) -> None:
        searcher = a_searcher(
            [
                a_quote("The US will act.", id="US"),
                a_quote("The U.S. will act.", id="U.S."),
                a_quote("They told us to act.", id="us"),
                a_quote("TELL US TO ACT", id="capitals"),
            ]
        )

        def found(q: str) -> set[str]:
            page = searcher.search(Request(q))
            return {hit.quote.id for hit in page.hits[: page.total]}

        assert found("US") == found("U.S.") == found("the US act") == {"US", "U.S."}
        assert found("us") == {"US", "U.S.", "us", "capitals"}
        assert found("TELL US TO ACT") == {"capitals"}

    @pytest.mark.parametrize(("one", "other"), [("re-sign", "resign"), ("may be", "maybe"), ("is land", "island")])
    def test_two_words_that_make_another_are_not_joined(self, one: str, other: str) -> None:
        assert an_archive(one).search(Request(other, fuzzy="off")).total == 0

    def test_a_contraction_and_a_genitive_are_no_compounds(self) -> None:
        assert compounds("It’s Ada’s; we’re sure they don’t, I'd say you've won.") == []

    @pytest.mark.parametrize(
        "text", ["-", "a-", "-b", "1-2-3", "a-b-c-d-e", "&&", "x" * 60 + "-y", "’’", " 19", "May 19"]
    )
    def test_marks_between_no_words_join_nothing(self, text: str) -> None:
        assert compounds(text) == []

    def test_a_long_chain_takes_linear_time(self) -> None:
        assert compounds("a-" * 50_000 + "b") == []
        assert parted(["co"] * 50_000)[:1] == []


def test_the_stems_of_a_text_are_the_terms_of_the_analyzer() -> None:
    text = "The US co-operates; it’s O’Brien’s R&B, e-mail, any more and COVID 19."
    assert stems(text) == [token.text for token in STEMMED(text)]
