"""Exports: JSON lines keep all data; a spreadsheet can open CSV without running formulas from an article."""

from __future__ import annotations

import csv
import io
import json
import re
from html import unescape
from importlib import import_module
from urllib.parse import quote as percent_encoded

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from quoth.answers.export import COLUMNS, csv_lines, jsonl
from quoth.article import article_key
from quoth.citation import deeplink, facts, plain, source_link
from quoth.quote import Attribution, Origin, Quote, Selector, Speaker, Utterance, to_json
from quoth.text import formulas, sanitize
from tests.house.test_walls import cold_start
from tests.support.builders import a_quote, day
from tests.support.effort import sampled


def rows(*quotes: Quote) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO("".join(csv_lines(quotes)), newline=""), strict=True))


def cell(text: str) -> str:
    """Return the cell with a quote's text."""
    (row,) = rows(a_quote(text))
    return row["text"]


class TestCsv:
    def test_the_columns_stay_as_they_are(self) -> None:
        """Programs read the columns by position, so new columns go at the end."""
        assert next(csv_lines([])) == (
            '"id","text","type","speaker_id","speaker","speaker_as_written","speaker_type","status","confidence",'
            '"method","cue","why","headline","publisher","published","language","url","source_link","article_id",'
            '"article_sha256","article_version","start","end","utterance_id","utterance_position","utterance_of",'
            '"citation","denied_speaker","mixed_script","language_detected","precision","article_key"\r\n'
        )

    def test_a_quote_is_a_row_of_all_that_is_known(self) -> None:
        quote = Quote(
            id="q_1",
            text="The dam will hold.",
            type="direct",
            selector=Selector("The dam will hold.", start=9, end=27),
            utterance=Utterance("u_1", 2, 3),
            speaker=Speaker("ada-okafor", "Ada Okafor", as_written="Okafor", type="person"),
            attribution=Attribution("attributed", "name", "“Okafor said” follows", 0.63, cue="said"),
            article=Origin("a", "Dam is safe", "https://a.example/1", "Courier", day(2025, 8, 15), "en", "ab" * 32, 4),
        )
        assert rows(quote) == [
            {
                "id": "q_1",
                "text": "The dam will hold.",
                "type": "direct",
                "speaker_id": "ada-okafor",
                "speaker": "Ada Okafor",
                "speaker_as_written": "Okafor",
                "speaker_type": "person",
                "status": "attributed",
                "confidence": "0.63",
                "method": "name",
                "cue": "said",
                "why": "“Okafor said” follows",
                "headline": "Dam is safe",
                "publisher": "Courier",
                "published": "2025-08-15T00:00:00Z",
                "language": "en",
                "url": "https://a.example/1",
                "source_link": "https://a.example/1#:~:text=The%20dam%20will%20hold%2E",
                "article_id": "a",
                "article_sha256": "ab" * 32,
                "article_version": "4",
                "start": "9",
                "end": "27",
                "utterance_id": "u_1",
                "utterance_position": "2",
                "utterance_of": "3",
                "citation": "“The dam will hold,” Ada Okafor said [attribution unverified, 0.63] "
                "(Courier, Dam is safe, 15 Aug. 2025). https://a.example/1",
                "denied_speaker": "",
                "mixed_script": "",
                "language_detected": "",
                "precision": "",
                "article_key": article_key("a"),
            }
        ]

    def test_an_unknown_value_is_empty(self) -> None:
        (row,) = rows(replace(a_quote(speaker=None), attribution=Attribution("unattributed", "none", "", 0.0)))
        assert [row[name] for name in ("speaker_id", "speaker", "url", "published", "start", "cue")] == [""] * 6
        assert row["citation"].startswith("“The dam will hold,” speaker not known [attribution unverified]")

    def test_a_denial_has_no_speaker(self) -> None:
        denied = Speaker("bo-lind", "Bo Lind")
        attribution = Attribution("denied", "test", "the article says so")
        (row,) = rows(replace(a_quote(speaker=None), denied_speaker=denied, attribution=attribution))
        named = ("speaker_id", "speaker", "speaker_as_written", "speaker_type", "status", "denied_speaker")
        assert [row[name] for name in named] == ["", "", "", "", "denied", "Bo Lind"]

    def test_a_name_that_may_look_like_another_is_marked(self) -> None:
        imitated = Speaker("n-1", "\u0410da Byron", mixed_script=True)
        (row,) = rows(replace(a_quote(), speaker=imitated))
        assert row["mixed_script"] == "true"

    def test_numbers_stay_numbers(self) -> None:
        (_, line) = csv_lines([a_quote()])
        (row,) = csv.reader([line], quoting=csv.QUOTE_NONNUMERIC)
        kept = dict(zip(COLUMNS, row, strict=True))
        assert (kept["confidence"], kept["article_version"], kept["text"]) == (0.9, 1.0, "The dam will hold.")

    def test_a_row_is_one_line_that_ends_in_crlf(self) -> None:
        (_, line) = csv_lines([a_quote('Two\r\nlines,\u2028"three"\x00')])
        assert line.endswith("\r\n")
        assert len(line.splitlines()) == 1
        assert cell('Two\r\nlines,\u2028"three"\x00') == 'Two lines, "three"'

    @pytest.mark.parametrize(
        "hidden", ["", " ", "\u00a0", "\ufeff", "\u200b", "\x00", "\x1b", "\u202e", "\u3000 ", "\t"]
    )
    def test_a_cell_like_a_formula_gets_an_apostrophe(self, hidden: str) -> None:
        signs = "=+-@\uff1d\uff0b\uff0d\uff20\u2212\ufe63"
        assert [sign for sign in signs if not cell(f"{hidden}{sign}1").startswith("'")] == []

    @pytest.mark.parametrize("sign", "\t\r\n")
    def test_a_cell_after_a_tab_or_line_end_gets_an_apostrophe(self, sign: str) -> None:
        assert cell(f"{sign}1") == "' 1"

    @pytest.mark.parametrize("text", ["dam; =1+1", "dam;\u200b@SUM(1)", 'dam;"=1+1"', "dam ;+1;-1"])
    def test_no_cell_is_a_formula_with_semicolon_separators(self, text: str) -> None:
        (_, line) = csv_lines([a_quote(text)])
        (cells,) = csv.reader([line], delimiter=";")
        assert not [cell for cell in cells if cell.strip(' "\u200b')[:1] in tuple("=+-@")]

    @pytest.mark.parametrize("text", ["– Ada", "2 + 2 = 4", "a-b", "“=”", "'tis", "#1"])
    def test_other_texts_stay_as_they_are(self, text: str) -> None:
        assert cell(text) == text

    @sampled(100)
    @given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40))
    def test_a_row_is_always_read_back_with_all_its_cells(self, text: str) -> None:
        quote = a_quote(text, speaker=text, publisher=text, article_id=text)
        (row,) = rows(quote)
        assert row.keys() == set(COLUMNS)
        assert (row["id"], row["utterance_of"]) == ("q_1", "1")


