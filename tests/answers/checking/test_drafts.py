"""Reading a draft: four formats, their mark-up, the lines of the file, and hostile input."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from quoth.checking import draft_quotes, drafts, markdown, marks, page_lines, page_quotes
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
        text, places = markdown.to_text(document)
        assert [number for _, number in places] == list(range(1, document.count("\n") + 2))
        assert [*places] == sorted(places)
        assert all(offset <= len(text) for offset, _ in places)

    @sampled(100)
    @given(st.lists(st.sampled_from(["dam", "holds", "the", "old", "stone"]), min_size=1, max_size=30))
    def test_plain_words_stay_as_they_are(self, words: list[str]) -> None:
        assert markdown.to_text(" ".join(words)) == (" ".join(words), ((0, 1),))

    @pytest.mark.parametrize(
        ("document", "expected"),
        [
            ("“We looked at it.\nThe dam will hold,” said\nAda Okafor.",
             [(1, "We looked at it. The dam will hold,", "Ada Okafor")]),
            ("Rain.\n\n> “We looked at it.\n> The dam will hold,” said Ada Okafor.",
             [(3, "We looked at it. The dam will hold,", "Ada Okafor")]),
            ("- “We looked at it.\n  The dam will hold,” said Ada Okafor.\n- “Not now,” said Bo Lind.",
             [(1, "We looked at it. The dam will hold,", "Ada Okafor"), (3, "Not now,", "Bo Lind")]),
            ("Rain.\n\n> The dam will hold.\n> — Ada Okafor", [(3, "The dam will hold.", "Ada Okafor")]),
            ("# Rain\n“The dam will hold,” said Ada Okafor.\n***\n“Not now,” said Bo Lind.",
             [(2, "The dam will hold,", "Ada Okafor"), (4, "Not now,", "Bo Lind")]),
        ],
    )  # fmt: skip
    def test_a_line_goes_on_with_its_paragraph(
        self, document: str, expected: list[tuple[int, str, str | None]]
    ) -> None:
        assert found(document, "markdown") == expected

    @pytest.mark.parametrize(
        ("document", "text"),
        [
            ("“The dam won&rsquo;t hold,” said Ada Okafor.", "The dam won’t hold,"),
            ("“The dam won&#8217;t hold,” said Ada Okafor.", "The dam won’t hold,"),
            ("“The&nbsp;dam will&#10;hold,” said Ada Okafor.", "The dam will hold,"),
            ("&ldquo;The dam\\_ \\*will\\* hold,&rdquo; said Ada Okafor.", "The dam *will* hold,"),
            ("“The dam\\&rsquo;s end &nosuch; it,” said Ada Okafor.", "The dam&rsquo;s end &nosuch; it,"),
        ],
    )
    def test_a_reference_is_the_character_it_means(self, document: str, text: str) -> None:
        assert found(document, "markdown") == [(1, text, "Ada Okafor")]


class TestPages:
    def test_a_quote_has_the_line_of_its_words(self) -> None:
        page = (
            "<!DOCTYPE html>\n<html><head><title>“Not this,” said Bo</title>\n<style>p {}</style></head>\n<body\n"
            " class='x'><h1>The\ndam</h1>\n<p>It was late.\n<b>&ldquo;The dam\nwill hold,&rdquo;</b> said <a\n"
            "href='/ada'>Ada Okafor</a>.</p>\n<script>\n“x”\n</script><p>“It\nwill,” said Ada Okafor.</p>"
        )
        assert found(page, "html") == [(8, "The dam will hold,", "Ada Okafor"), (13, "It will,", "Ada Okafor")]

    @pytest.mark.parametrize(
        ("page", "quote"),
        [
            ("<p><q>The dam will hold</q>, said Bo Lind.</p>", "The dam will hold"),
            ("<p><q>The <q>old</q> dam will hold,</q> said Bo Lind.</p>", "The ‘old’ dam will hold,"),
            ("<p>Bo Lind said:</p><blockquote><p>The dam will hold.</p></blockquote>", "The dam will hold."),
            ("<p>Bo Lind said:</p><blockquote>The dam<br>will hold</blockquote><p>Rain.</p>", "The dam will hold."),
            ("<p>Bo Lind said:</p><blockquote>&ldquo;The dam<br>will hold.&rdquo;</blockquote>", "The dam will hold."),
            ("<p>Bo Lind said:</p><blockquote>The dam will hold.<footer>Bo Lind</footer></blockquote>",
             "The dam will hold."),
            ("<p>Bo Lind said:</p><blockquote>The dam will hold. <cite>Bo Lind</cite></blockquote>",
             "The dam will hold."),
            ("<table><tr><td>“The dam will hold,”</td><td>said Bo Lind.</td></tr></table>", "The dam will hold,"),
            ("<table><tr><td>“The dam will hold,”<td>said Bo Lind.<tr><td>Rain</table>", "The dam will hold,"),
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("is_item", [False, True])
    def test_an_element_sets_a_quote_off(self, page: str, quote: str, is_item: bool) -> None:
        page = f"<p>“We looked at it,” said Ada Okafor, the mayor.</p>\n{page}"
        item = json.dumps({"uri": "urn:1", "bodies": [{"contentType": "text/html", "value": page}]})
        _, (line, *told) = found(item, "ninjs") if is_item else found(page, "html")
        assert told == [quote, "Bo Lind"]
        assert line == 2 or is_item  # in ninjs it is a line of the body

    @pytest.mark.parametrize(
        "signature",
        [
            "<footer>Ada Okafor</footer></blockquote>",
            "<footer>&mdash; <cite>Ada Okafor</cite></footer></blockquote>",
            "<br>— Ada Okafor, the mayor</blockquote>",
            "<cite>Ada Okafor</cite></blockquote>",
            "</blockquote><cite>Ada Okafor</cite> It rained.",
            "</blockquote>\n<p>– Ada Okafor</p>",
        ],
    )
    def test_the_signature_of_a_block_names_its_speaker(self, signature: str) -> None:
        page = f"<p>“We looked at it,” said Bo Lind.</p><blockquote>The dam will hold.{signature}<p>Rain.</p>"
        assert found(page, "html")[1] == (1, "The dam will hold.", "Ada Okafor")

    @pytest.mark.parametrize(
        ("line", "signature", "speaker"),
        [
            ("Rain.", "“Dams” 3/1999", None),
            ("Rain.", "the mayor", None),
            ("The mayor wrote:", "Ada Okafor", "Ada Okafor"),
            ("Bo Lind said:", "The Harbour Times", "Bo Lind"),
        ],
    )
    def test_a_signature_counts_where_it_is_a_name_and_no_line_introduces_the_block(
        self, line: str, signature: str, speaker: str | None
    ) -> None:
        page = f"<p>{line}</p><blockquote>The dam will hold.<footer>{signature}</footer></blockquote>"
        (quote, *_) = draft_quotes.find(drafts.of_text(page, "html"))
        assert (quote.text, quote.speaker) == ("The dam will hold.", speaker)
        assert quote.unread == (None if speaker else draft_quotes.UNNAMED_BELOW)

    def test_an_element_in_a_comment_or_a_script_sets_nothing_off(self) -> None:
        page = "<!-- <q> <blockquote> --><script>'<blockquote>'</script><p>Rain fell on Ada Okafor.</p>"
        assert found(page, "html") == []

    @pytest.mark.parametrize(
        ("row", "speaker"),
        [
            ("<td>“The dam will hold,”</td><td>said Bo Lind.</td>", "Bo Lind"),
            ("<td>“The dam will hold,” Bo Lind said.</td><td>Friday</td>", "Bo Lind"),
            ("<td>“The dam will hold.”</td><td>Friday</td>", None),
            ("<td>Bo Lind</td><td>“The dam will hold.”</td>", None),
            ("<td>Friday</td><td>“The dam will hold,” she said.</td>", "Ada Okafor"),
        ],
    )
    def test_a_quote_in_a_table_has_the_speaker_of_its_row_or_none(self, row: str, speaker: str | None) -> None:
        page = f"<p>“We looked at it,” said Ada Okafor, the mayor.</p><table><tr>{row}</tr></table>"
        *_, quote = draft_quotes.find(drafts.of_text(page, "html"))
        assert (quote.text.rstrip(".,"), quote.speaker) == ("The dam will hold", speaker)
        assert (quote.unread is None) == (speaker is not None)

    @sampled(200)
    @given(
        st.lists(
            st.sampled_from(
                ["<q>", "</q>", "<blockquote>", "</blockquote>", "<p>", "<td>", "</td>", "<tr>", "<table>", "</table>",
                 "<cite>", "</cite>", "<footer>", "<br>", "<!--", "-->", "<script>", "</script>", "\n", "dam", "“", ":",
                 " ", "<", ">"]
            ),
            max_size=25,
        )
    )  # fmt: skip
    def test_a_page_set_off_keeps_its_lines_and_words(self, pieces: list[str]) -> None:
        page = "".join(pieces)
        written = page_quotes.set_off(page)
        assert written.count("\n") == page.count("\n")
        assert page_lines.to_text(written)[0].count("dam") == html.to_text(page).count("dam")

    def test_what_the_page_hides_is_no_quote(self) -> None:
        assert found("<p hidden>“The dam will hold,” said Ada.</p><p>Rain.</p>", "html") == []

    @sampled(300)
    @example(['"', "<br>", '"'])
    @example(["&ldquo;", "<br>", "&ldquo;", " "])
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


class TestMarks:
    """Whatever stands between the marks is one quote, and no quote is overlooked."""

    @pytest.mark.parametrize(
        ("between", "inner"),
        [
            ("We looked at it.\nThe dam will hold,", "We looked at it. The dam will hold,"),
            ("We looked at it.\n\nThe dam will hold,", "We looked at it. The dam will hold,"),
            ("We looked at it.\r\n  \r\nThe dam\u2028will hold,", "We looked at it. The dam will hold,"),
            ("We looked.\nAt it.\nThe dam will hold,", "We looked. At it. The dam will hold,"),
        ],
    )
    @pytest.mark.parametrize("marks", ["“”", '""', "«»", "‹›", "„“", "''", "‘’"])
    def test_a_quote_reaches_to_its_closing_mark(self, marks: str, between: str, inner: str) -> None:
        text = f"Rain.\n\n{marks[0]}{between}{marks[1]} said Ada Okafor. She left."
        assert found(text) == [(3, inner, "Ada Okafor")]

    def test_inner_marks_of_a_later_line_do_not_end_it(self) -> None:
        text = "“We looked at it.\nThe “old” dam will hold,” said Ada Okafor."
        assert found(text) == [(1, "We looked at it. The “old” dam will hold,", "Ada Okafor")]

    def test_guillemets_may_stand_apart(self) -> None:
        text = "« We looked at it.\nThe dam will hold », said Ada Okafor."
        assert found(text) == [(1, "We looked at it. The dam will hold", "Ada Okafor")]

    def test_a_paragraph_that_begins_with_a_mark_is_its_own_quote(self) -> None:
        for opening, closing in ("“”", '""', "‘’"):
            text = f"{opening}We looked.\n\n{opening}It holds,{closing} said Ada Okafor. {opening}Yes.{closing}"
            assert [quote for _, quote, _ in found(text)] == ["We looked.", "It holds,", "Yes."]

    @pytest.mark.parametrize(
        ("text", "is_open"),
        [
            ("“We looked at it.\n\nThe dam will hold, Ada Okafor said.", [True]),
            ("“We looked at it.\nThe dam will hold. “Yes,” Ada Okafor said.", [True, False]),
            ("“We looked at it.\n\n“The dam will hold,” Ada Okafor said.", [False, False]),
            ("“We looked at it,” said Ada Okafor.\n\n“The dam will hold.", [False, False]),
        ],
    )
    def test_a_mark_that_never_closes_is_known(self, text: str, is_open: list[bool]) -> None:
        assert [quote.is_open for quote in draft_quotes.find(drafts.of_text(text))] == is_open

    @pytest.mark.parametrize(
        "text",
        [
            "'The dam will hold,' said Ada Okafor.",
            "Ada Okafor said: 'The dam will hold.'",
            "'The dam will hold', said Ada Okafor.",
            "‘The dam will hold,’ said Ada Okafor.",
            "‹The dam will hold,› said Ada Okafor.",
            "›The dam will hold,‹ said Ada Okafor.",
        ],
    )
    def test_other_marks_are_seen_beside_double_ones(self, text: str) -> None:
        first, second = found(f"“We looked at it,” said Ada Okafor.\n\n{text}")
        assert first == (1, "We looked at it,", "Ada Okafor")
        assert (second[0], second[1].rstrip(".,"), second[2]) == (3, "The dam will hold", "Ada Okafor")

    def test_an_apostrophe_is_no_mark(self) -> None:
        text = "“We looked at it,” said Ada Okafor, the voters' choice in '98.\n\n'Twas late, and the dogs' tails hung."
        assert [quote for _, quote, _ in found(text)] == ["We looked at it,"]

    @sampled(200)
    @given(st.text(alphabet="ab A.,\n>“”\"'‘’«»‹›", max_size=60))
    def test_every_offset_stays(self, text: str) -> None:
        marked = marks.mark(text)
        assert len(marked.text) == len(text)
        assert [c for c in marked.text if c.isalnum()] == [c for c in text if c.isalnum()]


class TestLines:
    @pytest.mark.parametrize("format", ["text", "markdown", "html"])
    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    @pytest.mark.parametrize("space", ["\u2028", "\x85", "\f", "\v", " "])
    def test_a_line_ends_where_an_editor_ends_it(self, format: DraftFormat, end: str, space: str) -> None:
        text = f"It{space}rained.{end}{end}“The dam will hold,” said Ada Okafor."
        text = f"<p>{text.replace(f'{end}{end}', f'</p>{end}{end}<p>')}</p>" if format == "html" else text
        assert found(text, format) == [(3, "The dam will hold,", "Ada Okafor")]


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

    def test_a_long_quote_is_one_and_its_parts_overlap(self) -> None:
        said = [f"We looked at stone number {number} of the old dam above the harbour." for number in range(90)]
        text = " ".join(said)
        assert [quote for _, quote, _ in found(f"“{text}” said Ada Okafor.")] == [text]
        parts = draft_quotes.overlapping_parts(text)
        assert all(len(part) <= 2_000 and part in text for part in parts)
        for before, after in pairwise(said):
            assert any(f"{before} {after}" in part for part in parts)
        assert sum(map(len, parts)) < 3 * len(text)

    @sampled(100)
    @given(st.lists(st.integers(1, 300), min_size=2, max_size=40))
    def test_every_sentence_is_in_a_part_with_the_next_one(self, lengths: list[int]) -> None:
        said = [f"W{number}{' wo' * length}." for number, length in enumerate(lengths)]
        parts = draft_quotes.overlapping_parts(" ".join(said))
        assert all(any(f"{before} {after}" in part for part in parts) for before, after in pairwise(said))

    def test_an_id_changes_with_the_words_and_the_speaker_only(self) -> None:
        one = DraftQuote("The dam will hold,", "Ada Okafor", 3)
        assert one.id == DraftQuote("“the Dam will hold”", "ADA Okafor", 99).id
        assert (
            len({one.id, DraftQuote("The dam will hold,", None, 3).id, DraftQuote("The dam", "Ada Okafor", 3).id}) == 3
        )


HOSTILE = ["“", "[", "*", "~~", "<", "<a ", "`", "![a](", "> ", "_a", "<!--", "[a](", "\\", "|-", "“a” said ", "Ada "]


@pytest.mark.prove
@pytest.mark.parametrize("unit", HOSTILE)
@pytest.mark.parametrize("read", [markdown.to_text, page_lines.to_text, page_quotes.set_off])
def test_mark_up_that_never_ends_is_read(unit: str, read: Callable[[str], object]) -> None:
    """A pattern that is not linear would take minutes here."""
    assert "Rain." in str(read("Rain.\n\n" + unit * 30_000))


@pytest.mark.parametrize(
    ("begin", "unit", "end"),
    [("", "-|", "x"), ("***", " ", "x"), ("# a", " ", "x"), ("# a", " #", ""), ("[a](", " ", "x"), ("- ", "- ", "x")],
)
def test_a_line_of_blanks_and_marks_is_read(begin: str, unit: str, end: str) -> None:
    """These took minutes: their blanks could be shared out in many ways."""
    assert "Rain." in str(markdown.to_text(f"Rain.\n\n{begin}{unit * 30_000}{end}"))


def test_many_signatures_in_a_long_block_quote_are_read() -> None:
    assert "Rain." in page_quotes.set_off("Rain.<blockquote>" + "." * 30_000 + "x" + "<cite></cite>" * 3_000)


@pytest.mark.prove
@pytest.mark.parametrize("unit", HOSTILE)
def test_a_hostile_draft_is_checked(unit: str) -> None:
    body = unit * (29_000 // len(unit))
    quotes = list(draft_quotes.find(drafts.of_text(f"Rain. {body}", "markdown")))
    assert all(quote.line == 1 and quote.text for quote in quotes)
