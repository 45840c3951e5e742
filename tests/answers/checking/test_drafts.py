"""Reading a draft: four formats, their mark-up, the lines of the file, and hostile input."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quoth.checking import draft_quotes, drafts, markdown, page_lines
from quoth.checking.draft_quotes import DraftQuote
from quoth.checking.formats import DraftFormat, guess
from quoth.errors import BadInput
from quoth.ingest.formats import html
from tests.support.effort import sampled


def found(text: str, format: DraftFormat = "text") -> list[tuple[int, str, str | None]]:
    quotes = draft_quotes.find(drafts.of_text(text, format))
    return [(quote.line, quote.text, quote.speaker) for quote in quotes]


class TestMarkdown:
    @pytest.mark.parametrize(
        ("markdown", "expected"),
        [
            ("“The dam **will** hold,” said *Ada Okafor*.", [(1, "The dam will hold,", "Ada Okafor")]),
            ("“The dam will hold,” said [Ada Okafor](https://e.org/a_(b) \"x\").",
             [(1, "The dam will hold,", "Ada Okafor")]),
            ("“The [dam][1] will hold,” said Ada Okafor.[^2]\n\n[1]: https://e.org \"The dam\"\n[^2]: No.",
             [(1, "The dam will hold,", "Ada Okafor")]),
            ("---\ntitle: \"Never again a dam\"\n---\n\n“The dam will hold,” said Ada Okafor.",
             [(5, "The dam will hold,", "Ada Okafor")]),
            ("<!-- “Not that one,”\nsaid Bo Lind. -->\n“The dam will hold,” said Ada Okafor.",
             [(3, "The dam will hold,", "Ada Okafor")]),
            ("```python\nprint(\"we will all be there\")\n```\n\n- “The dam will hold,” said Ada Okafor.",
             [(5, "The dam will hold,", "Ada Okafor")]),
            ("Text.\n\n    print(\"we will all be there\")\n\n“The dam will hold,” said Ada Okafor.",
             [(5, "The dam will hold,", "Ada Okafor")]),
            ("“The dam ~~may~~ will hold,” said Ada Okafor.", [(1, "The dam will hold,", "Ada Okafor")]),
            ("\\\"The dam will hold,\\\" said Ada Okafor, and ran `echo \"we all will\"`.",
             [(1, "The dam will hold,", "Ada Okafor")]),
            ("![“Not a quote,” said Bo Lind](dam.png)\n\n“The dam will hold,” said Ada Okafor.",
             [(3, "The dam will hold,", "Ada Okafor")]),
        ],
    )  # fmt: skip
    def test_mark_up_does_not_disturb(self, markdown: str, expected: list[tuple[int, str, str | None]]) -> None:
        assert found(markdown, "markdown") == expected

    def test_a_heading_is_no_part_of_the_text_below_it(self) -> None:
        assert drafts.of_text("# The dam #\n\nStays\n=====", "markdown").article.body == "The dam\n\nStays\n"  # type: ignore[union-attr]

    def test_a_block_quote_is_one_quote_however_it_is_wrapped(self) -> None:
        wrapped = "Ada Okafor said:\n\n>We looked at every\n> stone of *it*, and\nit will hold.\n\nBo Lind left."
        assert found(wrapped, "markdown") == [(3, "We looked at every stone of it, and it will hold.", "Ada Okafor")]

    def test_a_paragraph_of_a_list_is_no_code(self) -> None:
        listed = "1. First\n\n    “The dam will hold,” said Ada Okafor.\n"
        assert found(listed, "markdown") == [(3, "The dam will hold,", "Ada Okafor")]

    @sampled(200)
    @given(st.text(alphabet='ab \n*_~`[]()<>!#\\"“”|-=+:1.\t/', max_size=80))
    def test_every_document_keeps_its_lines(self, document: str) -> None:
        assert markdown.to_text(document).count("\n") == document.count("\n")

    @sampled(100)
    @given(st.lists(st.sampled_from(["dam", "holds", "the", "old", "stone"]), min_size=1, max_size=30))
    def test_plain_words_stay_as_they_are(self, words: list[str]) -> None:
        assert markdown.to_text(" ".join(words)) == " ".join(words)


class TestPages:
    def test_a_quote_has_the_line_of_its_words(self) -> None:
        page = (
            "<!DOCTYPE html>\n<html><head><title>“Not this,” said Bo</title>\n<style>p {}</style></head>\n<body\n"
            " class='x'><h1>The\ndam</h1>\n<p>It was late.\n<b>&ldquo;The dam\nwill hold,&rdquo;</b> said <a\n"
            "href='/ada'>Ada Okafor</a>.</p>\n<script>\n“x”\n</script><p>“It\nwill,” said Ada Okafor.</p>"
        )
        assert found(page, "html") == [(8, "The dam will hold,", "Ada Okafor"), (13, "It will,", "Ada Okafor")]

    def test_what_the_page_hides_is_no_quote(self) -> None:
        assert found("<p hidden>“The dam will hold,” said Ada.</p><p>Rain.</p>", "html") == []

    @sampled(300)
    @given(
        st.lists(
            st.sampled_from(
                ["<p>", "</p>", "<br>", "<b>", "</b>", "<i hidden>", "</i>", "<script>", "</script>", "<!--", "-->",
                 "\n", " ", "dam", "“", "”", "’s", "‘", "&ldquo;", "&amp;", "<a\nhref='x'>", "<", ">", '"', "<del>",
                 "</del>",
                 "<blockquote>", "</blockquote>", "&", "é"]
            ),
            max_size=25,
        )
    )  # fmt: skip
    def test_the_text_is_that_of_an_article_of_the_archive(self, pieces: list[str]) -> None:
        """Otherwise an article would not be known as the same when it is checked as a draft."""
        page = "".join(pieces)
        text, places = page_lines.to_text(page)
        assert text == html.to_text(page)
        assert all(1 <= line <= page.count("\n") + 1 and offset <= len(text) for offset, line in places)
        assert [*places] == sorted(places)


class TestFormats:
    @pytest.mark.parametrize(
        ("name", "data", "format"),
        [
            ("a.txt", b"<p>No.</p>", "text"),
            ("a.MD", b"No.", "markdown"),
            ("a.html", b"No.", "html"),
            ("", b"\xef\xbb\xbf  <div>No.</div>", "html"),
            ("", b"No.", "text"),
            ("", b"> No, we said.", "text"),
        ],
    )
    def test_a_format_is_guessed(self, name: str, data: bytes, format: DraftFormat) -> None:
        assert drafts.read(data, name=name).format == format

    def test_a_given_format_decides(self) -> None:
        assert drafts.read(b"<p>No.</p>", "markdown", "a.html").format == "markdown"

    def test_ninjs_and_articles_are_read_as_everywhere(self) -> None:
        item = {
            "uri": "urn:1",
            "bodies": [{"contentType": "text/html", "value": "<p>“The dam will hold,” said Ada Okafor."}],
        }
        draft = drafts.read(json.dumps(item).encode())
        assert (draft.format, draft.article and draft.article.id) == ("ninjs", "urn:1")
        assert drafts.read(b'{"body": "No.", "id": "urn:2"}').article.id == "urn:2"  # type: ignore[union-attr]

    @pytest.mark.parametrize("data", [b"", b" \n ", b"\xef\xbb\xbf"])
    def test_an_empty_draft_has_no_quote(self, data: bytes) -> None:
        for format in ("text", "markdown", "html"):
            assert list(draft_quotes.find(drafts.read(data, format))) == []  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        ("data", "format", "error"),
        [
            (b"caf\xe9", "text", "is not UTF-8: byte 3 is 0xe9"),
            (b"\xff\xfeN\x00o\x00", "html", "is not UTF-8: byte 0 is 0xff"),
            (b'{"body": "\\ud800"}', "ninjs", "body has a lone surrogate at character 0"),
            (b"[]", "ninjs", "must be a JSON object, not a list"),
            (b"a" * (2**20 + 1), "text", "is too long; the limit is 1,048,576 bytes"),
            ("“".encode() * 99_000, "html", "body has 99,000 quotation marks, entities and lines; the limit is 30,000"),
        ],
    )  # fmt: skip
    def test_an_unreadable_draft_is_refused(self, data: bytes, format: DraftFormat, error: str) -> None:
        with pytest.raises(BadInput) as raised:
            drafts.read(data, format)
        assert str(raised.value) == error

    def test_an_unknown_extension_is_refused_with_the_formats(self) -> None:
        with pytest.raises(BadInput, match="text, markdown, html, ninjs"):
            guess("No.", "draft.docx")

    def test_a_text_with_a_lone_surrogate_is_refused(self) -> None:
        for format in ("text", "markdown", "html", "ninjs"):
            with pytest.raises(BadInput, match="lone surrogate"):
                drafts.of_text("“No,\ud800”", format)  # type: ignore[arg-type]


class TestUnits:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("“I did not,” said Ada Okafor, “have any share in it.”", ["I did not, have any share in it."]),
            ("“I did not”, Mr. Ada Okafor said, “have any share in it.”", ["I did not have any share in it."]),
            ("“It will hold,” Ada Okafor said. “We looked at it.”", ["It will hold,", "We looked at it."]),
            ("“Will it hold?” Ada Okafor asked, “Yes, it will.”", ["Will it hold?", "Yes, it will."]),
            ("Ada Okafor called it “a wall of stone” and “a lie of a dam”.", ["a wall of stone", "a lie of a dam"]),
            ("“It will hold,” said Ada Okafor. Then Bo Lind said, “it will not.”", ["It will hold,", "it will not."]),
            ("“It will hold.\n\n“We looked at it,” Ada Okafor said.", ["It will hold.", "We looked at it,"]),
        ],
    )  # fmt: skip
    def test_a_split_sentence_is_one_quote_and_two_sentences_are_two(self, text: str, expected: list[str]) -> None:
        assert [quote for _, quote, _ in found(text)] == expected

    def test_statements_without_marks_are_left_out(self) -> None:
        assert found("Ada Okafor said that the dam would hold for another fifty years.") == []

    def test_a_fragment_of_two_words_is_known_as_such(self) -> None:
        text = "Ada Okafor called it a “mere wall”. “Never,” said Bo Lind. The “dam of our fathers” stays."
        quotes = draft_quotes.find(drafts.of_text(text))
        assert [(quote.text, quote.is_fragment) for quote in quotes] == [
            ("mere wall", True),
            ("Never,", False),
            ("dam of our fathers", False),
        ]

    def test_a_long_quote_is_cut_where_sentences_end(self) -> None:
        sentence = "We looked at every stone of the old dam above the harbour. "
        pieces = [quote for _, quote, _ in found(f"“{sentence * 90}” said Ada Okafor.")]
        assert len(pieces) > 2
        assert all(len(piece) <= 2_000 and piece.endswith("harbour.") for piece in pieces)
        assert " ".join(pieces) == (sentence * 90).strip()

    def test_an_id_changes_with_the_words_and_the_speaker_only(self) -> None:
        one = DraftQuote("The dam will hold,", "Ada Okafor", 3)
        assert one.id == DraftQuote("“the Dam will hold”", "ADA Okafor", 99).id
        assert (
            len({one.id, DraftQuote("The dam will hold,", None, 3).id, DraftQuote("The dam", "Ada Okafor", 3).id}) == 3
        )


HOSTILE = ["“", "[", "*", "~~", "<", "<a ", "`", "![a](", "> ", "_a", "<!--", "[a](", "\\", "|-", "“a” said ", "Ada "]


@pytest.mark.parametrize("unit", HOSTILE)
@pytest.mark.parametrize("read", [markdown.to_text, page_lines.to_text])
def test_mark_up_that_never_ends_is_read(unit: str, read: Callable[[str], object]) -> None:
    """A pattern that is not linear would take minutes here."""
    assert "Rain." in str(read("Rain.\n\n" + unit * 30_000))


@pytest.mark.parametrize("unit", HOSTILE)
def test_a_hostile_draft_is_checked(unit: str) -> None:
    body = unit * (29_000 // len(unit))
    quotes = list(draft_quotes.find(drafts.of_text(f"Rain. {body}", "markdown")))
    assert all(quote.line == 1 and quote.text for quote in quotes)
