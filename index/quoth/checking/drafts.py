"""The draft: a text that is not published yet, in one of four formats, and the lines of its file."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from quoth.article import Article, encoded
from quoth.checking import markdown, page_lines
from quoth.checking.formats import DraftFormat, guess
from quoth.checking.page_lines import line_at
from quoth.hashes import sha256
from quoth.ingest.formats import articles, strict_json

_NEWLINE = re.compile(r"\r\n|[\n\r\x85\u2028\u2029]")


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
            return of_article(articles.from_json(strict_json.loads(text.encode())))
        case "html":
            body, places = page_lines.to_text(text)
            return _draft(format, text, body, lambda offset: line_at(places, offset))
        case "markdown":
            body = markdown.to_text(text)
        case _:
            body = text
    return _draft(format, text, body, _counted(body))


def of_article(article: Article) -> ArticleDraft:
    """Return the draft of an article."""
    return ArticleDraft("ninjs", article, frozenset([article.sha256]), _counted(article.body))


def _draft(format: DraftFormat, text: str, body: str, line: Callable[[int], int]) -> ArticleDraft:
    if not body.strip():
        return ArticleDraft(format, None, frozenset(), line)
    article = articles.from_text(body)
    return ArticleDraft(format, article, frozenset([article.sha256, sha256(text.encode())]), line)


def _counted(body: str) -> Callable[[int], int]:
    """Return the function that counts the lines before an offset."""
    places = ((0, 1), *((end.end(), number) for number, end in enumerate(_NEWLINE.finditer(body), start=2)))
    return lambda offset: line_at(places, offset)
