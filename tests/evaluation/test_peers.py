"""The quotes of other systems: their answers are recorded, and read back for the figures."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

from training import peers
from training.corpus import GoldArticle
from training.peers import Quotation


def an_article(text: str = "“Yes,” said Ada.", name: str = "one") -> GoldArticle:
    return GoldArticle(name, text, (), {})


def last_word(text: str) -> list[Quotation]:
    """A fake extractor: the first word is a quote, and the last word its speaker."""
    return [(0, text.index(" "), text.rpartition(" ")[2])]


class Content:
    """Tokens of a quotation with its marks, which enclose characters 1 to 7."""

    def __getitem__(self, tokens: slice) -> SimpleNamespace:
        assert tokens == slice(1, -1)
        return SimpleNamespace(start_char=1, end_char=7)


def a_quotation(*speaker: tuple[str, str]) -> Quotation:
    words = [SimpleNamespace(text=text, pos_=pos) for text, pos in speaker]
    return peers.quotation(SimpleNamespace(content=Content(), speaker=words))


def test_a_quotation_is_what_stands_between_the_marks() -> None:
    assert a_quotation(("Ada", "PROPN"), ("Byron", "PROPN")) == (1, 7, "Ada Byron")


def test_a_pronoun_names_nobody_and_a_nominal_is_kept() -> None:
    assert a_quotation(("she", "PRON")) == (1, 7, None)
    assert a_quotation(("mayor", "NOUN")) == (1, 7, "mayor")


def test_paragraphs_are_asked_about_one_by_one_and_places_count_from_the_start() -> None:
    assert list(peers.per_paragraph("Go, said Ada\n\nNo, said Bo", last_word)) == [(0, 3, "Ada"), (14, 17, "Bo")]
    assert list(peers.as_shipped("Go, said Ada\n\nNo, said Bo", last_word)) == [(0, 3, "Bo")]


def test_written_answers_are_read_back(tmp_path: Path) -> None:
    path = tmp_path / "peers" / "records.jsonl"
    peers.write(path, {"polnear": [an_article("Go, said Ada-\x85Öd")], "ggt": [an_article(name="two")]}, last_word)
    found = peers.recorded(path)
    assert list(found) == ["textacy as shipped", "textacy per paragraph"]
    for answers in found.values():
        assert [(name, answer.quotes) for name, answer in answers.items()] == [
            ("one", ((0, 3, "Ada-\x85Öd"),)),
            ("two", ((0, 6, "Ada."),)),
        ]
        assert all(answer.seconds >= 0 for answer in answers.values())
    assert [file.name for file in path.parent.iterdir()] == ["records.jsonl"]


def test_the_same_articles_are_asked_about_once(tmp_path: Path) -> None:
    file = tmp_path / "dev.jsonl"
    file.write_text("{}\n")
    name = peers.digest([file], ["1.0"])
    assert peers.digest([file], ["1.0"]) == name
    assert peers.digest([file], ["1.1"]) != name
    file.write_text("{} \n")
    assert peers.digest([file], ["1.0"]) != name
