"""The text of an HTML body: what a reader sees, one paragraph a block.

The standard library's parser looks at the rest of the text again for every tag that does not close: 60 KB of `<a ` take
it more than a minute. Here each character is looked at once: a tag is what stands between `<` and the next `>`, and no
`<` is part of one.
"""

from __future__ import annotations

import re
from html import unescape

_BLOCKS = frozenset(
    "address article aside blockquote br dd div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6 header hr li main"
    " nav ol p pre section table td th tr ul".split()
)
_UNREAD = frozenset("script style template noscript iframe svg head".split())
_TOKEN = re.compile(
    r"""
      (?P<opens><!--) | (?P<closes>-->)
    | < (?P<end>/?) (?P<name>[a-zA-Z][a-zA-Z0-9]*) (?: [^<>"'] | "[^"<]*" | '[^'<]*' )*+ >
    | < [!?] [^<>]* >
    """,
    re.VERBOSE,
)
_SPACES = re.compile(r"[ \t\r\n\f]+")
_COMMENT = "--"


def to_text(html: str) -> str:
    r"""Return the readable text of an HTML fragment, blocks parted by an empty line.

    >>> to_text("<p>&ldquo;No,&rdquo; she <b>said</b>.</p><script>x()</script><p>He left.</p>").split("\n\n")
    ['“No,” she said.', 'He left.']
    """
    blocks: list[list[str]] = [[]]
    unread: str | None = None  # the element, or the comment, whose content is not text, while inside it
    at = 0
    for token in _TOKEN.finditer(html):
        if unread is None:
            blocks[-1].append(html[at : token.start()])
        at = token.end()
        name = (token["name"] or "").lower()
        if unread is not None:
            is_over = token["closes"] if unread == _COMMENT else token["end"] and name == unread
            unread = None if is_over else unread
        elif token["opens"]:
            unread = _COMMENT
        elif name in _UNREAD and not token["end"]:
            unread = name
        elif name in _BLOCKS:
            blocks.append([])
    if unread is None:
        blocks[-1].append(html[at:])
    texts = (_SPACES.sub(" ", unescape("".join(pieces))).strip() for pieces in blocks)
    return "\n\n".join(text for text in texts if text)
