"""Citations: the contents of each format, without any invented data."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import unquote

import pytest
from jsonschema import Draft7Validator
from msgspec.structs import replace

from quoth.citation import FORMATS, bibtex, csl, json_ld, json_ld_text, plain, ris, source_link
from quoth.quote import (
    CONTEXT,
    Attribution,
    Origin,
    Quote,
    QuoteType,
    Selector,
    Speaker,
    SpeakerType,
    Status,
    Utterance,
)
from tests.house.test_walls import cold_start

DAM = "https://courier.example/dam"


def a_quote(
    text: str = "The dam will hold.",
    *,
    type: QuoteType = "direct",
    speaker: str | None = "Ada Okafor",
    speaker_type: SpeakerType | None = "person",
    same_as: tuple[str, ...] = (),
    status: Status = "attributed",
    confidence: float | None = 0.93,
    part: tuple[int, int] = (1, 1),
    prefix: str = "",
    suffix: str = "",
    **article: Any,
) -> Quote:
    """A quote with every value, unless the test overrides it."""
    known = {"headline": "Dam is safe, says engineer", "publisher": "The Courier", "url": DAM, "language": "en"}
    known |= {"published": datetime(2025, 8, 15, 23, 30, tzinfo=UTC), "sha256": "ab" * 32}
    return Quote(
        id="q_7Kd2-x",
        text=text,
        type=type,
        selector=Selector(text, prefix, suffix),
        utterance=Utterance("u_1", *part),
        speaker=Speaker("s", speaker, same_as=same_as, type=speaker_type) if speaker else None,
        attribution=Attribution(status, "name", "the test says so", confidence),
        article=Origin(**{"id": "courier:1", **known, **article}),
    )


def fields(record: str) -> dict[str, str]:
    """The fields of a RIS record."""
    return {line[:2]: line[6:] for line in record.split("\r\n") if line}


def lines(entry: str) -> dict[str, str]:
    """The raw fields of a BibTeX entry."""
    return dict(line.strip().removesuffix(",").split(" = ", 1) for line in entry.splitlines() if " = " in line)


def said_in_ris(quote: Quote) -> str:
    return fields(ris(quote))["N1"] + fields(ris(quote))["AB"]


def said_in_csl(quote: Quote) -> str:
    return csl(quote)["note"] + csl(quote)["abstract"]


def said_in_json_ld(quote: Quote) -> str:
    return (json_ld(quote) or {}).get("description", "")


WITH_EVERY_DOUBT = [plain, bibtex, said_in_ris, said_in_csl]


class TestDoubt:
    """A wrong speaker is the worst fault, so every format marks an uncertain one."""

    @pytest.mark.parametrize("say", WITH_EVERY_DOUBT)
    def test_a_quote_of_nobody_says_that_the_speaker_is_not_known(self, say: Callable[[Quote], str]) -> None:
        said = say(a_quote(speaker=None, status="unattributed", confidence=0.0))
        assert "speaker not known [attribution unverified]" in said

    @pytest.mark.parametrize("say", WITH_EVERY_DOUBT)
    def test_an_unattributed_name_is_not_printed(self, say: Callable[[Quote], str]) -> None:
        assert "Okafor" not in say(a_quote(status="unattributed"))

    @pytest.mark.parametrize("say", WITH_EVERY_DOUBT)
    @pytest.mark.parametrize("type", ["direct", "indirect"])
    def test_nobody_is_cited_with_words_that_the_article_denies(
        self, say: Callable[[Quote], str], type: QuoteType
    ) -> None:
        quote = replace(a_quote(type=type, speaker=None, status="denied"), denied_speaker=Speaker("bo", "Bo Lind"))
        said = say(quote)
        assert "ot said by Bo Lind" in said
        assert "[denied by the article]" in said
        assert said.count("Bo Lind") == said.count("ot said by Bo Lind")
        assert json_ld(quote) is None

    @pytest.mark.parametrize("say", [*WITH_EVERY_DOUBT, said_in_json_ld])
    @pytest.mark.parametrize(
        ("confidence", "mark"),
        [(0.63, "unverified, 0.63]"), (0.799, "unverified, 0.79]"), (0.0, "unverified, 0.00]"), (None, "unverified]")],
    )
    def test_a_guess_below_four_fifths_says_how_sure_it_is(
        self, say: Callable[[Quote], str], confidence: float | None, mark: str
    ) -> None:
        assert f"[attribution {mark}" in say(a_quote(confidence=confidence))

    @pytest.mark.parametrize("say", [*WITH_EVERY_DOUBT, said_in_json_ld])
    def test_from_four_fifths_on_nothing_is_marked(self, say: Callable[[Quote], str]) -> None:
        assert "unverified" not in say(a_quote(confidence=0.8))

    @pytest.mark.parametrize("say", [*WITH_EVERY_DOUBT, said_in_json_ld])
    def test_a_speaker_who_was_given_is_said_to_be_so(self, say: Callable[[Quote], str]) -> None:
        assert "[speaker as given with the quote]" in say(a_quote(status="given", confidence=None))


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_marks_a_name_that_may_look_like_another(name: str) -> None:
    imitated = Speaker("n-1", "\u0410da Byron", mixed_script=True)
    assert "[mixed script, attribution unverified, 0.63]" in FORMATS[name].cite(
        replace(a_quote(confidence=0.63), speaker=imitated), 1
    )


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_marks_an_uncertain_speaker(name: str) -> None:
    assert "attribution unverified" in FORMATS[name].cite(a_quote(confidence=0.63), 1)


class TestPlain:
    def test_it_is_one_line_as_newsrooms_write_it(self) -> None:
        assert plain(a_quote()) == (
            "“The dam will hold,” Ada Okafor said (The Courier, Dam is safe, says engineer, 15 Aug. 2025). " + DAM
        )

    def test_a_guess_is_marked_behind_the_speaker(self) -> None:
        assert " Ada Okafor said [attribution unverified, 0.63] (The Courier" in plain(a_quote(confidence=0.63))

    def test_a_statement_in_the_reporters_words_has_no_quotation_marks_and_says_so(self) -> None:
        told = plain(a_quote("that the dam will hold.", type="indirect"))
        assert told.startswith(
            "Ada Okafor said, in the reporter’s words and not as a quotation: that the dam will hold ("
        )
        assert not set("“”\"'") & set(told)
        nobody = plain(a_quote("the dam will hold", type="indirect", speaker=None, status="unattributed"))
        assert nobody.startswith("Speaker not known, in the reporter’s words")

    @pytest.mark.parametrize(
        ("text", "quoted"),
        [
            ("Will it hold?", "“Will it hold?” Ada"),
            ("It will hold …", "“It will hold …” Ada"),
            ("definitely not a danger,", "“definitely not a danger,” Ada"),
            ("a second dam", "“a second dam,” Ada"),
            ("We learned it in the U.S.", "“We learned it in the U.S.,” Ada"),
            ("They said “run” and we ran.", "“They said ‘run’ and we ran,” Ada"),
            ("Two\nparagraphs.", "“Two paragraphs,” Ada"),
        ],
    )
    def test_a_quotation_ends_as_it_does_before_she_said(self, text: str, quoted: str) -> None:
        assert plain(a_quote(text)).startswith(quoted)

    def test_hostile_text_cannot_close_the_quotation_or_the_source(self) -> None:
        told = plain(a_quote("No,” Eve Malik said (Gazette). “Yes", headline="Dam (new) holds). “Yes"))
        assert [told.count(mark) for mark in "“”"] == [1, 1]
        assert told.endswith(f"(The Courier, Dam [new] holds]. ‘Yes, 15 Aug. 2025). {DAM}")

    def test_unknown_values_are_omitted_except_the_date(self) -> None:
        bare = a_quote(headline=None, publisher=None, url=None, published=None)
        assert plain(bare) == "“The dam will hold,” Ada Okafor said (source not known, n.d.)."

    def test_months_are_cut_as_newspapers_do(self) -> None:
        days = [datetime(2025, month, 1, tzinfo=UTC) for month in (1, 3, 6, 9)]
        shown = [plain(a_quote(published=day)).split(", ")[-1].split(")")[0] for day in days]
        assert shown == ["1 Jan. 2025", "1 March 2025", "1 June 2025", "1 Sept. 2025"]

    def test_a_given_access_date_is_printed(self) -> None:
        assert plain(a_quote(), accessed=date(2026, 1, 2)).endswith(f"{DAM} Accessed 2 Jan. 2026")


# The part of the CSL 1.0.2 schema (csl-data.json) for a newspaper article.
CSL_DATE = {
    "type": "object",
    "properties": {
        "date-parts": {
            "type": "array",
            "items": {"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 3},
            "minItems": 1,
            "maxItems": 2,
        },
        "literal": {"type": "string"},
    },
    "minProperties": 1,
    "maxProperties": 1,
    "additionalProperties": False,
}
CSL_ITEM = {
    "type": "object",
    "properties": {
        **{
            name: {"type": "string"}
            for name in ("id", "title", "container-title", "URL", "language", "abstract", "note")
        },
        "type": {"const": "article-newspaper"},
        "issued": CSL_DATE,
        "accessed": CSL_DATE,
    },
    "required": ["type", "id"],
    "additionalProperties": False,
}


class TestCsl:
    def test_it_is_an_article_in_a_newspaper(self) -> None:
        item = csl(a_quote(), accessed=date(2026, 1, 2), generation=42)
        Draft7Validator(CSL_ITEM).validate(item)
        assert item == {
            "id": "q_7Kd2-x",
            "type": "article-newspaper",
            "title": "Dam is safe, says engineer",
            "container-title": "The Courier",
            "issued": {"date-parts": [[2025, 8, 15]]},
            "accessed": {"date-parts": [[2026, 1, 2]]},
            "URL": DAM,
            "language": "en",
            "abstract": "“The dam will hold.” (Ada Okafor)",
            "note": item["note"],
        }

    def test_a_speaker_is_not_the_author_of_the_article(self) -> None:
        assert "author" not in csl(a_quote())

    def test_without_a_date_it_is_undated_and_nothing_is_invented(self) -> None:
        item = csl(a_quote(published=None, publisher=None, url=None, language=None))
        Draft7Validator(CSL_ITEM).validate(item)
        assert item["issued"] == {"literal": "n.d."}
        assert not {"accessed", "container-title", "URL", "language"} & item.keys()

    def test_without_a_headline_the_title_is_the_start_of_the_quote(self) -> None:
        assert csl(a_quote("hold " * 100, headline=None))["title"] == "hold " * 15 + "hold…"

    def test_a_note_lets_a_reader_find_the_quote_and_check_it(self) -> None:
        quote = a_quote(part=(2, 3), speaker="Water Board", speaker_type="organisation")
        assert csl(quote, generation=42)["note"] == (
            "speaker Water Board; speaker is an organisation; quote q_7Kd2-x; part 2 of 3 of an utterance; "
            f"index generation 42; article sha256 {'ab' * 32}; article version 1; article courier:1"
        )

    def test_a_note_omits_unknown_values(self) -> None:
        note = csl(a_quote(sha256=None))["note"]
        assert note == "speaker Ada Okafor; quote q_7Kd2-x; article version 1; article courier:1"

    def test_a_statement_in_the_reporters_words_says_so_twice(self) -> None:
        item = csl(a_quote("the dam will hold", type="indirect"))
        assert item["abstract"] == "In the reporter’s words, not a quotation: the dam will hold (Ada Okafor)"
        assert "; in the reporter’s words, not a quotation; " in item["note"]


class TestRis:
    def test_it_is_a_record_of_the_type_news_with_crlf(self) -> None:
        record = ris(a_quote(), accessed=date(2026, 1, 2))
        assert record.startswith("TY  - NEWS\r\nTI  - Dam is safe, says engineer\r\nT2  - The Courier\r\n")
        assert record.endswith("\r\nER  - \r\n")
        assert fields(record) | {"N1": "", "AB": ""} == {
            "TY": "NEWS",
            "TI": "Dam is safe, says engineer",
            "T2": "The Courier",
            "PY": "2025",
            "DA": "2025/08/15/",
            "UR": DAM,
            "Y2": "2026/01/02/",
            "LA": "en",
            "AB": "",
            "AN": "q_7Kd2-x",
            "N1": "",
            "ER": "",
        }

    def test_without_a_date_the_year_is_undated(self) -> None:
        record = fields(ris(a_quote(published=None)))
        assert record["PY"] == "n.d."
        assert "DA" not in record

    def test_no_line_can_be_forged(self) -> None:
        record = ris(a_quote(headline="Dam\r\nER  - \r\nTY  - BOOK", publisher="Courier\u2028AU  - Eve"))
        assert [line[:6] for line in record.splitlines()].count("ER  - ") == 1
        assert fields(record)["T2"] == "Courier AU - Eve"

    def test_a_newspapers_name_has_no_asterisk(self) -> None:
        assert fields(ris(a_quote(publisher="*The* Courier")))["T2"] == "The Courier"


class TestBibtex:
    def test_it_is_an_entry_that_needs_no_author(self) -> None:
        entry = bibtex(a_quote(), accessed=date(2026, 1, 2))
        assert entry.startswith("@misc{q_7Kd2-x,\n")
        assert entry.endswith("}\n}\n")
        assert lines(entry) | {"abstract": "", "note": ""} == {
            "title": "{{Dam is safe, says engineer}}",
            "howpublished": "{The Courier}",
            "year": "{2025}",
            "month": "aug",
            "day": "{15}",
            "url": f"{{{DAM}}}",
            "urldate": "{2026-01-02}",
            "language": "{en}",
            "abstract": "",
            "note": "",
        }

    def test_without_a_date_the_year_is_undated(self) -> None:
        entry = lines(bibtex(a_quote(published=None)))
        assert entry["year"] == "{n.d.}"
        assert "month" not in entry

    def test_latex_commands_are_escaped(self) -> None:
        title = lines(bibtex(a_quote(headline=r"\a{b}%c#d&e_f~g^h$i")))["title"]
        assert title == (
            r"{{\textbackslash{}a\textbraceleft{}b\textbraceright{}\%c\#d\&e\_f\textasciitilde{}g\textasciicircum{}h\$i}}"
        )

    @pytest.mark.parametrize("brace", ["{", "}", r"\{", r"\}"])
    def test_a_brace_alone_does_not_open_or_close_the_entry(self, brace: str) -> None:
        """BibTeX counts escaped braces, too."""
        entry = bibtex(a_quote(brace, headline=brace, publisher=brace, url=f"{DAM}/{brace}"))
        assert entry.count("{") == entry.count("}")

    def test_letters_of_all_languages_stay(self) -> None:
        assert lines(bibtex(a_quote(publisher="Žurnál 日報")))["howpublished"] == "{Žurnál 日報}"

    def test_a_key_is_the_quotes_id_or_its_hash(self) -> None:
        assert bibtex(replace(a_quote(), id="q 1},")).startswith("@misc{q_")
        assert bibtex(replace(a_quote(), id="q 1},")) != bibtex(replace(a_quote(), id="q 2},"))


class TestJsonLd:
    def test_it_is_a_quotation_with_its_speaker_twice(self) -> None:
        person = {"@type": "Person", "name": "Ada Okafor", "sameAs": ["https://www.wikidata.org/entity/Q1"]}
        assert json_ld(a_quote(same_as=("https://www.wikidata.org/entity/Q1",))) == {
            "@context": "https://schema.org",
            "@type": "Quotation",
            "identifier": "q_7Kd2-x",
            "text": "The dam will hold.",
            "creator": person,
            "spokenByCharacter": person,
            "inLanguage": "en",
            "datePublished": "2025-08-15T23:30:00Z",
            "isPartOf": {
                "@type": "NewsArticle",
                "headline": "Dam is safe, says engineer",
                "url": DAM,
                "publisher": {"@type": "Organization", "name": "The Courier"},
                "datePublished": "2025-08-15T23:30:00Z",
                "inLanguage": "en",
            },
            "citation": plain(a_quote()),
            "url": f"{DAM}#:~:text=The%20dam%20will%20hold%2E",
        }

    def test_json_ld_omits_a_quote_without_a_speaker(self) -> None:
        assert json_ld(a_quote(speaker=None, status="unattributed")) is None
        assert json_ld(a_quote(status="unattributed")) is None

    def test_a_statement_in_the_reporters_words_is_no_quotation(self) -> None:
        assert json_ld(a_quote(type="indirect")) is None

    def test_a_body_is_an_organization(self) -> None:
        told = json_ld(a_quote(speaker="Water Board", speaker_type="organisation")) or {}
        assert told["creator"] == {"@type": "Organization", "name": "Water Board"}

    def test_a_document_creates_nothing_but_is_what_a_quotation_is_based_on(self) -> None:
        told = json_ld(a_quote(speaker="the Water Act", speaker_type="document")) or {}
        assert told["isBasedOn"] == {"@type": "CreativeWork", "name": "the Water Act"}
        assert not {"creator", "spokenByCharacter"} & told.keys()

    def test_a_speaker_of_unknown_type_has_no_type(self) -> None:
        assert (json_ld(a_quote(speaker_type=None)) or {})["creator"] == {"name": "Ada Okafor"}

    def test_an_article_without_known_values_is_omitted(self) -> None:
        assert "isPartOf" not in (json_ld(a_quote(headline=None, url=None, publisher=None)) or {})

    def test_a_text_cannot_close_the_script_element(self) -> None:
        text = json_ld_text({"text": "</script><!--&\u2028\u2029"})
        assert not set("<>&\u2028\u2029") & set(text)
        assert json.loads(text) == {"text": "</script><!--&\u2028\u2029"}


def directive(link: str | None) -> list[str]:
    """The decoded terms of a link's text directive."""
    assert link is not None
    return [unquote(term) for term in link.partition("#:~:text=")[2].split(",")]


