"""Sanitizing article text for output: a terminal, a log, a chat, a citation. Stored text stays unchanged."""

from __future__ import annotations

import re

_NEWLINES = re.compile(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
_SPACES = re.compile(r"[ \t]{2,}|\t")
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")
# Bidirectional control characters reorder the text after them, so a terminal or a chat could show a different text.
_BIDI = re.compile(r"[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")


def one_line(text: str, limit: int | None = None) -> str:
    r"""Return a text as one line for a terminal, a log or a chat: no control and no bidirectional characters.

    >>> one_line("a\x1b[31m \n\n b\tc\u202e"), one_line("land swapping", limit=6)
    ('a[31m b c', 'land …')
    """
    # Nearly every text is printable, as Python defines it: without controls, reordering marks, tabs and line breaks.
    is_clean = text.isprintable() and "  " not in text
    shown = text if is_clean else _SPACES.sub(" ", _BIDI.sub("", _CONTROLS.sub("", _NEWLINES.sub(" ", text))))
    if limit is not None and len(shown) > limit:
        return shown[: limit - 1] + "…"
    return shown


def without_controls(text: str) -> str:
    r"""Return a text with its line breaks, and without control and bidirectional characters.

    >>> without_controls("a\x00\n\u202eb")
    'a\nb'
    """
    return text if text.isprintable() else _BIDI.sub("", _CONTROLS.sub("", text))
