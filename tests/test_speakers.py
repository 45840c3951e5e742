"""One speaker, one id: what is the same person across articles, and what must stay apart."""

from __future__ import annotations

from typing import Any

from quoth.article import Article
from quoth.extraction import canonical, extract
from quoth.extraction.tables import known_speakers
from quoth.names import slug
from quoth.quote import Speaker


def speakers(body: str) -> list[str | None]:
    return [quote.speaker and quote.speaker.id for quote in extract(Article(body=body, id="1"))]


def finds(speaker: Speaker, spelling: str) -> bool:
    return slug(spelling) in {slug(alias) for alias in speaker.aliases}


def test_a_full_name_is_its_slug_whatever_stands_around_it() -> None:
    for name in ("Ada Byron", "Dr. Ada Byron", "Senator Ada Byron’s", " Ada  Byron, "):
        assert canonical(name, scope="a_1").id == "ada-byron"
        assert canonical(name, scope="a_1").name == "Ada Byron"


def test_a_full_name_is_found_by_itself_and_its_surname() -> None:
    speaker = canonical("Ada Byron", scope="a_1", spellings=["Byron", "Byorn"], as_written="Byron")
    assert speaker.aliases == ("Ada Byron", "Byron", "Byorn")
    assert speaker.as_written == "Byron"


def test_a_single_name_belongs_to_its_article() -> None:
    here, there = canonical("Lovelace", scope="a_1"), canonical("Lovelace", scope="a_2")
    assert here.id.startswith("lovelace~")
    assert len(here.id) == len("lovelace~") + 8
    assert here.id != there.id
    assert here == canonical("Lovelace", scope="a_1")
    assert finds(here, "lovelace")


def test_what_was_said_of_a_name_before_changes_nothing() -> None:
    for name in ("Ada Byron", "Byron", "Zelenskyy"):
        asked: list[dict[str, Any]] = [
            {"scope": "a_1", "as_written": name},
            {"scope": "a_2", "as_written": None},
            {"scope": "a_1", "as_written": name, "spellings": ("Ada",)},
            {"scope": "a_1", "as_written": "he"},
        ]
        first = [canonical(name, **one) for one in asked]
        assert [canonical(name, **one) for one in reversed(asked)] == first[::-1]
        assert [speaker.as_written for speaker in first] == [name, None, name, "he"]


def test_the_table_knows_every_spelling_of_a_known_speaker() -> None:
    for spelling in ("Volodymyr Zelensky", "Volodymyr Zelenskyy", "Zelenskiy", "President Zelensky"):
        speaker = canonical(spelling, scope="a_1")
        assert speaker.id == "volodymyr-zelensky"
        assert finds(speaker, "Zelenskyy")
        assert finds(speaker, "Zelensky")
        assert speaker.same_as == ("https://www.wikidata.org/entity/Q3874799",)


def test_a_surname_of_several_people_is_not_one_of_them() -> None:
    for surname in ("Clinton", "Bush", "Kennedy", "Johnson"):
        assert "~" in canonical(surname, scope="a_1").id


def test_relatives_and_similar_names_stay_apart() -> None:
    for one, other in (
        ("Hillary Clinton", "Bill Clinton"),
        ("Donald Trump", "Donald Trump Jr."),
        ("Boris Johnson", "Boris Johnston"),
        ("Barack Obama", "Michelle Obama"),
    ):
        assert canonical(one, scope="a_1").id != canonical(other, scope="a_1").id
    assert finds(canonical("Hillary Clinton", scope="a_1"), "Clinton")
    assert finds(canonical("Bill Clinton", scope="a_1"), "Clinton")


def test_aliases_with_one_slug_count_once() -> None:
    speaker = canonical("Ada Byron", scope="a_1", spellings=["ada byron", "Ada  Byron", "BYRON", "Byron’s"])
    assert len({slug(alias) for alias in speaker.aliases}) == len(speaker.aliases)


def test_names_in_other_scripts_have_ids_too() -> None:
    assert canonical("Ольга Бергер", scope="a_1").id != canonical("Ольга Бергман", scope="a_1").id
    assert canonical("東京", scope="a_1").id.startswith("n-")


def test_every_record_of_the_table_is_sound() -> None:
    records = known_speakers()
    assert 40 <= len(records) <= 80
    assert len({record["id"] for record in records}) == len(records)
    owners: dict[str, str] = {}
    for record in records:
        assert record["id"] == slug(record["name"])
        assert record["gender"] in ("male", "female")
        for spelling in (record["name"], *record["aliases"], *record["bare"]):
            assert owners.setdefault(slug(spelling), record["id"]) == record["id"]


def test_a_misspelling_is_forgiven_inside_an_article_only() -> None:
    body = "Ada Lovelace came.\n\n“It is finished,” Lovelcae said."
    assert speakers(body) == ["ada-lovelace"]
    assert speakers("“It is finished,” Lovelcae said.")[0] != "ada-lovelace"


def test_a_spelling_inside_a_quote_becomes_an_alias() -> None:
    body = "Ada Lovelace came. “Mr. Lind trusts Lovelaice,” Lovelace said."
    (quote,) = extract(Article(body=body))
    assert quote.speaker is not None
    assert finds(quote.speaker, "Lovelaice")


def test_a_bare_surname_is_not_the_son() -> None:
    body = "“We will see,” Trump said.\n\nDonald Trump Jr. agreed. “We will,” Donald Trump Jr. said."
    assert speakers(body) == ["donald-trump", "donald-trump-jr"]


def test_a_bare_surname_is_whom_the_article_has_introduced() -> None:
    body = "The town thanked Mary Trump. “I only run the ferry,” Trump said."
    assert speakers(body) == ["mary-trump"]
