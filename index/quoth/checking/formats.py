"""The formats of a draft. The name, the media type or the first characters of a draft give its format."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Literal, get_args

from quoth.errors import BadInput

DraftFormat = Literal["text", "markdown", "html", "ninjs"]
FORMATS: tuple[DraftFormat, ...] = get_args(DraftFormat)

_BY_ENDING: dict[str, DraftFormat] = {
    **dict.fromkeys((".txt", ".text"), "text"),
    **dict.fromkeys((".md", ".markdown", ".mdown"), "markdown"),
    **dict.fromkeys((".html", ".htm", ".xhtml"), "html"),
    ".json": "ninjs",
}
_BY_MEDIA_TYPE: dict[str, DraftFormat] = {
    "text/plain": "text",
    "text/markdown": "markdown",
    "text/html": "html",
}
MEDIA_TYPES = tuple(_BY_MEDIA_TYPE)
# The beginning of a page, or of a part of one. Prose does not begin with the tag of a block.
_PAGE = re.compile(
    r"\s*<(?:!doctype\b|!--|(?:html|head|body|main|article|section|div|p|h[1-6]|blockquote|ul|ol)\b)", re.IGNORECASE
)


def guess(text: str, name: str = "") -> DraftFormat:
    """Return the format of a draft by the extension of its name, or without one by its first characters.

    Raises `BadInput` for an extension that is of no format.

    >>> guess("", "a.MD"), guess("<p>No.</p>"), guess('{"uri": "urn:1"}'), guess("“No,” said Ada.")
    ('markdown', 'html', 'ninjs', 'text')
    """
    ending = PurePath(name).suffix.lower()
    if ending in _BY_ENDING:
        return _BY_ENDING[ending]
    if ending:
        raise BadInput(f"has an extension that is of no format; say whether it is {', '.join(FORMATS)}")
    if _PAGE.match(text):
        return "html"
    return "ninjs" if text.lstrip().startswith("{") else "text"


def of_media_type(media_type: str) -> DraftFormat | None:
    """Return the format of a media type without parameters, `None` for any other.

    >>> of_media_type("text/html"), of_media_type("image/png")
    ('html', None)
    """
    return _BY_MEDIA_TYPE.get(media_type)
