"""Input formats, with valid and invalid input."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quoth import article as articles
from quoth.article import Article
from quoth.errors import BadInput
from quoth.ingest.formats import articles as article_files
from quoth.ingest.formats import quotes as quote_files
from quoth.ingest.formats import strict_json
from quoth.ingest.formats.html import to_text
from quoth.quote import GivenQuote
from quoth.quote import to_text as quote_text
from tests.support.builders import an_article
from tests.support.effort import sampled


def read_one(name: str, data: bytes, sidecar: bytes | None = None) -> Article:
    (article,) = article_files.read_file(name, data, sidecar)
    if isinstance(article, BadInput):
        raise article
    return article


def refusal(name: str, data: bytes, sidecar: bytes | None = None) -> BadInput:
    with pytest.raises(BadInput) as refused:
        read_one(name, data, sidecar)
    return refused.value


class TestPlainText:
    def test_unknown_values_are_none(self) -> None:
        article = read_one("a.txt", b"Rain\n\nIt rained.")
        unknown = (article.url, article.published, article.publisher, article.byline, article.language)
        assert unknown == (None,) * 5

    def test_the_headline_is_a_copy_of_the_first_line_that_is_not_blank(self) -> None:
        article = read_one("a.txt", b"\n  \n Rain at last \r\nIt rained.")
        assert article.headline == "Rain at last"
        assert article.body == "\n  \n Rain at last \r\nIt rained."

    def test_a_first_line_too_long_for_a_headline_is_none(self) -> None:
        assert read_one("a.txt", b"x" * 3000).headline is None

    def test_a_byte_order_mark_stays_in_the_body_and_out_of_the_headline(self) -> None:
        article = read_one("a.txt", "\ufeffRain\n".encode())
        assert (article.body[0], article.headline) == ("\ufeff", "Rain")

    def test_a_sidecar_adds_what_the_text_cannot_say(self) -> None:
        sidecar = {"url": "https://example.org/1", "published": "2025-08-11", "publisher": "The Daily Example"}
        article = read_one("a.txt", b"Rain\n\nIt rained.", json.dumps(sidecar).encode())
        assert article.id == "https://example.org/1"
        assert article.published == datetime(2025, 8, 11, tzinfo=UTC)
        assert article.headline == "Rain"

    def test_an_error_in_a_sidecar_names_the_sidecar(self) -> None:
        error = refusal("news/a.txt", b"Rain", b'{"url": "ftp://example.org"}')
        assert (error.source, error.field) == ("news/a.json", "url")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\xff\xfe{", "is not UTF-8: byte 0 is 0xff"),
        (b"{", "is not JSON"),
        (b'{"body": "a", "version": NaN}', "NaN is not a JSON number"),
        (b'{"body": "a", "version": 1e999}', "version is a number too large to store"),
        (b'{"body": "a", "body": "b"}', "body is given twice"),
        (b'{"body": "\\ud800"}', "body has a lone surrogate at character 0"),
        (b'{"\\ud800": 1, "body": "a"}', "lone surrogate"),
        (b'{"body": ' + b"[" * 100 + b"]" * 100 + b"}", "is nested deeper than 32 levels"),
        (b"[" * 200_000, "is nested deeper than 32 levels"),
        (b'{"body": "a", "version": ' + b"9" * 5000 + b"}", "is not usable JSON"),
        (b'{"url": "https://example.org"}', "body is missing"),
        (b'{"body": null}', "body is missing"),
        (b'{"body": 3}', "body must be a string, not a number"),
        (b'{"body": "a", "url": "file:///etc/passwd"}', "url must begin with http:// or https://"),
        (b'{"body": "a", "published": "2025-02-30"}', "published must be a date or time"),
        (b'{"body": "a", "published": "2025-W33"}', "published must be a date or time"),
        (b'{"body": "a", "published": "20250811"}', "published must be a date or time"),
        (b'{"body": "a", "published": 20250811}', "published must be a string"),
        (b'{"body": "a", "publishd": "2025-02-03"}', "publishd is not a field"),
        (b'{"body": "a", "version": true}', "version must be a whole number, not True"),
        (b'{"body": "a", "version": 0}', "version must be a whole number of at least 1"),
        (b'{"body": "a", "pub_status": "gone"}', "pub_status must be usable, withheld or canceled"),
        (b'{"body": "a", "sha256": "0"}', "sha256 does not match the body"),
        (b"[]", "must be a JSON object, not a list"),
        (b"null", "must be a JSON object, not null"),
        (b'{"body": "' + b"a" * (1024 * 1024) + b'"}', "the limit is 1,048,576"),
        (b'{"body": "' + "é".encode() * (512 * 1024) + b'"}', "is too long; the limit is 1,048,576 bytes"),
    ],
)
def test_a_bad_article_is_refused_with_file_and_field(data: bytes, said: str) -> None:
    error = refusal("news.json", data)
    assert said in str(error)
    assert str(error).startswith("news.json: ")


def test_a_file_of_unknown_kind_is_refused_by_its_ending() -> None:
    assert ".jsonl" in str(refusal("news.pdf", b"%PDF"))


def test_jsonl_goes_on_after_a_bad_line_and_numbers_it() -> None:
    lines = b'{"body": "one"}\n\n{"body": 2}\r\n{"body": "three"}\n'
    one, bad, three = article_files.read_file("news.jsonl", lines)
    assert isinstance(one, Article)
    assert isinstance(bad, BadInput)
    assert str(bad) == "news.jsonl line 3: body must be a string, not a number"
    assert isinstance(three, Article)


def test_a_written_article_is_read_back() -> None:
    article = an_article(url="https://example.org/1", version=3, pub_status="usable")
    assert read_one("a.json", json.dumps(articles.to_json(article)).encode()) == article


NINJS_2 = {
    "uri": "https://example.org/1",
    "version": "4",
    "firstcreated": "2025-08-11T09:00:00+02:00",
    "versioncreated": "2025-08-12T09:00:00+02:00",
    "pubstatus": "usable",
    "language": "en-GB",
    "copyrightholder": "Example News",
    "by": "Ada Okafor",
    "headlines": [{"role": "short", "value": "Rain"}, {"role": "main", "value": "Rain at last"}],
    "bodies": [
        {"contenttype": "text/html", "value": "<p>“Finally,” <i>she</i> said.</p>"},
        {"contenttype": "text/plain", "value": "“Finally,” she said."},
    ],
}
_CAMEL = {
    "firstcreated": "firstCreated",
    "versioncreated": "versionCreated",
    "pubstatus": "pubStatus",
    "copyrightholder": "copyrightHolder",
    "contenttype": "contentType",
}


def camel(value: Any) -> Any:
    """Return a ninjs 2 value with the member names of ninjs 3."""
    if isinstance(value, list):
        return [camel(item) for item in value]
    if isinstance(value, dict):
        return {_CAMEL.get(name, name): camel(item) for name, item in value.items()}
    return value


class TestNinjs:
    def test_both_spellings_give_one_article(self) -> None:
        old, new = (json.dumps(value).encode() for value in (NINJS_2, camel(NINJS_2)))
        assert old != new
        article = read_one("a.json", old)
        assert article == read_one("b.json", new)
        assert article.body == "“Finally,” she said."
        assert article.headline == "Rain at last"
        assert article.published == datetime(2025, 8, 11, 7, tzinfo=UTC)
        assert (article.version, article.publisher, article.byline) == (4, "Example News", "Ada Okafor")
        assert article.id == article.url == "https://example.org/1"

    def test_a_body_in_html_becomes_its_text(self) -> None:
        value = {"uri": "urn:1", "bodies": [{"contentType": "text/html", "value": "<p>“Yes,”</p><p>he said.</p>"}]}
        assert read_one("a.json", json.dumps(value).encode()).body == "“Yes,”\n\nhe said."

    def test_the_first_version_gives_the_same_article(self) -> None:
        later = ("bodies", "headlines", "by")
        value = {name: member for name, member in NINJS_2.items() if name not in later}
        value |= {"headline": "Rain at last", "byline": "Ada Okafor", "usageterms": "none"}
        texts = {"body_text": "“Finally,” she said.", "body_html": "<p>“Finally,” <i>she</i> said.</p>"}
        plain = read_one("a.json", json.dumps({**value, **texts}).encode())
        assert plain == read_one("b.json", json.dumps(NINJS_2).encode())
        marked_up = {**value, "body_html": texts["body_html"]}
        assert read_one("a.json", json.dumps(marked_up).encode()) == plain
        assert refusal("a.json", json.dumps({**value, "body_html": " "}).encode()).field == "body_text"

    def test_a_withdrawn_item_is_withdrawn(self) -> None:
        assert read_one("a.json", json.dumps({**NINJS_2, "pubstatus": "canceled"}).encode()).is_withdrawn

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"bodies": []}, "bodies"),
            ({"bodies": [{"contenttype": "image/png", "value": "x"}]}, "bodies"),
            ({"bodies": "x"}, "bodies"),
            ({"headlines": False}, "headlines"),
            ({"pubstatus": "gone"}, "pubstatus"),
            ({"firstcreated": "yesterday"}, "firstcreated"),
            ({"version": "four"}, "version"),
            ({"uri": ""}, "uri"),
        ],
    )
    def test_an_invalid_value_is_refused_by_its_field(self, change: dict[str, Any], field: str) -> None:
        assert refusal("a.json", json.dumps({**NINJS_2, **change}).encode()).field == field


class TestHtml:
    def test_entities_and_inline_marks_leave_no_trace(self) -> None:
        assert to_text("&#8220;A&amp;B&#8221; <b>b</b>old<br>next") == "“A&B” bold\n\nnext"

    def test_script_and_style_are_not_text(self) -> None:
        assert to_text("<style>p{}</style><p>a</p><script>if (a<b) alert('<p>x</p>')</script>b") == "a\n\nb"

    def test_spaces_of_the_source_are_not_paragraphs(self) -> None:
        assert to_text("<p>one\n   two</p>") == "one two"

    def test_comments_and_declarations_are_not_text(self) -> None:
        assert to_text("<!DOCTYPE html>a<!-- <p>x</p> -- > -->b<!-- never closed") == "ab"

    def test_a_mark_of_the_source_that_is_no_tag_stays(self) -> None:
        assert to_text("1 < 2 > 0, a<b and <3 &lt;p&gt;") == "1 < 2 > 0, a<b and <3 <p>"

    def test_an_attribute_may_hold_the_closing_mark(self) -> None:
        assert to_text("<a title=\"a > b\">one</a><img alt='x>y'>two") == "onetwo"

    @pytest.mark.parametrize(
        "hiding",
        [
            "<i hidden>{}</i>",
            "<i HIDDEN=''>{}</i>",
            '<span style="color: red; DISPLAY : none !important">{}</span>',
            "<span style='visibility:hidden'>{}</span>",
            "<span style=display:none>{}</span>",
            '<span style="display&colon;none">{}</span>',
            "<div hidden><div>{}</div>{}</div>",
            "<div hidden><p>{}<div>{}</div>{}</div>",
            "<i hidden>{}<br>{}</i>",
            "<del>{}</del>",
            "<s>{}<p>{}</p>{}</s>",
            "<b><p hidden>{}</b>{}</p>",
            "<template>{}</template><noscript>{}</noscript><svg/>",
        ],
    )
    def test_hidden_and_struck_text_is_left_out(self, hiding: str) -> None:
        hidden = hiding.replace("{}", "said Bo Lind")
        assert to_text(f"<p>“Yes,” said {hidden}Ada.</p>").replace("\n\n", " ") == "“Yes,” said Ada."

    @pytest.mark.parametrize("name", ["twitter-tweet", "card twitter-tweet", "bluesky-embed"])
    def test_an_embedded_post_is_a_quotation_with_its_signature(self, name: str) -> None:
        post = '<p lang="en">The bridge<br><br>is <a href="#">open</a>.</p>\n&mdash; Ada Byron (@ada) <a>May 4</a>'
        page = f'<p>She wrote:</p><blockquote class="{name}" data-x="1">{post}</blockquote><p>Bo Lind left.</p>'
        assert to_text(page) == "She wrote:\n\n“The bridge is open.” — Ada Byron (@ada) May 4\n\nBo Lind left."
        assert "Byron" not in to_text(page.replace("<blockquote", "<blockquote hidden"))

    def test_any_other_block_quote_stays_as_it_is(self) -> None:
        assert to_text("<blockquote><p>The bridge.</p>&mdash; Ada</blockquote>") == "The bridge.\n\n— Ada"
        assert to_text("<blockquote class='twitter-tweet'><p>The bridge.</p></blockquote>") == "The bridge."

    def test_a_hidden_block_does_not_divide_a_paragraph(self) -> None:
        assert to_text("<div>“Yes,” <div hidden><p>said Bo.</p></div>said Ada.</div>") == "“Yes,” said Ada."

    @pytest.mark.parametrize(
        "page",
        [
            "<p hidden>No.<p>Yes.",
            "<ul><li hidden>No.<ul><li>No.</ul><li>Yes.</ul>",
            "<table><tr><td hidden>No.<td>Yes.</table>",
            "<table><tr hidden><td>No.<tr><td>Yes.</table>",
            "<dl><dt hidden>No.<dd>Yes.</dl>",
            "<div><p hidden>No.</div>Yes.",
            "<img hidden>Yes.<input type='hidden'>",
            "<body style='visibility:hidden'>Yes.",
            '<p title="hidden" class="hidden" data-hidden style="display:block">Yes.',
            '<p style="display:none;display:block">Yes.',
            "</s></p>Yes.</del>",
        ],
    )
    def test_what_stands_beside_hidden_text_stays(self, page: str) -> None:
        assert to_text(page) == "Yes."

    @pytest.mark.parametrize(
        ("line_breaks", "text"),
        [
            ("“The dam<br>will hold,” said Ada.", "“The dam will hold,” said Ada."),
            ("“The<br/>dam<br>\nWill hold,” said Ada.", "“The dam Will hold,” said Ada."),
            ('"The dam<br>will hold," said Ada.', '"The dam will hold," said Ada.'),
            ("‘The dam<br>won’t hold,’ said Ada.", "‘The dam won’t hold,’ said Ada."),
            ("„Der Damm<br>hält“, sagte Ada.", "„Der Damm hält“, sagte Ada."),
            ("“The “old<br>dam” will hold,” said Ada.", "“The “old dam” will hold,” said Ada."),
            ("“Yes,” said Ada.<br>“No,” said Bo.", "“Yes,” said Ada.\n\n“No,” said Bo."),
            ("“It holds.<br>“For now,” said Ada.", "“It holds.\n\n“For now,” said Ada."),
            ("“It holds.<br><br>For now,” said Ada.", "“It holds.\n\nFor now,” said Ada."),
            ("“It holds.<br>Nobody left.", "“It holds.\n\nNobody left."),
            ("Ada: Yes.<br>Bo: No.", "Ada: Yes.\n\nBo: No."),
        ],
    )
    def test_a_line_break_ends_a_paragraph_unless_it_is_inside_a_quotation(self, line_breaks: str, text: str) -> None:
        assert to_text(f"<p>{line_breaks}</p>") == text

    @pytest.mark.parametrize(
        "piece",
        [
            "<b hidden>",
            "</b><div><b>",
            "“<br>",
            "<blockquote class=twitter-tweet><p>",
            "<a ",
            "<a b='",
            "<!--",
            "<script>",
            "<p",
            "<",
            "&",
            "<p>",
            "</p>",
            '<a b="c"',
        ],
    )
    @pytest.mark.parametrize("times", [30_000, pytest.param(100_000, marks=pytest.mark.prove)])
    def test_hostile_markup_is_read_in_one_pass(self, piece: str, times: int) -> None:
        """The standard library's parser takes minutes for some of these, and would hang this test."""
        to_text(piece * times)

    @sampled(100)
    @given(st.text() | st.text("<>!-/ap \"'"))
    def test_any_text_is_read(self, html: str) -> None:
        assert "\n\n\n" not in to_text(html)


