"""The text of an HTML body: its visible text, one paragraph per block.

The standard library's parser rescans the rest of the text for every unclosed tag: 60 KB of `<a ` take it more than a
minute. Here each character is scanned once: a tag reaches from `<` to the next `>` and contains no `<`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from html import unescape
from itertools import chain

_BLOCKS = frozenset(
    "address article aside blockquote dd div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6 header hr li main"
    " nav ol p pre section table td th tr ul".split()
)
_INVISIBLE = frozenset("script style template noscript iframe svg head".split())
_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
# Elements whose text the newsroom has struck: it is on the page, and no longer said.
_STRUCK = frozenset("del s strike".split())
# A page may hide itself until its scripts have run.
_PAGE = frozenset(("html", "body"))
# The elements that may lack their end tag, and the start tags that end them. A list or a table around them goes on, and
# struck text goes on in the next paragraph.
_ENDED_BY = {
    "p": _BLOCKS,
    "li": frozenset(["li"]),
    **dict.fromkeys(("dt", "dd"), frozenset(["dt", "dd"])),
    **dict.fromkeys(("td", "th"), frozenset(["td", "th", "tr"])),
    "tr": frozenset(["tr"]),
}
_ENDING = frozenset().union(*_ENDED_BY.values())
_FENCES = frozenset("ul ol dl table s strike".split())
_FARTHEST = 64  # open elements that are searched for one that ends; more are no article

_TOKEN = re.compile(
    r"""
      (?P<opens><!--) | (?P<closes>-->)
    | < (?P<end>/?) (?P<name>[a-zA-Z][a-zA-Z0-9]*) (?P<attributes> (?: [^<>"'] | "[^"<]*" | '[^'<]*' )*+ ) >
    | < [!?] [^<>]* >
    """,
    re.VERBOSE,
)
_ATTRIBUTE = re.compile(r"""([^\s"'/=]+) (?: \s* = \s* (?: "([^"]*)" | '([^']*)' | ([^\s"']+) ) )?""", re.VERBOSE)
_MAY_HIDE = re.compile("hidden|style", re.IGNORECASE)
_HIDING = {"display": ("none",), "visibility": ("hidden", "collapse")}
_SPACES = re.compile(r"[ \t\r\n\f]+")
_COMMENT = "--"

# An embedded post: one paragraph and its signature, which a page sets apart without quotation marks.
_POST = re.compile(
    r"""
    (?P<start> <blockquote\b [^<>]{0,400}? \b(?:twitter-tweet|bluesky-embed)\b [^<>]{0,1000} > \s* <p\b [^<>]{0,400} > )
    (?P<text> (?: (?! </?(?:p|blockquote)\b ) . )+ ) </p>
    (?= \s* (?: — | &mdash; ) )
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_LINE_BREAKS = re.compile(r"(?:<br\s*/?>\s*)+", re.IGNORECASE)

# Quotation marks as they open and close; a single one counts at the border of a word.
_MARK = re.compile(r"[“”„«»\"]|(?<!\w)‘|’(?!\w)")
_CLOSING = {"“": "”", "„": "“”", "«": "»", '"': '"', "‘": "’"}


def to_text(html: str) -> str:
    r"""Return the visible text of an HTML fragment, with an empty line between blocks.

    Hidden and struck text is left out. A line break ends a paragraph, unless it stands inside a quotation: there it is
    a space. An embedded post stands in quotation marks, before its signature.

    >>> to_text("<p>&ldquo;No,&rdquo; she <b>said</b>.</p><script>x()</script><p>He left.</p>").split("\n\n")
    ['“No,” she said.', 'He left.']
    >>> to_text("<p>“The dam<br>will hold,” said <del>Bo</del><i hidden>Al</i>Ada.<br>She left.").split("\n\n")
    ['“The dam will hold,” said Ada.', 'She left.']
    """
    blocks = ([_clean(line) for line in block] for block in _blocks(_POST.sub(_quoted_post, html)))
    return "\n\n".join(chain.from_iterable(map(_paragraphs, blocks)))


def _clean(pieces: Sequence[str]) -> str:
    return _SPACES.sub(" ", unescape("".join(pieces))).strip()


# --- the mark-up


def _quoted_post(post: re.Match[str]) -> str:
    """Return an embedded post with marks, in one paragraph with its signature."""
    return f"{post['start']}“{_LINE_BREAKS.sub(' ', post['text'].strip())}” "


class _Elements:
    """The open elements, and whether one of them hides its content."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._counts: Counter[str] = Counter()
        self._hidden_from: int | None = None  # the number of open elements around the outermost hidden one

    @property
    def is_hidden(self) -> bool:
        return self._hidden_from is not None

    def open(self, name: str, *, hides: bool) -> bool:
        """Add an element, after those that its start tag ends; return whether a block begins or ends that is seen."""
        has_ended = name in _ENDING and self._end_before(name)
        if name in _VOID:
            return name in _BLOCKS and not self.is_hidden
        if hides and self._hidden_from is None:
            self._hidden_from = len(self._names)
        self._names.append(name)
        self._counts[name] += 1
        return has_ended or (name in _BLOCKS and not self.is_hidden)

    def close(self, name: str) -> bool:
        """Remove an element and those in it; return whether a block ends that is seen.

        The end tag of an inline element does not end a block.
        """
        was_hidden = self.is_hidden
        if self._counts[name]:
            self._end(name)
        return name in _BLOCKS and not was_hidden

    def _end(self, name: str) -> None:
        if name in _BLOCKS:
            self._pop(name)
            return
        for opened in reversed(self._names[-_FARTHEST:]):
            if opened == name:
                self._pop(name)
            if opened == name or opened in _BLOCKS:
                return

    def _end_before(self, name: str) -> bool:
        ended = None
        if not any(self._counts[endable] for endable in _ENDED_BY):
            return False
        for opened in reversed(self._names[-_FARTHEST:]):
            if opened in _FENCES:
                break
            if name in _ENDED_BY.get(opened, ()):
                ended = opened
        if ended is not None:
            self._pop(ended)
        return ended is not None

    def _pop(self, name: str) -> None:
        """Remove the innermost element with this name and all elements in it."""
        popped = None
        while popped != name:
            popped = self._names.pop()
            self._counts[popped] -= 1
        if self._hidden_from is not None and len(self._names) <= self._hidden_from:
            self._hidden_from = None


def _blocks(html: str) -> Iterator[list[list[str]]]:
    """Yield the blocks of a page, each as lines, each as pieces of its source without tags."""
    block: list[list[str]] = [[]]
    elements = _Elements()
    skipped: str | None = None  # the enclosing element (or comment) whose content is no mark-up
    position = 0
    for token in _TOKEN.finditer(html):
        if skipped is None and not elements.is_hidden:
            block[-1].append(html[position : token.start()])
        position = token.end()
        name = (token["name"] or "").lower()
        if skipped is not None:
            is_over = token["closes"] if skipped == _COMMENT else token["end"] and name == skipped
            skipped = None if is_over else skipped
        elif token["opens"]:
            skipped = _COMMENT
        elif name in _INVISIBLE:
            is_empty = token["end"] or (name == "svg" and token["attributes"].endswith("/"))
            skipped = None if is_empty else name
        elif name == "br":
            if not elements.is_hidden:
                block.append([])
        elif name:
            if token["end"]:
                is_border = elements.close(name)
            else:
                hides = name in _STRUCK or (name not in _PAGE and _hides(token["attributes"]))
                is_border = elements.open(name, hides=hides)
            if is_border:
                yield block
                block = [[]]
    if skipped is None and not elements.is_hidden:
        block[-1].append(html[position:])
    yield block


def _hides(attributes: str) -> bool:
    """Whether the attributes of a tag hide its element.

    >>> _hides(' id="a" HIDDEN'), _hides("style='color: red; Display : none !important'"), _hides(' title="hidden"')
    (True, True, False)
    >>> _hides(' style="display: none; display: block"'), _hides(' data-hidden="1" class="hidden"')
    (False, False)
    """
    if not _MAY_HIDE.search(attributes):
        return False
    values: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(attributes):
        values.setdefault(match[1].lower(), unescape(match[2] or match[3] or match[4] or ""))
    if "hidden" in values:
        return True
    declarations = (part.partition(":") for part in values.get("style", "").lower().split(";"))
    styles = {name.strip(): value.removesuffix("!important").strip() for name, _, value in declarations}
    return any(styles.get(name) in hiding for name, hiding in _HIDING.items())


# --- line breaks


def _paragraphs(lines: Sequence[str]) -> Iterator[str]:
    """Yield the paragraphs of a block: every line, but lines that one quotation joins."""
    closing = _closing_marks(lines)
    paragraph, opened = "", ""
    for line, closes in zip(lines, closing, strict=True):
        if paragraph and any(mark in closes for mark in _CLOSING.get(opened, "")):
            paragraph += f" {line}"
        else:
            if paragraph:
                yield paragraph
            paragraph, opened = line, ""
        opened = _open_mark(line, opened)
    if paragraph:
        yield paragraph


def _closing_marks(lines: Sequence[str]) -> list[frozenset[str]]:
    """Return for each line the marks in it and after it that can close a quotation from before it.

    None can after an empty line, or after one that begins with an opening mark: there a paragraph begins.
    """
    marks: list[frozenset[str]] = []
    following: frozenset[str] = frozenset()
    for line in reversed(lines):
        following = frozenset() if not line or line[0] in _CLOSING else following.union(_MARK.findall(line))
        marks.append(following)
    marks.reverse()
    return marks


def _open_mark(line: str, opened: str) -> str:
    """Return the mark of the quotation that is open at the end of a line, none if there is none.

    >>> _open_mark("“Yes,” he said, “the", ""), _open_mark("dam,” he said.", "“"), _open_mark('the "old" dam', "“")
    ('“', '', '“')
    """
    for mark in _MARK.findall(line):
        if not opened:
            opened = mark if mark in _CLOSING else ""
        elif mark in _CLOSING[opened]:
            opened = ""
    return opened
