"""The text of a Markdown document: its words without the mark-up, each on the line it came from.

It is no Markdown parser: mark-up that it does not know stays in the text, where it costs a word at most. Every step is
linear in the length of the document, and keeps the number of its lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_FRONT_MATTER = re.compile(r"\A(?P<fence>---|\+\+\+)[ \t]*\n.*?\n(?P=fence)[ \t]*(?=\n|\Z)", re.DOTALL)
_STRUCK = re.compile(r"~~(?=\S)[^~]*~~")

_FENCE = re.compile(r"[ ]{0,3}(?:>[ ]?){0,8}(?P<fence>`{3,}|~{3,})(?P<info>[^\n]*)")
_RULE = re.compile(r"[ ]{0,3}(?:=+|-+|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}|(?:-[ \t]*){3,})[ \t]*")
_TABLE_RULE = re.compile(r"[ ]{0,3}\|?[ \t:|-]*-[ \t:|-]*\|[ \t:|-]*")
_DEFINITION = re.compile(r"[ ]{0,3}\[[^\]\[^][^\]\[]{0,200}\]:[ \t]*\S[^\n]*")
_FOOTNOTE = re.compile(r"[ ]{0,3}\[\^[^\]\[\s]{1,100}\]:[ \t]*")
_QUOTED = re.compile(r"[ ]{0,3}(?P<angles>(?:>[ \t]?){1,8})")
_HEADING = re.compile(r"[ ]{0,3}\#{1,6}[ \t]+(?P<text>[^\n]*?)(?:[ \t]+\#+)?[ \t]*")
_ITEM = re.compile(r"[ \t]*(?:[-*+]|[0-9]{1,9}[.)])[ \t]+")
_TASK = re.compile(r"\[[ xX]\][ \t]+")
_INDENTED = re.compile(r"[ ]{4}|[ ]{0,3}\t")

_CODE = re.compile(r"(?P<ticks>`{1,8})(?P<text>[^`\n]+)(?P=ticks)(?!`)")
_IN_CODE = re.compile("[\"“”„«»‘’'*_]")
_ADDRESS = r"<?[^\s()<>]{0,2000}(?:\([^\s()<>]{0,500}\)[^\s()<>]{0,500})?>?"
_TARGET = rf"\([ \t]*{_ADDRESS}(?:\s+(?:\"[^\"\n]{{0,500}}\"|'[^'\n]{{0,500}}'))?[ \t]*\)|\[[^\]\[\n]{{0,200}}\]"
_IMAGE = re.compile(rf"!\[[^\]\[]{{0,1000}}\](?:{_TARGET})")
_LINK = re.compile(rf"\[(?P<text>[^\]\[]{{1,1000}})\](?:{_TARGET})")
_NOTE = re.compile(r"\[\^[^\]\[\s]{1,100}\]")
_AUTOLINK = re.compile(r"<(?P<address>(?:https?://|mailto:)[^\s<>]{1,2000})>")
_TAG = re.compile(r"</?[a-zA-Z][a-zA-Z0-9-]{0,30}(?:\s[^<>]{0,2000})?/?>")
_STARS = re.compile(r"(?<![\\*])\*{1,3}(?=[^\s*])|(?<=[^\s*\\])\*{1,3}(?!\*)")
_LINES = re.compile(r"(?<![\w\\_])_{1,3}(?=[^\s_])|(?<=[^\s_\\])_{1,3}(?![\w_])")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")


def to_text(markdown: str) -> str:
    r"""Return the words of a Markdown document, on the lines where they stand.

    Code blocks, comments, images, front matter and struck text leave empty lines; a block quote keeps its `>`.

    >>> to_text("# The dam\n\n“It **will** [hold](https://example.org/a_b),” said *Ada*.\n\n```\n\"x\"\n```")
    'The dam\n\n“It will hold,” said Ada.\n\n\n\n'
    """
    text = markdown.replace("\r\n", "\n").replace("\r", "\n")
    for dropped in (_FRONT_MATTER, _COMMENT, _STRUCK):
        text = dropped.sub(_newlines, text)
    return _inline("\n".join(_lines(text.split("\n"))))


def _newlines(dropped: re.Match[str]) -> str:
    """Return the line ends of what is dropped, so that later lines keep their numbers."""
    return "\n" * dropped[0].count("\n")


def _lines(lines: list[str]) -> Iterator[str]:
    """Yield each line without the mark-up of blocks; a line of code is empty."""
    fence = ""
    is_in_list = is_after_blank = False
    is_quoted = False
    for line in lines:
        opened = _FENCE.match(line)
        if fence:
            is_end = opened is not None and opened["fence"].startswith(fence) and not opened["info"].strip()
            fence = "" if is_end else fence
            yield ""
            continue
        if opened is not None and not ("`" in opened["info"] and opened["fence"][0] == "`"):
            fence = opened["fence"]
            yield ""
            continue
        if not line.strip():
            is_after_blank, is_quoted = True, False
            yield ""
            continue
        is_indented = _INDENTED.match(line) is not None
        if is_indented and is_after_blank and not is_in_list:
            yield ""  # of a code block, which goes on to the next line that is not indented
            continue
        is_item = _ITEM.match(line) is not None
        is_in_list = is_item or (is_in_list and (is_indented or not is_after_blank))
        is_after_blank = False
        # A line goes on with the block quote above it, unless it begins a block of its own.
        angles = _QUOTED.match(line)
        is_quoted = angles is not None or (is_quoted and not is_item and not _HEADING.fullmatch(line))
        inner = _block(line[angles.end() :] if angles is not None else line.strip() if is_quoted else line)
        yield f"> {inner}" if is_quoted else inner


def _block(line: str) -> str:
    """Return a line without the mark-up of its block: a heading, an item of a list, a table, a definition."""
    if _RULE.fullmatch(line) or _TABLE_RULE.fullmatch(line) or _DEFINITION.fullmatch(line):
        return ""
    line = _FOOTNOTE.sub("", line, count=1)
    if (heading := _HEADING.fullmatch(line)) is not None:
        return heading["text"]
    if (item := _ITEM.match(line)) is not None:
        line = line[item.end() :]
        return _TASK.sub("", line, count=1) if _TASK.match(line) else line
    if line.lstrip().startswith("|"):
        return line.replace("|", " ").strip()
    return line.removesuffix("\\").rstrip()


def _inline(text: str) -> str:
    """Return a text without links, emphasis, tags and escapes. The quotation marks in code quote nobody."""
    text = _CODE.sub(lambda code: _IN_CODE.sub(" ", code["text"]), text)
    text = _NOTE.sub("", _IMAGE.sub(_newlines, text))
    text = _LINK.sub(lambda link: link["text"] + _newlines(link)[link["text"].count("\n") :], text)
    text = _TAG.sub(_newlines, _AUTOLINK.sub(lambda link: link["address"], text))
    return _ESCAPE.sub(r"\1", _LINES.sub("", _STARS.sub("", text)))