class TestNames:
    """Field names are untrusted input, too."""

    @pytest.mark.parametrize("data", [b'{"%s": 1}' % (b"x" * 100_000), b'{"%s": 1, "%s": 2}' % ((b"y" * 100_000,) * 2)])
    def test_a_name_of_any_length_makes_a_short_message(self, data: bytes) -> None:
        assert len(str(refusal("a.json", data))) < 300

    def test_a_name_that_cannot_be_written_is_escaped(self) -> None:
        str(refusal("a.json", b'{"\\ud800": 1, "\\ud800": 2}')).encode()


class TestSidecars:
    def test_a_json_that_only_says_something_about_an_article_is_one(self) -> None:
        assert article_files.is_sidecar("a.json", b'{"publisher": "The Daily"}')
        assert not article_files.is_sidecar("a.json", b'{"publisher": "The Daily", "body": "x"}')
        assert not article_files.is_sidecar("a.json", b'{"uri": "urn:1", "bodies": []}')
        assert not article_files.is_sidecar("a.json", b"{")
        assert not article_files.is_sidecar("a.txt", b"{}")

    def test_a_body_in_a_sidecar_is_the_sidecars_fault(self) -> None:
        assert refusal("news/a.txt", b"Rain", b'{"body": "x"}').source == "news/a.json"

    def test_an_empty_text_is_the_texts_fault(self) -> None:
        assert refusal("news/a.txt", b" ", b'{"publisher": "x"}').source == "news/a.txt"


