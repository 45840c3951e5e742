"""The text of an HTML body: its visible text, one paragraph per block.

The standard library's parser rescans the rest of the text for every unclosed tag: 60 KB of `<a ` take it more than a
minute. Here each character is scanned once: a tag reaches from `<` to the next `>` and contains no `<`.
"""

from __future__ import annotations

import re
from html import unescape

_BLOCKS = frozenset(
    "address article aside blockquote br dd div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6 header hr li main"
    " nav ol p pre section table td th tr ul".split()
)
_INVISIBLE = frozenset("script style template noscript iframe svg head".split())
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
    r"""Return the visible text of an HTML fragment, with an empty line between blocks.

    >>> to_text("<p>&ldquo;No,&rdquo; she <b>said</b>.</p><script>x()</script><p>He left.</p>").split("\n\n")
    ['“No,” she said.', 'He left.']
    """
    blocks: list[list[str]] = [[]]
    invisible: str | None = None  # the enclosing element (or comment) whose content is not text
    position = 0
    for token in _TOKEN.finditer(html):
        if invisible is None:
            blocks[-1].append(html[position : token.start()])
        position = token.end()
        name = (token["name"] or "").lower()
        if invisible is not None:
            is_over = token["closes"] if invisible == _COMMENT else token["end"] and name == invisible
            invisible = None if is_over else invisible
        elif token["opens"]:
            invisible = _COMMENT
        elif name in _INVISIBLE and not token["end"]:
            invisible = name
        elif name in _BLOCKS:
            blocks.append([])
    if invisible is None:
        blocks[-1].append(html[position:])
    texts = (_SPACES.sub(" ", unescape("".join(pieces))).strip() for pieces in blocks)
    return "\n\n".join(text for text in texts if text)
