"""The training passages for rare constructions agree with the marks of their templates."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from quoth.extraction.scanner import scan
from quoth.extraction.tables import given_names
from training.corpus import GoldArticle, GoldQuote
from training.examples import lesson_of
from training.passages import FILE, FILLINGS, Template, filled, passages, templates

CASES = Path(__file__).parents[1] / "cases"
PASSAGES = passages()

# The constructions that are too rare in news; each has a group of templates.
GROUPS = {
    "words that nobody said", "words said after all", "told, not telling", "asked to say", "two who speak at once",
    "who speaks for somebody", "people without names", "things that speak", "titles of works", "nicknames",
    "names of things", "words at arm’s length", "code names", "quoted as saying", "criticised for saying",
    "remarks cited", "nouns of saying", "participles", "verbs outside the tables", "relative clauses", "continuations",
    "floating paragraphs", "answers", "pronouns by gender", "pronouns after somebody unnamed", "nominals by role",
    "bodies", "documents", "transcripts", "trailing names", "told reporters", "inverted with apposition",
    "according to", "colons", "names with bodies", "titles and surnames", "statements issued", "posts",
    "subject far away", "verbs that judge", "quotes inside a sentence", "two fragments", "a sentence between",
    "one surname", "headlines", "plain",
}  # fmt: skip


def a_passage(*paragraphs: str, number: int = 0) -> GoldArticle:
    return filled(Template("a group", "a name", paragraphs), number)


def words(article: GoldArticle, quote: GoldQuote) -> str | None:
    return article.text[slice(*quote.source)] if quote.source else None


def test_every_construction_has_its_group() -> None:
    assert {template.group for template in templates()} == GROUPS


def test_templates_have_names_of_their_own() -> None:
    names = Counter((template.group, template.name) for template in templates())
    assert len(names) >= 120
    assert names.most_common(1)[0][1] == 1
    assert len({template.paragraphs for template in templates()}) == len(templates())


def test_every_template_is_filled_as_often_as_any() -> None:
    filled_in = Counter(passage.id.rpartition("/")[0] for passage in PASSAGES)
    assert filled_in == {f"{template.group}/{template.name}": FILLINGS for template in templates()}
    assert len({passage.id for passage in PASSAGES}) == len(PASSAGES)


def test_the_same_templates_give_the_same_passages() -> None:
    assert passages() == PASSAGES


def test_no_hole_stays_open() -> None:
    for passage in PASSAGES:
        assert not set("<>{}[]") & set(passage.text), passage.id


def test_the_scanner_finds_the_quotes_of_a_passage_and_no_others() -> None:
    for passage in PASSAGES:
        found = [(span.start, span.end) for span in scan(passage.text)]
        assert found == [(quote.start, quote.end) for quote in passage.quotes], passage.id


def test_every_speaker_mark_is_a_name_a_pronoun_or_a_nominal() -> None:
    for passage in PASSAGES:
        for quote in passage.quotes:
            source = words(passage, quote)
            assert quote.is_spoken == (source is not None) == (quote.kind != "none"), passage.id
            assert source is None or source == source.strip(" .,“”‘’\"'"), passage.id
            if quote.kind == "name":
                assert quote.entity is not None
                assert {part.lower() for part in source.split()} & {part.lower() for part in quote.entity.split()}


@pytest.mark.prove
def test_nearly_every_quote_is_a_training_example() -> None:
    lessons = [lesson_of(passage) for passage in PASSAGES]
    taught = sum(len(lesson.mentions) for lesson in lessons)
    assert taught >= 0.99 * sum(len(passage.quotes) for passage in PASSAGES)
    assert sum(len(lesson.speakers) for lesson in lessons) > 100


def test_fillings_differ_in_genders_marks_and_surroundings() -> None:
    found = [a_passage("“{claim},” <1 {A}> said. {A.He} left.", number=number) for number in range(8)]
    assert {mark for passage in found for mark in '“"‘' if mark in passage.text} == set('“"‘')
    assert {word for passage in found for word in ("He left.", "She left.") if word in passage.text} == {
        "He left.",
        "She left.",
    }
    assert {passage.text.count("\n\n") for passage in found} == {0, 1, 2}
    assert len({passage.quotes[0].entity for passage in found}) == len(found)


def test_a_mark_names_the_person_of_its_words() -> None:
    passage = a_passage("{A} met {B}.", "“{claim},” <1 {B.he}> said.", "“{claim},” <2? a {job}> said.", "“{title}.”")
    by_pronoun, by_nominal, by_nobody = passage.quotes
    named = passage.text.split("\n\n")[0].removesuffix(".").split(" met ")
    assert (by_pronoun.entity, by_pronoun.kind) == (named[1], "pron")
    assert (by_nominal.entity, by_nominal.kind) == (None, "nominal")
    assert (by_nobody.entity, by_nobody.is_spoken) == (None, False)
    assert by_pronoun.source is not None
    assert by_nominal.source is not None
    assert passage.labels == {by_pronoun.source[0]: named[1], by_nominal.source[0]: None}


def test_one_source_may_speak_several_quotes() -> None:
    passage = a_passage("<1,2 {A.s}> called it “{word}” and “{quality}”.")
    assert {words(passage, quote) for quote in passage.quotes} == {passage.text.split()[0]}


def test_american_papers_put_the_full_stop_inside() -> None:
    texts = [a_passage("It was “{quality}”.", number=number).text for number in range(8)]
    assert any(".”" in text for text in texts)
    assert any("”." in text for text in texts)


def test_relatives_share_a_surname_and_nobody_else_does() -> None:
    for number in range(20):
        k, m, a, b = a_passage("{K}\n\n{M}\n\n{A}\n\n{B}", number=number * 4).text.split("\n\n")
        surnames = [name.split()[-1] for name in (k, m, a, b)]
        assert surnames[0] == surnames[1]
        assert len(set(surnames)) == 3


@pytest.mark.parametrize(
    "text", ["<1 {A} said “{claim}.”", "{A}> said “{claim}.”", "{A} said {claim}.”", "<2 {A}> “{q}”"]
)
def test_a_template_that_marks_nothing_is_refused(text: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        a_passage(text)


def test_given_names_tell_the_gender_or_nothing() -> None:
    people = json.loads(FILE.read_text("utf-8"))["people"]
    female, male = ({name.lower() for name in people[gender]} for gender in ("female", "male"))
    assert not female & given_names("male")
    assert not male & given_names("female")
    assert len(people["surnames"]) + len(female) + len(male) > 500


def test_passages_share_no_words_with_the_cases() -> None:
    """The cases are held out: they share constructions, but no texts, names or longer quotes."""
    files = [json.loads(path.read_text("utf-8")) for path in CASES.glob("*.json")]
    cases = [case for file in files for case in file.get("cases", ())]
    bodies = [
        body
        for file in files
        for kind in file.get("kinds", {}).values()
        if isinstance(kind, dict)
        for body, *_ in kind.values()
    ]
    texts = {passage.text.replace("’", "'") for passage in PASSAGES}
    quoted = {passage.text[quote.start : quote.end].strip(".,") for passage in PASSAGES for quote in passage.quotes}
    assert len(bodies) > 100
    assert texts.isdisjoint(body.replace("’", "'") for body in bodies)
    for case in cases:
        assert case["body"].replace("’", "'") not in texts
        for quote in case["quotes"]:
            text = quote["text"].strip(".,")
            assert len(text.split()) < 3 or text not in quoted, case["name"]
    for passage in PASSAGES:
        assert "Byron" not in passage.text
        assert "Lind " not in passage.text