class TestReadyMadeQuotes:
    def test_blank_lines_are_skipped_and_counted(self) -> None:
        lines = [b"\n", b' {"text": "No.", "speaker": "Ada"}\n', b" \t\r\n", b"\n", b"no"]
        quote, error = quote_files.read_lines("q.jsonl", lines)
        assert quote == GivenQuote(text="No.", speaker="Ada")
        assert str(error) == "q.jsonl line 5: is not JSON: Expecting value at column 1"

    def test_text_and_speaker_are_enough(self) -> None:
        (quote,) = quote_files.read_lines("q.jsonl", [b'{"text": "No.", "speaker": "Ada"}'])
        assert quote == GivenQuote(text="No.", speaker="Ada")

    @pytest.mark.parametrize(
        ("line", "said"),
        [
            (b'{"speaker": "Ada"}', "q.jsonl line 1: text is missing"),
            (b'{"text": "No."}', "q.jsonl line 1: speaker is missing, and so is denied_speaker"),
            (b'{"text": "No.", "speaker": " "}', "q.jsonl line 1: speaker is missing"),
            (b'{"text": "No.", "denied_speaker": " "}', "q.jsonl line 1: speaker is missing"),
            (b'{"text": "No.", "denied_speaker": 1}', "q.jsonl line 1: denied_speaker must be a string"),
            (b'{"text": "No.", "denied_speaker": "?"}', "q.jsonl line 1: denied_speaker has no letter"),
            (
                b'{"text": "No.", "speaker": "Ada", "denied_speaker": "Bo"}',
                "q.jsonl line 1: denied_speaker must be left out of a quote with a speaker",
            ),
            (
                b'{"text": "No.", "speaker": "Ada", "status": "denied"}',
                "q.jsonl line 1: status must be given for a quote with speaker, not 'denied'",
            ),
            (
                b'{"text": "No.", "denied_speaker": "Ada", "status": "given"}',
                "q.jsonl line 1: status must be denied for a quote with denied_speaker, not 'given'",
            ),
            (b'{"text": "No.", "speaker": "Ada", "status": "attributed"}', "q.jsonl line 1: status must be given"),
            (b'{"text": "No.", "speaker": "Ada", "status": 1}', "q.jsonl line 1: status must be a string"),
            (b'{"text": "No.", "speaker": "???"}', "q.jsonl line 1: speaker has no letter"),
            (b'{"text": "No.", "speaker": "Ada", "page": 3}', "q.jsonl line 1: page is not a field"),
            (b'{"text": "No.", "speaker": "Ada", "url": "x"}', "q.jsonl line 1: url must begin with"),
            (b'"No."', "q.jsonl line 1: must be a JSON object, not a string"),
            (b"\xff", "q.jsonl line 1: is not UTF-8"),
        ],
    )
    def test_a_bad_line_is_refused_by_number(self, line: bytes, said: str) -> None:
        (error,) = quote_files.read_lines("q.jsonl", [line])
        assert isinstance(error, BadInput)
        assert str(error).startswith(said)

    @pytest.mark.parametrize(
        ("named", "status"), [("speaker", b"given"), ("denied_speaker", b"denied"), ("denied_speaker", b" ")]
    )
    def test_the_status_may_be_written_out(self, named: str, status: bytes) -> None:
        line = b'{"text": "No.", "%b": "Ada", "status": "%b"}' % (named.encode(), status)
        assert list(quote_files.read_lines("q.jsonl", [line])) == [GivenQuote(text="No.", **{named: "Ada"})]

    @pytest.mark.parametrize("named", ["speaker", "denied_speaker"])
    def test_a_written_quote_is_read_back(self, named: str) -> None:
        known = {"id": "7", "published": datetime(2025, 8, 11, tzinfo=UTC), "context": "x", named: "Ada"}
        quote = GivenQuote(text="No.", **known)
        assert quote_files.from_json(json.loads(quote_text(quote))) == quote


