"""Other languages than English are not guessed: their quotes are found, and only a name before a colon speaks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quoth.article import Article
from quoth.extraction import extract
from quoth.ingest.language import SHORTEST, detected
from tests.support.effort import sampled

CASES = json.loads((Path(__file__).parents[1] / "cases/languages.json").read_text("utf-8"))["articles"]
PIECES = (
    *("«", "»", "„", "“", "”", "「", "」", "— ", "— dijo ella —", ", sier hun", ": ", "：", ".", " ", "\n", "&quot;"),
    *("Anna Keller", "Jürgen Lind", "Keller", "市長", "アンナ・ケラー", "ja", "Nein", "не знаю", "\u200b"),
)


@pytest.mark.parametrize(("language", "case"), CASES.items(), ids=CASES)
class TestTwelveLanguages:
    def test_a_language_is_detected(self, language: str, case: dict[str, Any]) -> None:
        assert detected(Article(body=case["body"])) == language

    def test_the_quotes_are_found_and_nobody_is_guessed(self, language: str, case: dict[str, Any]) -> None:
        article = Article(body=case["body"])
        quotes = extract(article, indirect=True, detected=detected(article))
        assert [[quote.text, quote.speaker and quote.speaker.name] for quote in quotes] == case["quotes"]
        assert {quote.article.language_detected for quote in quotes} == {language}

    def test_a_given_language_is_read_likewise(self, language: str, case: dict[str, Any]) -> None:
        quotes = extract(Article(body=case["body"], language=f"{language}-XX"))
        assert [[quote.text, quote.speaker and quote.speaker.name] for quote in quotes] == case["quotes"]


@pytest.mark.parametrize(
    ("body", "speakers"),
    [
        ("Anna Keller: „Ja.“ Die Polizei: „Nein.“ Keller: „Doch.“", ["Anna Keller", None, "Anna Keller"]),
        ("Emmanuel Macron: „Ja.“ Merkel: „Nein.“", ["Emmanuel Macron", "Angela Merkel"]),
        ("Große Brücke: „Ja.“", [None]),
        ("Bürgermeisterin Anna Keller: „Ja.“", [None]),
        ("Anna Keller sagte: „Ja.“", [None]),
        ("Anna Keller: „Wir bauen.\n\n„Und zwar bald.“", ["Anna Keller", "Anna Keller"]),
        ("BERLIN SPD: „Ja.“", [None]),
        ("Sylke Tempelburg: „Ja.“", [None]),
        ("Sylke Tempelburg: „Ja.“ Später ging Sylke Tempelburg nach Hause.", ["Sylke Tempelburg"]),
        ("Ada Byron said: “It will hold.” „Ja“, said Ada Byron.", [None, None]),
    ],
)
def test_only_a_whole_name_before_a_colon_speaks_in_german(body: str, speakers: list[str | None]) -> None:
    quotes = extract(Article(body=body, language="de"))
    assert [quote.speaker and quote.speaker.name for quote in quotes] == speakers
    assert all("another language (de)" in quote.attribution.why for quote in quotes if quote.speaker is None)
    assert [quote.attribution.confidence for quote in quotes] == [0.9 if speaker else 0.0 for speaker in speakers]


def test_a_word_that_is_also_written_small_is_no_name() -> None:
    body = "Estrecho Rojo: «Sí». El paso es estrecho.\n\nRamona Vidal: «No»."
    assert [quote.speaker and quote.speaker.id for quote in extract(Article(body=body, language="es"))] == [
        None,
        "ramona-vidal",
    ]


@pytest.mark.parametrize(
    ("body", "texts"),
    [
        ("— Primer punto\n— Segundo punto", []),
        ("— Vamos.\n— ¿Seguro?", []),
        ("—Vamos —dijo Ana—. Ya.\n— ¿Seguro?\n\n— Un punto", ["Vamos", "Ya.", "¿Seguro?"]),
        ("— Vamos a «ganar» — dijo Ana.", ["ganar"]),
    ],
)
def test_a_line_with_a_dash_is_dialogue_if_it_tells_who_speaks(body: str, texts: list[str]) -> None:
    assert [quote.text for quote in extract(Article(body=body, language="es"))] == texts


def test_english_has_no_dialogue_with_dashes() -> None:
    assert extract(Article(body="— It will hold — said Ada Byron — for now.", language="en-GB")) == ()


@pytest.mark.parametrize("tag", ["en", "en-GB", "und", "mul", None])
def test_what_is_not_determined_is_read_as_english(tag: str | None) -> None:
    (quote,) = extract(Article(body="“It will hold,” said Ada Byron.", language=tag))
    assert quote.speaker is not None
    assert quote.speaker.id == "ada-byron"


def test_a_given_language_is_not_detected() -> None:
    body = CASES["de"]["body"]
    assert detected(Article(body=body, language="nl")) is None
    assert not any(quote.article.language_detected for quote in extract(Article(body=body, language="nl")))


@pytest.mark.parametrize(
    ("chances", "language"),
    [
        ({"de": 0.97, "en": 0.03}, "de"),
        ({"de": 0.9, "en": 0.1}, None),  # it may be English
        ({"da": 0.4, "no": 0.35, "sv": 0.25}, None),
        ({"en": 0.6, "nl": 0.4}, "en"),
    ],
)
def test_an_unsure_language_is_none(chances: dict[str, float], language: str | None) -> None:
    assert detected(Article(body="x" * SHORTEST), lambda _: chances) == language
    assert detected(Article(body="x" * (SHORTEST - 1)), lambda _: chances) is None


@sampled(200)
@given(
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=60).map("".join), st.sampled_from(["de", "es", "no", "ja"])
)
def test_any_text_gives_quotes_that_stand_where_they_say(body: str, language: str) -> None:
    quotes = extract(Article(body=f"x{body}", language=language))
    for quote in quotes:
        start, end = quote.selector.start, quote.selector.end
        assert f"x{body}"[start:end] == quote.text
        assert (quote.speaker is None) == (quote.attribution.status == "unattributed")
    assert len({quote.id for quote in quotes}) == len(quotes)
    utterances = {(quote.utterance.id, quote.speaker and quote.speaker.id) for quote in quotes}
    assert len(utterances) == len({one for one, _ in utterances})