class TestJsonLines:
    def test_a_value_is_a_line(self) -> None:
        assert list(jsonl([{"a": 1}, {"b": None}])) == ['{"a":1}\n', '{"b":null}\n']

    @sampled(100)
    @given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
    def test_every_text_comes_back_unchanged_from_one_line(self, text: str) -> None:
        (line,) = jsonl([{"text": text}])
        assert json.loads(line) == {"text": text}
        assert line.splitlines() == [line[:-1]]

    def test_a_line_has_no_terminal_controls(self) -> None:
        (line,) = jsonl([{"text": "\x1b[31m\x9b\u202e\x7f"}])
        assert line == '{"text":"\\u001b[31m\\u009b\\u202e\\u007f"}\n'

    def test_the_quotes_that_csv_had_to_change_are_whole(self) -> None:
        quote = a_quote("=1+1\n\nAnd so on")
        (line,) = jsonl([to_json(quote)])
        assert json.loads(line)["text"] == "=1+1\n\nAnd so on"
        assert cell(quote.text) == "'=1+1 And so on"


# Characters that some rule of the export looks at, and characters of several widths that none does.
MARKS = st.sampled_from(
    [
        *"=+-@\uff1d\ufe63\u2212;\",.'’“” \t\r\n\v\x00\x1b\x85\u00a0\u00ad\u200b\u202e\u2028\ufeff\U000e0001",
        *"%&#~_éa1В你。、",
    ]
)
HOSTILE = st.one_of(
    st.text(MARKS, max_size=30),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    st.lists(st.sampled_from(["dam", "U.S.", "A.", "你好。", "2,000", "won’t", "=1", "&amp;"]), max_size=60).map(
        " ".join
    ),
)


