"""The text of an HTML body: what a reader sees, one paragraph a block."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_BLOCKS = frozenset(
    "address article aside blockquote br dd div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6 header hr li main"
    " nav ol p pre section table td th tr ul".split()
)
_UNREAD = frozenset("script style template noscript iframe svg head".split())
_SPACES = re.compile(r"[ \t\r\n]+")


def to_text(html: str) -> str:
    r"""Return the readable text of an HTML fragment, blocks parted by an empty line.

    >>> to_text("<p>&ldquo;No,&rdquo; she <b>said</b>.</p><script>x()</script><p>He left.</p>")
    '“No,” she said.\n\nHe left.'
    """
    reader = _Reader()
    reader.feed(html)
    reader.close()
    blocks = (_SPACES.sub(" ", block).strip() for block in "".join(reader.pieces).split(_BREAK))
    return "\n\n".join(block for block in blocks if block)


_BREAK = "\x1e"  # the record separator: the reader below lets none through from the text itself


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.unread: str | None = None  # the element whose content is not text, while inside it

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - the base class's
        if self.unread is None and tag in _UNREAD:
            self.unread = tag
        if tag in _BLOCKS:
            self.pieces.append(_BREAK)

    def handle_endtag(self, tag: str) -> None:
        if tag == self.unread:
            self.unread = None
        if tag in _BLOCKS:
            self.pieces.append(_BREAK)

    def handle_data(self, data: str) -> None:
        if self.unread is None:
            self.pieces.append(data.replace(_BREAK, " "))
