"""No text of an article leaves its field: an independent reader reads back every output format.

One field of a quote gets a hostile text, and each other field a harmless word. The output may differ from that of the
harmless quote only in the fields with the replaced word.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from html import unescape
from html.parser import HTMLParser
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import pytest
from msgspec.structs import replace

from functions.slack.cards.search import card
from quoth import citation
from quoth.answers import build
from quoth.answers.export import COLUMNS
from quoth.answers.rows import ROW_FORMATS, RowFormat
from quoth.article import check_url
from quoth.cli import render
from quoth.context import Context, Detail
from quoth.engine.page import Bucket, Coverage, Edition, Hit, Page, SpeakerCount, SpeakerList
from quoth.engine.query.filters import Correction
from quoth.engine.query.request import Request
from quoth.engine.searcher import VerifyResult
from quoth.engine.verify.comparison.differences import WordChange
from quoth.engine.verify.verify import CutSentence, OtherMatch, Piece, Verification, VerifyRequest
from quoth.errors import BadInput, BadQuery
from quoth.quote import Attribution, Origin, Quote, Selector, Speaker, Utterance
from tests.support import hostile
from tests.support.builders import day, denied
from tests.support.effort import some

WORDS = {
    "text": "Textword",
    "headline": "Headlineword",
    "publisher": "Publisherword",
    "speaker": "Speakerword",
    "context": "Contextword",
    "evidence": "Evidenceword",
    "article": "Idword",
    "url": "Urlword",
}


EDITION = Edition(1, "nonce", 1)


def a_quote_of(**filled: str) -> Quote:
    """A quote whose texts are single words, except the given ones; its attribution is uncertain enough for a mark."""
    said = WORDS | filled
    return Quote(
        id="q_1",
        text=said["text"],
        type="direct",
        selector=Selector(said["text"], said["context"][-32:], said["context"][:32], 10, 18),
        utterance=Utterance("u_1", 2, 3),
        speaker=Speaker("ada", said["speaker"], as_written=said["evidence"], type="person"),
        attribution=Attribution("attributed", "name", f"because {said['evidence']}", 0.63, cue=said["evidence"]),
        article=Origin(
            id=said["article"],
            headline=said["headline"],
            url=f"https://example.org/{said['url']}",
            publisher=said["publisher"],
            published=day(2025, 8, 15),
            language="en",
            sha256="0" * 64,
        ),
    )


def a_page(quote: Quote) -> Page:
    return Page(Request(q="dam"), (Hit(quote, 1.0),), 1, EDITION, 1)


# ------------------------------------------------------------------------------------------------------ readers

Fields = dict[str, Any]

BIDI = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def is_clean(text: str) -> bool:
    """Whether a text is one line by any rules and has no terminal controls."""
    return len(text.splitlines()) <= 1 and not any(unicodedata.category(c) == "Cc" or c in BIDI for c in text)


def cleaned(fields: Fields) -> Fields:
    assert all(is_clean(str(value)) for value in fields.values()), fields
    return fields


def flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every leaf of a JSON value with its path."""
    if isinstance(value, dict):
        for name in value:
            yield from flat(value[name], f"{path}.{name}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from flat(item, f"{path}.{number}")
    else:
        yield path, value


def read_json(text: str) -> Fields:
    return dict(flat(json.loads(text)))


def read_terminal(text: str) -> Fields:
    return cleaned({str(number): line for number, line in enumerate(text.split("\n"))})


def read_slack(text: str) -> Fields:
    """Read a card section by section: Slack parses the message text and mrkdwn, but shows rich text unparsed."""
    message = json.loads(text)
    assert not any(word in message["text"] for word in WORDS.values())
    blocks = message.pop("blocks")
    sections = [section for block in blocks if block["type"] == "rich_text" for section in block["elements"]]
    rows = [block for block in blocks if block["type"] == "actions"]
    assert not any(word in json.dumps(rows) for word in WORDS.values() if word != WORDS["speaker"])
    elements = [element for section in sections for element in section["elements"]]
    assert {section["type"] for section in sections} <= {"rich_text_section", "rich_text_quote"}
    assert {element["type"] for element in elements} <= {"text", "link"}
    assert {urlsplit(element["url"]).netloc for element in elements if "url" in element} == {"example.org"}
    shown = ["".join(element["text"] for element in section["elements"]) for section in sections]
    return cleaned(message | {str(number): section for number, section in enumerate(shown)})


def read_jsonl(text: str) -> Fields:
    assert text.endswith("\n")
    assert len(text.splitlines()) == 1
    assert is_clean(text[:-1])
    return read_json(text)


def read_csv(text: str) -> Fields:
    header, row = csv.reader(io.StringIO(text, newline=""), strict=True)
    assert len(text.splitlines()) == 2
    assert text.endswith("\r\n")
    assert len(header) == len(row) == len(COLUMNS)
    assert not any(map(is_formula, row)), row
    assert not any(map(is_formula, next(csv.reader([text.splitlines()[1]], delimiter=";")))), row
    return cleaned(dict(zip(header, row, strict=True)))


def is_formula(cell: str) -> bool:
    """Whether some spreadsheet may run a cell, even with invisible characters before the formula."""
    seen = cell.lstrip("".join(c for c in cell if unicodedata.category(c)[0] in "CZ" or c in "\u3164\uffa0\u115f"))
    return cell[:1] in ("\t", "\r", "\n") or unicodedata.normalize("NFKC", seen[:1])[:1] in tuple("=+-@\u2212")


def read_csl(text: str) -> Fields:
    fields = cleaned(read_json(text))
    assert fields[".0.type"] == "article-newspaper"
    assert "{:" not in fields[".0.note"]  # where citeproc would parse a field
    return fields


def read_ris(text: str) -> Fields:
    lines = text.split("\r\n")
    assert lines.pop() == ""
    assert text.splitlines() == lines
    read = [re.fullmatch(r"([A-Z][A-Z0-9])  - (.*)", line) for line in lines]
    fields = {line[1]: line[2] for line in read if line}
    assert len(fields) == len(lines)
    assert (lines[0], lines[-1]) == ("TY  - NEWS", "ER  - ")
    return cleaned(fields)


def read_bibtex(text: str) -> Fields:
    """Read an entry as BibTeX does: a brace counts even after a backslash."""
    head = re.match(r"@misc\{([A-Za-z0-9_-]+),", text)
    assert head is not None
    fields, at = {"key": head[1]}, head.end()
    while text[at:].strip() != "}":
        name = re.compile(r"\s*([a-z]+) = ").match(text, at)
        assert name is not None, text[at:]
        end = end_of_value(text, name.end())
        fields[name[1]] = text[name.end() : end]
        assert text[end] in ",\n"
        at = end + (text[end] == ",")
    assert all(prints_as_it_is(fields[name]) for name in fields.keys() - {"key", "url"}), fields
    return cleaned(fields)


def end_of_value(text: str, start: int) -> int:
    if text[start] != "{":
        bare = re.compile(r"[a-z]+").match(text, start)
        assert bare is not None
        return bare.end()
    depth = 0
    for at in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if depth == 0:
            return at + 1
    raise AssertionError(f"never closed: {text[start:]}")


def prints_as_it_is(value: str) -> bool:
    """Whether LaTeX prints a value unchanged: it has no commands except those that print a character."""
    printing = r"\\text(backslash|brace(left|right)|ascii(tilde|circum)|less|greater|bar)\{\}|\\[%#&_$]"
    inner = value[1:-1] if value.startswith("{{") else value
    return not set(re.sub(printing, "", inner[1:-1] if inner.startswith("{") else inner)) & set("\\{}%#&_$~^<>|")


def read_plain(text: str) -> Fields:
    read = re.fullmatch(
        r"“(?P<words>[^“”]*)” (?P<who>.* said|.*) (?P<mark>\[attribution unverified(?:, 0.63)?\]|"
        r"\[denied by the article\]) \((?P<source>[^()]*)\)\. (?P<url>\S+)\n",
        text,
    )
    assert read is not None, text
    return cleaned(read.groupdict())


class Elements(HTMLParser):
    """A page as a browser parses it: its elements, and the content of the script."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.script = ""

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.script += data if self.tags[-1:] == ["script"] else ""


def read_json_ld(text: str) -> Fields:
    page = Elements()
    page.feed(f'<script type="application/ld+json">{text}</script><p id="behind"></p>')
    page.close()
    assert page.tags == ["script", "p"]
    assert page.script == text
    return cleaned(read_json(text))


def read_link(text: str) -> Fields:
    """Read a link by the specification of text directives."""
    assert urlsplit(text)[:2] == ("https", "example.org")
    assert not re.search(r'[\x00-\x20"<>\\^`{|}\x7f]', text)
    page, _, directive = text.partition(":~:")
    assert not page.endswith(":~:")
    return cleaned({"page": page.removesuffix("#"), "directive": str(read_directive(directive))})


def read_directive(directive: str) -> dict[str, str]:
    """The percent-decoded terms of a text directive."""
    if not directive:
        return {}
    assert re.fullmatch(r"text=[A-Za-z0-9!$'()*+./:;=?@_~,%-]+", directive), directive  # one directive: no `&`
    terms = directive.removeprefix("text=").split(",")
    read = {"prefix": terms.pop(0)[:-1]} if terms[0].endswith("-") else {}
    read |= {"suffix": terms.pop()[1:]} if terms[-1].startswith("-") else {}
    assert len(terms) in (1, 2)
    read |= dict(zip(("start", "end"), terms, strict=False))
    assert all(value and not re.search(r"[,&-]", value) for value in read.values())
    return {name: unquote(value, errors="strict") for name, value in read.items()}


# ------------------------------------------------------------------------------------------------------ formats


class OutputFormat(NamedTuple):
    """An output format, and a reader that shares no code with the writer."""

    write: Callable[[Quote], str]
    read: Callable[[str], Fields]


def cited(style: citation.Format) -> Callable[[Quote], str]:
    def write(quote: Quote) -> str:
        try:
            return style.cite(quote, 1)
        except BadQuery:  # JSON-LD of a quote without a speaker
            return "{}"

    return write


def in_rows(rows: RowFormat) -> Callable[[Quote], str]:
    return lambda quote: "".join(rows.quotes([quote], ""))


# The readers of the formats in the tables. A format without a reader here is read line by line. A reader must accept
# that a field is missing: some texts are blank once they are sanitized.
READERS: Mapping[str, Callable[[str], Fields]] = {
    "jsonl": read_jsonl,
    "csv": read_csv,
    "csl": read_csl,
    "ris": read_ris,
    "bibtex": read_bibtex,
    "text": read_plain,
    "jsonld": read_json_ld,
}
# Formats in a table are found there; each other output, for example a web page, needs an entry here.
FORMATS = {
    "terminal": OutputFormat(lambda quote: render.page(a_page(quote), 1, colour=False), read_terminal),
    "slack": OutputFormat(lambda quote: json.dumps(card(a_page(quote))), read_slack),
    "api": OutputFormat(lambda quote: build.to_bytes(build.quote(quote)).decode(), read_json),
    "link": OutputFormat(lambda quote: citation.source_link(quote) or "", read_link),
    **{name: OutputFormat(in_rows(rows), READERS.get(name, read_terminal)) for name, rows in ROW_FORMATS.items()},
    **{name: OutputFormat(cited(style), READERS.get(name, read_terminal)) for name, style in citation.FORMATS.items()},
}


def is_taken_in(text: str, place: str) -> bool:
    """Whether a text is valid in a field."""
    if place != "url":
        return True
    try:
        check_url(f"https://example.org/{text}")
    except BadInput:
        return False
    return len(text) < 400  # a card omits longer links


def is_seen(text: str) -> bool:
    """Whether a sanitized text is not empty; without a name, a quote has no speaker."""
    return any(not c.isspace() and unicodedata.category(c) != "Cc" and c not in BIDI for c in text)


@pytest.mark.sampled
@pytest.mark.parametrize("place", WORDS)
@pytest.mark.parametrize("name", FORMATS)
def test_a_hostile_text_changes_no_field_but_its_own(name: str, place: str) -> None:
    write, read = FORMATS[name]
    harmless = read(write(a_quote_of()))
    others = {field: value for field, value in harmless.items() if WORDS[place] not in str(value)}
    if place == "article":  # its key is a hash of its id
        others = {field: value for field, value in others.items() if field not in (".article.key", "article_key")}
    for text in some(hostile.TEXTS):
        if is_taken_in(text, place):
            fields = read(write(a_quote_of(**{place: text})))
            if is_seen(text):
                assert {field: fields.get(field) for field in others} == others, repr(text)
                assert fields.keys() <= harmless.keys(), repr(text)


@pytest.mark.prove
@pytest.mark.parametrize("name", FORMATS)
def test_hostile_texts_everywhere_at_once_are_still_read(name: str) -> None:
    write, read = FORMATS[name]
    for text in hostile.TEXTS:
        quote = a_quote_of(**{place: text for place in WORDS if is_taken_in(text, place)})
        read(write(quote))
        if name != "jsonld":  # there is none for a denial
            read(write(denied(quote)))


@pytest.mark.parametrize("name", ["api", "jsonl"])
def test_json_gives_every_text_back_unchanged(name: str) -> None:
    write, read = FORMATS[name]
    for text in hostile.TEXTS:
        assert read(write(a_quote_of(text=text)))[".text"] == text


def in_detail(quote: Quote) -> str:
    context = Context(quote.selector.prefix, quote.selector.suffix)
    return render.detail(Detail(quote, (quote, quote), context, EDITION), colour=False)


def in_verification(quote: Quote) -> str:
    change = WordChange("word", quote.selector.prefix, quote.text, True)
    found = Verification(
        VerifyRequest("dam"),
        "altered",
        "altered",
        None,
        0.5,
        f"because {quote.attribution.cue}",
        quote,
        (quote, quote),
        comparison=(change, WordChange(None, quote.text, quote.text, False)),
        window=(0, 1),
        cut_from=CutSentence("negation", quote.text),
        also_denied=(quote,),
        others=(OtherMatch(quote, "near", None, 0.4),),
        nearest=quote,
    )
    held = Coverage(EDITION, 1, 1, 1, 1, 0, None, None, (), ())
    spliced = dataclasses.replace(found, pieces=(Piece(quote.text, quote, (0, 1), "exact"),))
    return "\n".join(render.verification(VerifyResult(one, held), colour=False) for one in (found, spliced))


def in_speakers(quote: Quote) -> str:
    assert quote.speaker is not None
    said = quote.speaker.name
    return render.speakers(SpeakerList(said, (SpeakerCount(quote.speaker, 1),), 1, EDITION, (said,)))


def in_corrections(quote: Quote) -> str:
    said = quote.text
    page = replace(a_page(quote), corrections=(Correction("q", said, (said,)),), did_you_mean=said)
    return render.page(
        replace(page, facets={"publisher": (Bucket(quote.article.publisher or "", 1),)}), 1, colour=False
    )


@pytest.mark.parametrize("write", [in_detail, in_verification, in_speakers, in_corrections])
def test_a_hostile_text_adds_no_line_to_readable_output(write: Callable[[Quote], str]) -> None:
    lines = len(write(a_quote_of()).split("\n"))
    for text in hostile.TEXTS:
        shown = write(a_quote_of(**{place: text for place in WORDS if is_taken_in(text, place)})).split("\n")
        assert len(shown) == lines, repr(text)
        assert all(is_clean(line) for line in shown), repr(text)


def test_a_note_names_the_quote_despite_a_hostile_speaker() -> None:
    for text in hostile.TEXTS:
        note = citation.csl(a_quote_of(speaker=text, article=text), generation=7)["note"]
        parts = note.split("; ")[1:6]
        assert parts[:3] == ["quote q_1", "part 2 of 3 of an utterance", "index generation 7"]
        assert parts[3:] == [f"article sha256 {'0' * 64}", "article version 1"]


def test_a_link_contains_only_words_of_the_source() -> None:
    for text in hostile.TEXTS:
        link = citation.source_link(a_quote_of(text=text)) or ""
        terms = read_directive(link.partition(":~:")[2])
        lines = [letters(unescape(line)) for line in text.splitlines()]
        for term in {"start", "end"} & terms.keys():
            assert any(letters(terms[term]) in line for line in lines) or "&#" in text, repr(text)


def letters(text: str) -> str:
    return "".join(c for c in text if c.isalnum())


def test_there_are_two_hundred_valid_hostile_texts() -> None:
    assert len(set(hostile.TEXTS)) == hostile.COUNT
    assert all(text.encode() for text in hostile.TEXTS)