class TestSourceLink:
    def test_a_short_quote_is_one_term(self) -> None:
        assert source_link(a_quote("We built it, and it will hold.")) == (
            f"{DAM}#:~:text=We%20built%20it%2C%20and%20it%20will%20hold%2E"
        )

    def test_without_an_address_there_is_no_link(self) -> None:
        assert source_link(a_quote(url=None)) is None
        assert source_link(a_quote(url="javascript:alert(1)")) is None

    def test_reserved_characters_of_a_directive_are_encoded(self) -> None:
        assert source_link(a_quote("Stay - or, rather, R&D")) == (
            f"{DAM}#:~:text=Stay%20%2D%20or%2C%20rather%2C%20R%26D"
        )

    def test_a_few_words_get_a_prefix_and_a_suffix(self) -> None:
        quote = a_quote("a second dam", prefix="She wants “", suffix="” and no third.")
        assert directive(source_link(quote)) == ["She wants “-", "a second dam", "-” and no third."]

    def test_four_words_need_no_context(self) -> None:
        assert directive(source_link(a_quote("a second big dam", prefix="She wants “"))) == ["a second big dam"]

    def test_context_ends_where_its_paragraph_does(self) -> None:
        quote = a_quote("It holds.", prefix="The last of a paragraph.\n\n“", suffix="” she said.\n\nThe next")
        assert directive(source_link(quote)) == ["It holds.", "-” she said."]

    def test_a_partial_word_at_the_edge_of_the_context_is_dropped(self) -> None:
        """A prefix must begin, and a suffix must end, at a word boundary."""
        prefix, suffix = "ngineer of the water board told “", "” she said to the full council of th"
        quote = a_quote("It holds.", prefix=prefix[-CONTEXT:], suffix=suffix[:CONTEXT])
        around = ["of the water board told “-", "It holds.", "-” she said to the full council"]
        assert directive(source_link(quote)) == around

    def test_a_quote_of_two_paragraphs_has_a_start_and_an_end_term(self) -> None:
        """A browser matches a term within one block of the page."""
        quote = a_quote("We have looked at every stone.\n\nAnd so we will sleep well.")
        assert directive(source_link(quote)) == ["We have looked at every", "so we will sleep well."]

    def test_a_long_quote_has_a_start_and_an_end_term(self) -> None:
        quote = a_quote("First comes the rain. " + "It rains. " * 40 + "Last comes the sun again.")
        assert directive(source_link(quote)) == ["First comes the rain. It", "Last comes the sun again."]

    def test_white_space_and_invisible_characters_match_the_page(self) -> None:
        quote = a_quote("We\u00a0will \t hold\u200b the\u00ad dam\u202e here")
        assert directive(source_link(quote)) == ["We will hold the dam here"]

    def test_a_character_reference_is_decoded(self) -> None:
        assert directive(source_link(a_quote("We don&#8217;t sleep &amp; rest"))) == ["We don’t sleep & rest"]

    def test_a_text_without_spaces_is_cut_at_its_clauses(self) -> None:
        quote = a_quote("水坝会挺住，" * 60)
        assert directive(source_link(quote)) == ["水坝会挺住，" * 5] * 2

    @pytest.mark.parametrize(
        ("url", "page"),
        [
            ("https://a.example/1#top", "https://a.example/1#top:~:text="),
            ("https://a.example/1#:~:text=old", "https://a.example/1#:~:text="),
            ("https://a.example/1#top:~:text=old", "https://a.example/1#top:~:text="),
            ("https://a.example/1?a=1&b=2#", "https://a.example/1?a=1&b=2#:~:text="),
        ],
    )
    def test_a_fragment_stays_and_another_directive_goes(self, url: str, page: str) -> None:
        assert source_link(a_quote("Hold", url=url)) == f"{page}Hold"

    @pytest.mark.parametrize("url", [f"{DAM}/{'x' * 2000}", f"{DAM}/{'x' * 2000}#top"])
    def test_a_link_that_would_be_too_long_leads_to_the_page(self, url: str) -> None:
        assert source_link(a_quote(url=url)) == url

    def test_an_endless_word_gives_no_directive(self) -> None:
        assert source_link(a_quote("W" * 3000)) == DAM

    def test_an_invisible_text_gives_no_directive(self) -> None:
        assert source_link(a_quote("\u200b \u00ad", url=f"{DAM}#top")) == f"{DAM}#top"

    def test_a_url_cannot_close_its_field(self) -> None:
        assert (source_link(a_quote("Hold", url=f'{DAM}/">{{`'))) == f"{DAM}/%22%3E%7B%60#:~:text=Hold"


