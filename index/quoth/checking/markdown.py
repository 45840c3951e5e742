"""The text of a Markdown document: its words without the mark-up, and the line that each of them came from.

It is no Markdown parser: mark-up that it does not know stays in the text, where it costs a word at most. Every step is
linear in the length of the document, and keeps the number of its lines; the last one joins the lines of a paragraph.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple

from quoth.checking.page_quotes import CELL

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_FRONT_MATTER = re.compile(r"\A(?P<fence>---|\+\+\+)[ \t]*\n.*?\n(?P=fence)[ \t]*(?=\n|\Z)", re.DOTALL)
_STRUCK = re.compile(r"~~(?=\S)[^~]*~~")

_FENCE = re.compile(r"[ ]{0,3}(?:>[ ]?){0,8}(?P<fence>`{3,}|~{3,})(?P<info>[^\n]*)")
# The marks of a line that divides, without its blanks; of a table, with a pipe behind a dash.
_RULE = re.compile(r"=+|-+|\*{3,}|_{3,}")
_TABLE_RULE = re.compile(r"[:|-]+")
_DEFINITION = re.compile(r"[ ]{0,3}\[[^\]\[^][^\]\[]{0,200}\]:[ \t]*\S[^\n]*")
_FOOTNOTE = re.compile(r"[ ]{0,3}\[\^[^\]\[\s]{1,100}\]:[ \t]*")
_QUOTED = re.compile(r"[ ]{0,3}(?P<angles>(?:>[ \t]?){1,8})")
_BLANKS = " \t"
_HEADING = re.compile(r"[ ]{0,3}\#{1,6}[ \t]+")
_ITEM = re.compile(r"[ \t]*(?:[-*+]|[0-9]{1,9}[.)])[ \t]+")
_TASK = re.compile(r"\[[ xX]\][ \t]+")
_INDENTED = re.compile(r"[ ]{4}|[ ]{0,3}\t")
_HARD_BREAK = re.compile(r"(?:[ ]{2}|\\)\Z")
# A writer sets these on a line of their own, whatever Markdown makes of it: a signature, the turn of an interview.
_SIGNATURE = re.compile(r"[ \t]*[—–―]")
_TURN = re.compile(r"[ \t]*[A-Z][^\n:“”\"]{0,60}:[ \t]")
_ENDS_TURN = re.compile(r"[.!?…]['\"’”»)]*\s*\Z")

_CODE = re.compile(r"(?P<ticks>`{1,8})(?P<text>[^`\n]+)(?P=ticks)(?!`)")
_IN_CODE = re.compile("[\"“”„«»‘’'*_]")
_ADDRESS = r"<?[^\s()<>]{0,2000}(?:\([^\s()<>]{0,500}\)[^\s()<>]{0,500})?>?"
_TITLE = r"(?:\"[^\"\n]{0,500}\"|'[^'\n]{0,500}')"
_TARGET = rf"\([ \t]{{0,20}}+{_ADDRESS}(?:\s{{1,20}}+{_TITLE})?[ \t]{{0,20}}+\)|\[[^\]\[\n]{{0,200}}\]"
_IMAGE = re.compile(rf"!\[[^\]\[]{{0,1000}}\](?:{_TARGET})")
_LINK = re.compile(rf"\[(?P<text>[^\]\[]{{1,1000}})\](?:{_TARGET})")
_NOTE = re.compile(r"\[\^[^\]\[\s]{1,100}\]")
_AUTOLINK = re.compile(r"<(?P<address>(?:https?://|mailto:)[^\s<>]{1,2000})>")
_TAG = re.compile(r"</?[a-zA-Z][a-zA-Z0-9-]{0,30}(?:\s[^<>]{0,2000})?/?>")
_STARS = re.compile(r"(?<![\\*])\*{1,3}(?=[^\s*])|(?<=[^\s*\\])\*{1,3}(?!\*)")
_LINES = re.compile(r"(?<![\w\\_])_{1,3}(?=[^\s_])|(?<=[^\s_\\])_{1,3}(?![\w_])")
_ESCAPE = re.compile(
    r"\\(?P<escaped>[!-/:-@\[-`{-~])|&(?:\#[0-9]{1,7}|\#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});"
)


class _Line(NamedTuple):
    """A line without the mark-up of its block. It `goes_on` with the paragraph of the line above."""

    text: str
    goes_on: bool = False


def to_text(markdown: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    r"""Return the words of a Markdown document, and the offsets at which its lines begin, each with its number.

    The lines of a paragraph are one line, also in a block quote, which keeps its `>`. Code blocks, comments, images,
    front matter and struck text leave empty lines.

    >>> to_text("# The dam\n\n“It **will**\n[hold](https://example.org/a_b),” said *Ada*.")
    ('The dam\n\n“It will hold,” said Ada.', ((0, 1), (7, 2), (8, 3), (17, 4)))
    """
    text = markdown.replace("\r\n", "\n").replace("\r", "\n")
    for dropped in (_FRONT_MATTER, _COMMENT, _STRUCK):
        text = dropped.sub(_newlines, text)
    lines = list(_lines(text.split("\n")))
    inline = _inline("\n".join(line.text for line in lines)).split("\n")
    pieces: list[str] = []
    places: list[tuple[int, int]] = []
    length = 0
    for number, (words, line) in enumerate(zip(inline, lines, strict=True), start=1):
        pieces.append((f" {words.strip()}" if line.goes_on else f"\n{words}") if pieces else words)
        places.append((length, number))
        length += len(pieces[-1])
    return "".join(pieces), tuple(places)


def _newlines(dropped: re.Match[str]) -> str:
    """Return the line ends of a dropped part, so that later lines keep their numbers."""
    return "\n" * dropped[0].count("\n")


def _lines(lines: list[str]) -> Iterator[_Line]:
    """Yield each line without the mark-up of blocks; a line of code is empty."""
    fence = ""
    is_in_list = is_after_blank = False
    is_quoted = False
    above = ""  # the line above, if a paragraph of it may go on
    for line in lines:
        opened = _FENCE.match(line)
        if fence:
            is_end = opened is not None and opened["fence"].startswith(fence) and not opened["info"].strip()
            fence = "" if is_end else fence
            yield _Line("")
            continue
        if opened is not None and not ("`" in opened["info"] and opened["fence"][0] == "`"):
            fence, above = opened["fence"], ""
            yield _Line("")
            continue
        if not line.strip():
            is_after_blank, is_quoted, above = True, False, ""
            yield _Line("")
            continue
        is_indented = _INDENTED.match(line) is not None
        if is_indented and is_after_blank and not is_in_list:
            yield _Line("")  # of a code block, which goes on to the next line that is not indented
            continue
        is_item = _ITEM.match(line) is not None
        is_in_list = is_item or (is_in_list and (is_indented or not is_after_blank))
        is_after_blank = False
        # A line goes on with the block quote above it, unless it begins a block of its own.
        angles = _QUOTED.match(line)
        was_quoted = is_quoted
        is_quoted = angles is not None or (is_quoted and not is_item and not _HEADING.match(line))
        own = line[angles.end() :] if angles is not None else line.strip() if is_quoted else line
        inner = _block(own)
        goes_on = bool(above and inner) and is_quoted == was_quoted and not _begins(own, above)
        above = own if inner and not (_HEADING.match(own) or _is_row(own)) else ""
        yield _Line(f"> {inner}" if is_quoted and not goes_on else inner, goes_on)


def _begins(line: str, above: str) -> bool:
    """Whether a line begins something of its own below a line of a paragraph."""
    if any(begin.match(line) for begin in (_ITEM, _FOOTNOTE, _SIGNATURE)) or _HEADING.match(line) or _is_row(line):
        return True
    is_turn = _TURN.match(line) is not None and _ENDS_TURN.search(above) is not None
    return is_turn or _HARD_BREAK.search(above) is not None


def _is_rule(line: str) -> bool:
    """Whether a line divides the text, or the head of a table from its rows.

    >>> _is_rule(" * * *"), _is_rule("| --- | :-: |"), _is_rule("- yes")
    (True, True, False)
    """
    marks = line.replace(" ", "").replace("\t", "")
    if _RULE.fullmatch(marks):
        return True
    return _TABLE_RULE.fullmatch(marks) is not None and "|" in marks[marks.find("-") :] and "-" in marks


def _is_row(line: str) -> bool:
    return line.lstrip().startswith("|")


def _block(line: str) -> str:
    """Return a line without the mark-up of its block: a heading, an item of a list, a table, a definition."""
    if _is_rule(line) or _DEFINITION.fullmatch(line):
        return ""
    line = _FOOTNOTE.sub("", line, count=1)
    if (heading := _HEADING.match(line)) is not None:
        text = line[heading.end() :].rstrip(_BLANKS)
        words = text.rstrip("#")
        return words.rstrip(_BLANKS) if not words or words[-1] in _BLANKS else text
    if (item := _ITEM.match(line)) is not None:
        line = line[item.end() :]
        return _TASK.sub("", line, count=1) if _TASK.match(line) else line
    if _is_row(line):
        return line.replace("|", CELL).strip()
    return line.removesuffix("\\").rstrip()


def _inline(text: str) -> str:
    """Return a text without links, emphasis, tags, escapes and references. Quotation marks in code quote nobody."""
    text = _CODE.sub(lambda code: _IN_CODE.sub(" ", code["text"]), text)
    text = _NOTE.sub("", _IMAGE.sub(_newlines, text))
    text = _LINK.sub(lambda link: link["text"] + _newlines(link)[link["text"].count("\n") :], text)
    text = _TAG.sub(_newlines, _AUTOLINK.sub(lambda link: link["address"], text))
    return _ESCAPE.sub(_character, _LINES.sub("", _STARS.sub("", text)))


def _character(escape: re.Match[str]) -> str:
    """Return the character that an escape or a reference means, a space for any space."""
    character = escape["escaped"] or unescape(escape[0])
    return " " if character.isspace() else character
