"""The article of a saved web page: its main text, and its metadata as the page states them.

The extra `quoth[html]` brings the extractor of the main text and the parser; this module is for a laptop, and no
function in Lambda loads it.
"""

from __future__ import annotations

import codecs
import itertools
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from quoth.article import Article
from quoth.errors import BadInput
from quoth.ingest.formats import html, page_metadata

if TYPE_CHECKING:
    from lxml.html import HtmlElement

MAX_PAGE = 10 << 20  # bytes: a page carries its scripts and pictures

_START = re.compile(rb"\s*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_CHARSET = re.compile(
    rb"""
      <meta\s [^>]{0,200}? charset \s*=\s* ["']? \s* ([\w.:-]{1,40})
    | <\?xml\s [^>]{0,80}? encoding="([\w.:-]{1,40})"
    """,
    re.IGNORECASE | re.VERBOSE,
)
_DECLARED_IN = 4096  # bytes; browsers look at a quarter of them
# What browsers understand by these names (the WHATWG's Encoding Standard).
_MEANT = {"iso8859-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254", "gb2312": "gb18030", "gbk": "gb18030"}
_DEEPEST = 200  # open elements; more are no article
MOST_ELEMENTS = 25_000  # the longest articles have half; the extractor takes up to a millisecond for each
# The parser compares each attribute of an element with all others: a page of one such element would take an hour.
_MANY_ATTRIBUTES = re.compile(rb"<[a-z](?:[^<>\s]*+\s++){5000}", re.IGNORECASE)


def looks_like(head: bytes) -> bool:
    """Whether the first bytes of a file are those of a web page.

    >>> looks_like(b"<!DOCTYPE html><html>"), looks_like(b"<rss>")
    (True, False)
    """
    return _START.match(head.removeprefix(codecs.BOM_UTF8)) is not None


def read(data: bytes, given: Mapping[str, Any] | None = None) -> Article:
    """Return the article of a page; raises `BadInput` if it has no text, or if the extra is not installed.

    The body is the extracted text, with an empty line between paragraphs. What the page does not state is `None`.
    `given` is the metadata of a sidecar, which goes before that of the page.
    """
    root = _parsed(decode(data))
    known = page_metadata.read(root)
    body = _body(root)
    if body is None:
        raise BadInput("has no text of an article")
    stated = {name: value for name, value in (given or {}).items() if value}
    if "published" in stated:
        known["precision"] = None  # that of the other date
    return Article(body=body, **{**known, **stated})


def decode(data: bytes) -> str:
    r"""Return the text of a page: UTF-8, else in the encoding that it declares; raises `BadInput`.

    >>> decode(b'<meta charset="iso-8859-1"><p>\x93No,\x94 said Ren\xe9.')[30:]
    '“No,” said René.'
    """
    if len(data) > MAX_PAGE:
        raise BadInput(f"is too long; the limit of a page is {MAX_PAGE:,} bytes")
    for mark, name in ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if data.startswith(mark):
            return _decoded(data, name)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        declared = _CHARSET.search(data[:_DECLARED_IN])
        name = (declared[1] or declared[2]).decode() if declared else "utf-8"
        if name.lower() in ("utf-8", "utf8"):
            raise BadInput(f"is not UTF-8: byte {error.start} is 0x{data[error.start]:02x}") from None
        text = _decoded(data, name)
    if declared and declared[0].decode(errors="replace") not in text:  # EBCDIC, or UTF-16 without its mark
        raise _another(name)
    return text


def _decoded(data: bytes, name: str) -> str:
    try:
        known = codecs.lookup(name).name
        return data.decode(_MEANT.get(known, known))
    except (LookupError, UnicodeError):
        raise _another(name) from None


def _another(name: str) -> BadInput:
    return BadInput(f"is not {name}, the encoding that it declares")


def _parsed(text: str) -> HtmlElement:
    try:
        from lxml import etree
        from lxml import html as parser
    except ModuleNotFoundError:
        raise not_installed() from None
    # Bytes, since lxml refuses a text that declares an encoding; a NUL would end the page.
    data = text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace")
    if _MANY_ATTRIBUTES.search(data):
        raise BadInput("has an element with more attributes than a page needs")
    try:
        root = parser.document_fromstring(data, parser=parser.HTMLParser(encoding="utf-8", huge_tree=False))
    except (etree.LxmlError, ValueError):  # a page without one element
        raise BadInput("has no text of an article") from None
    if _depth(root) > _DEEPEST:
        raise BadInput(f"has more than {_DEEPEST} elements inside one another")
    if sum(1 for _ in itertools.islice(root.iter(), MOST_ELEMENTS + 1)) > MOST_ELEMENTS:
        raise BadInput(f"has more than {MOST_ELEMENTS:,} elements")
    return root


def _depth(root: HtmlElement) -> int:
    """Return the depth of a tree; the extractor calls itself for each level."""
    depth, level = 0, [root]
    while level and depth <= _DEEPEST:
        level = [child for element in level for child in element]
        depth += 1
    return depth


def _body(root: HtmlElement) -> str | None:
    """Return the main text of a page, without navigation, comments and advertising; `None` if there is none."""
    try:
        from trafilatura import extract
    except ModuleNotFoundError:
        raise not_installed() from None
    found = extract(root, output_format="html", include_comments=False, include_formatting=True)
    return (html.to_text(found) or None) if found else None


def not_installed() -> BadInput:
    """Return the error for a page that cannot be read without the extra."""
    return BadInput('is HTML, which an extra reads: pip install "quoth[html]"')