def test_a_citation_needs_no_engine() -> None:
    modules, _ = cold_start("quoth.citation")
    assert not {name for name in modules if name.split(".")[0] in ("whoosh", "numpy", "boto3")}


@pytest.mark.parametrize(
    ("precision", "shown"),
    [
        ("year", ("2025).", [[2025]], "DA  - 2025///", "year = {2025},\n  url", "|date=2025 ", "2025")),
        (
            "month",
            ("Aug. 2025).", [[2025, 8]], "DA  - 2025/08//", "month = aug,\n  url", "|date=August 2025 ", "2025-08"),
        ),
    ],
)
def test_a_date_is_cited_no_finer_than_it_is_known(precision: str, shown: tuple[Any, ...]) -> None:
    quote = a_quote(published=datetime(2025, 8, 1, tzinfo=UTC), precision=precision)
    in_text, parts, in_ris, in_bibtex, in_wikipedia, in_json = shown
    assert f", {in_text}" in plain(quote)
    assert csl(quote)["issued"] == {"date-parts": parts}
    assert f"{in_ris}\r\n" in ris(quote)
    assert in_bibtex in bibtex(quote)
    assert in_wikipedia in FORMATS["wikipedia"].cite(quote, 1)
    assert f'"datePublished": "{in_json}"' in json.dumps(json_ld(quote))