@sampled(100)
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode(errors="surrogatepass")))
def test_no_bytes_raise_anything_but_bad_input(data: bytes) -> None:
    for item in article_files.read_file("a.json", data):
        assert isinstance(item, Article | BadInput)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)


@sampled(100)
@given(st.dictionaries(st.sampled_from([*NINJS_2, *camel(NINJS_2), "body", "url", "published"]), json_values))
def test_no_json_raises_anything_but_bad_input(value: dict[str, Any]) -> None:
    for item in article_files.read_file("a.json", json.dumps(value).encode()):
        assert isinstance(item, Article | BadInput)


@sampled(100)
@given(json_values)
def test_accepted_json_can_be_written_as_utf8(value: Any) -> None:
    try:
        read = strict_json.loads(json.dumps(value).encode())
    except BadInput:
        return
    json.dumps(read, ensure_ascii=False, allow_nan=False).encode()


lines = st.one_of(
    st.dictionaries(st.text(max_size=3), st.none() | st.booleans() | st.integers() | st.text(max_size=5), max_size=4),
    json_values,
).flatmap(lambda value: st.sampled_from([json.dumps(value), json.dumps(value, ensure_ascii=False), str(value)]))


@sampled(100)
@given(lines.map(lambda line: line.encode(errors="surrogatepass")), st.data())
def test_the_usual_line_is_read_as_every_other(line: bytes, data: st.DataObject) -> None:
    """The full parser gives the same result as the fast path, even after some bytes are changed."""
    for _ in range(data.draw(st.integers(0, 3))):
        place = data.draw(st.integers(0, len(line)))
        piece = data.draw(
            st.sampled_from([b"", b'"', b"\\", b'\\"', b"\\u", b'"a":1,', b",", b"\n", b"\t", b"\0", b"1e5"])
        )
        line = line[:place] + piece + line[place + data.draw(st.integers(0, 2)) :]
    usual = strict_json._parse_simple(line)
    if usual is not None:
        with patch.object(strict_json, "_parse_simple", return_value=None):
            longer = strict_json.loads(line)
        assert list(usual.items()) == list(longer.items())
        assert list(map(type, usual.values())) == list(map(type, longer.values()))


