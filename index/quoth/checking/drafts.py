"""The draft: a text that is not published yet, in one of four formats, and the lines of its file."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from quoth.article import Article, encoded
from quoth.checking import markdown, page_lines, page_quotes
from quoth.checking.formats import DraftFormat, guess
from quoth.checking.page_lines import line_at
from quoth.hashes import sha256
from quoth.ingest.formats import articles, html, strict_json

_PAGES = ("text/html", "application/xhtml")
# The lines that an editor counts. U+2028 and U+0085 end a line for Unicode, and for hardly an editor.
_NEWLINE = re.compile(r"\r\n|[\n\r]")


@dataclass(frozen=True, slots=True)
class ArticleDraft:
    """A draft: the article that it would be, `None` if it has no word.

    `sha256s` are the hashes of its text and of its file, by which the archive may know it. `line` returns the line of
    the file, from 1, on which an offset of the article's body stands; in ninjs that is a line of the body.
    """

    format: DraftFormat
    article: Article | None
    sha256s: frozenset[str]
    line: Callable[[int], int]


def read(data: bytes, format: DraftFormat | None = None, name: str = "") -> ArticleDraft:
    r"""Return the draft in a file; raises `BadInput`. The format is guessed from the name, or from the text.

    >>> draft = read(b"# The dam\n\n\"It *will* hold,\" said Ada.", name="a.md")
    >>> draft.format, draft.article.body, draft.line(12)
    ('markdown', 'The dam\n\n"It will hold," said Ada.', 3)
    """
    text = strict_json.decode(data).removeprefix("\ufeff")
    return of_text(text, format or guess(text, name))


def of_text(text: str, format: DraftFormat = "text") -> ArticleDraft:
    """Return the draft in a text; raises `BadInput`."""
    encoded(text, "the draft")
    match format:
        case "ninjs":
            return _of_item(strict_json.loads(text.encode()))
        case "html":
            body, places = page_lines.to_text(page_quotes.set_off(text))
        case "markdown":
            body, places = markdown.to_text(text)
        case _:
            body, places = text, _counted(text)
    if not body.strip():
        return ArticleDraft(format, None, frozenset(), _line(places))
    article = articles.from_text(body)
    known = {article.sha256, sha256(text.encode())}
    if format == "html":
        known.add(sha256(html.to_text(text).encode()))  # of the page as an article of the archive
    return ArticleDraft(format, article, frozenset(known), _line(places))


def of_article(article: Article) -> ArticleDraft:
    """Return the draft of an article."""
    return ArticleDraft("ninjs", article, frozenset([article.sha256]), _line(_counted(article.body)))


def _of_item(value: Any) -> ArticleDraft:
    """Return the draft of a JSON value, with the marks of its page if it has one."""
    known = articles.from_json(value).sha256
    bodies = value.get("bodies")
    if isinstance(bodies, list):
        value = {**value, "bodies": [_set_off(body) for body in bodies]}
    draft = of_article(articles.from_json(value))
    return replace(draft, sha256s=draft.sha256s | {known})


def _set_off(body: dict[str, Any]) -> dict[str, Any]:
    """Return a body of ninjs with the marks of its page; plain text stays as it is."""
    value = body.get("value")
    is_page = any(isinstance(member, str) and member.startswith(_PAGES) for member in body.values())
    return {**body, "value": page_quotes.set_off(value)} if is_page and isinstance(value, str) else body


def _line(places: tuple[tuple[int, int], ...]) -> Callable[[int], int]:
    return lambda offset: line_at(places, offset)


def _counted(body: str) -> tuple[tuple[int, int], ...]:
    """Return the offsets at which the lines of a text begin, each with its number."""
    return ((0, 1), *((end.end(), number) for number, end in enumerate(_NEWLINE.finditer(body), start=2)))