def plainly(quotes: list[Quote]) -> str:
    """Write a table in the obvious way, with the csv module and a cell at a time: what the fast one must equal."""
    table = io.StringIO(newline="")
    writer = csv.writer(table, lineterminator="\r\n", quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(COLUMNS)
    for q in quotes:
        s, a, o, u = q.speaker, q.attribution, q.article, q.utterance
        speaker = (s.id, s.name, s.as_written, s.type) if s else (None, None, None, None)
        published = None if o.published is None else o.published.isoformat().replace("+00:00", "Z")
        origin = (o.headline, o.publisher, published, o.language, o.url, source_link(q), o.id, o.sha256, o.version)
        place = (
            q.selector.start,
            q.selector.end,
            u.id,
            u.position,
            u.of,
            plain(q),
            q.denied_speaker.name if q.denied_speaker else None,
            "true" if any(one and one.mixed_script for one in (s, q.denied_speaker)) else None,
            q.article.language_detected or None,
            q.article.precision or None,
            q.article.key,
        )
        row = (q.id, q.text, q.type, *speaker, a.status, a.confidence, a.method, a.cue, a.why, *origin, *place)
        writer.writerow([sanitized(value) if isinstance(value, str) else value for value in row])
    return table.getvalue()


def sanitized(value: str) -> str:
    return formulas.harmless(value, one_line_in_steps(value))


def one_line_in_steps(text: str) -> str:
    for pattern, shown in ((sanitize._NEWLINES, " "), (sanitize._CONTROLS, ""), (sanitize._BIDI, "")):
        text = pattern.sub(shown, text)
    return sanitize._SPACES.sub(" ", text)


@sampled(500)
@given(HOSTILE | st.text("';=-\" \t\u200bx", max_size=12))
def test_the_apostrophes_are_taken_away_again(text: str) -> None:
    shown = sanitize.one_line(text)
    assert formulas.bare(formulas.harmless(text, shown)) == shown


class TestShortcuts:
    """An export of 50,000 rows takes shortcuts for the usual text; each equals the obvious way."""

    @sampled(500)
    @given(HOSTILE, HOSTILE, st.none() | HOSTILE, st.none() | st.floats(0, 1))
    def test_a_table_is_that_of_the_csv_module(
        self, text: str, name: str, publisher: str | None, confidence: float | None
    ) -> None:
        quote = a_quote(text, speaker=name, publisher=publisher, article_id=name)
        quote = replace(quote, attribution=replace(quote.attribution, confidence=confidence, why=text, cue=publisher))
        quotes = [quote, a_quote(), replace(quote, speaker=None, article=replace(quote.article, published=day(2025)))]
        assert "".join(csv_lines(quotes)) == plainly(quotes)

    @sampled(1_000)
    @given(HOSTILE)
    def test_a_text_is_sanitized_and_encoded_as_step_by_step(self, text: str) -> None:
        assert sanitize.one_line(text) == one_line_in_steps(text)
        assert facts.nested(text) == text.translate(str.maketrans('“”„‟"＂', "‘’‚‛'＇"))
        encoded = percent_encoded(text, safe="").replace("-", "%2D").replace("~", "%7E").replace(".", "%2E")
        assert deeplink._encoded(text) == encoded
        without_references = deeplink._REFERENCE.sub(lambda match: unescape(match[0]), text)
        assert deeplink._lines(text) == deeplink._LINES.split(without_references)

    @sampled(1_000)
    @given(HOSTILE.map(deeplink._rendered), st.integers(1, 5))
    def test_the_first_and_last_words_are_those_of_all_words(self, text: str, count: int) -> None:
        found = list(deeplink._WORD.finditer(text))
        assert deeplink._is_short(text) == (len(found) <= deeplink.FEW_WORDS)
        if found:
            assert deeplink._first_words(text, count) == text[: found[:count][-1].end()]
            assert deeplink._last_words(text, count) == text[found[-count:][0].start() :]

    @sampled(500)
    @given(HOSTILE.filter(lambda text: not text.endswith("..")))
    def test_initials_keep_their_full_stop(self, words: str) -> None:
        said = import_module("quoth.citation.plain")._before_clause(words)
        if re.search(r"(?:\b\w\.)+$", words) and not words.endswith("\n"):
            assert said == f"{words},"
        elif words.endswith("."):
            assert said == f"{words[:-1]},"


def test_an_export_needs_no_engine() -> None:
    modules, _ = cold_start("quoth.answers.export")
    assert not {name for name in modules if name.split(".")[0] in ("whoosh", "numpy", "boto3")}
