"""Texts that a spreadsheet would run, and the apostrophe that keeps it from doing so (OWASP: "CSV Injection")."""

from __future__ import annotations

import re

_INVISIBLE = (
    r"[\s\x00-\x20\x7f-\xa0\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202f"
    r"\u205f-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]*"
)
_SIGN = r"[=+\-@\u2212\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b]"  # also the full-width, small and minus forms
# A text that begins with apostrophes before any of these gets one more, so that `bare` knows which is ours.
_FORMULA = re.compile(rf"'*(?:{_INVISIBLE}{_SIGN}|[\t\r\n])|'+\s")
_INNER_FORMULA = re.compile(rf"(;{_INVISIBLE[:-2]}\"]*)(?='*{_SIGN})")
_MARKED = re.compile(rf"'(?='*(?:{_INVISIBLE}{_SIGN}|\s))")
_INNER_MARKED = re.compile(rf"(;{_INVISIBLE[:-2]}\"]*)'(?='*{_SIGN})")


def harmless(text: str, shown: str) -> str:
    r"""Return a text as it is shown, with an apostrophe wherever a spreadsheet would begin to run it.

    That is before a text that begins with `=`, `+`, `-`, `@`, a tab or a line break, also in full width and after
    invisible characters; and before such a sign after a semicolon, since half of Europe's spreadsheets begin a new cell
    there. `text` is what is shown before it was cleaned.

    >>> harmless("=1+1", "=1+1"), harmless("He said; =1", "He said; =1"), harmless("\t1", " 1")
    ("'=1+1", "He said; '=1", "' 1")
    """
    is_formula = _FORMULA.match(text) or _FORMULA.match(shown)
    inside = _INNER_FORMULA.sub(r"\1'", shown)
    return f"'{inside}" if is_formula else inside


def bare(cell: str) -> str:
    """Return the text of a cell that `harmless` wrote.

    >>> bare("'=1+1"), bare("He said; '=1"), bare("''=1"), bare("'Tis")
    ('=1+1', 'He said; =1', "'=1", "'Tis")
    """
    return _INNER_MARKED.sub(r"\1", _MARKED.sub("", cell, count=1) if _MARKED.match(cell) else cell)