def test_the_usual_line_takes_the_shorter_way() -> None:
    assert (
        strict_json._parse_simple('{"text": "“No,” she said: \\"no\\".", "version": 2, "url": null}'.encode())
        is not None
    )
    assert strict_json._parse_simple(b'{"url": "a", "url": "b"}') is None


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"published": "2025-08-11"},
        {"published": "2025-08-11T09:30:00+02:00", "publisher": "The Times", "version": 3},
        {"published": "2025-08-11T09:30:00Z", "precision": "month"},
        {"published": None, "url": None, "context": "He said “No.” twice."},
        {"published": "yesterday"},
        {"published": " "},
        {"headline": " ", "publisher": ""},
        {"version": "2"},
        {"version": None},
        {"version": True},
        {"version": 1.5},
        {"version": 0},
        {"headline": 5},
        {"status": "given"},
        {"text": None},
        {"text": " "},
        {"text": 7},
        {"speaker": None},
        {"denied_speaker": "Bo"},
        {"spoken": "x"},
    ],
    ids=repr,
)
def test_the_short_way_to_read_a_quote_reads_what_the_long_one_does(more: dict[str, object]) -> None:
    value = {"text": "No.", "speaker": "Ada Byron", **more}

    def read(parse: Callable[[object], GivenQuote]) -> object:
        try:
            return parse(value)
        except BadInput as error:
            return str(error)

    assert read(quote_files.from_json) == read(quote_files._strict)
