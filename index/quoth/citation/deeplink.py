"""A link that opens the source at the quote: URL Fragment Text Directives, `#:~:text=...`.

https://wicg.github.io/scroll-to-text-fragment/ defines how browsers match. Each part must match inside one block of the
rendered page, and begin and end at word boundaries; white space may separate prefix, text and suffix.
"""

from __future__ import annotations

import re
from itertools import islice
from urllib.parse import quote as percent_encoded

from quoth.citation import facts
from quoth.quote import CONTEXT, Quote, Selector

# The specification recommends the whole text up to 300 characters, else its ends, and context for 3 words or fewer.
EXACT_CHARACTERS = 300
FEW_WORDS = 3
END_WORDS = 5
# Spreadsheets, mail and chats cut longer links, and half a directive matches nothing.
LINK_CHARACTERS = 2000

_LINES = re.compile(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")
# Not rendered, and ignored when browsers match. Joiners stay: without them words of some scripts change.
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
)
# A word with the punctuation after it. Chinese and Japanese have no spaces, so a clause counts as a word.
_WORD = re.compile(r"[^\s、。，；：！？]+[、。，；：！？]*|[、。，；：！？]+")
_LETTER = re.compile(r"\w")
_REFERENCE = re.compile(r"&#?\w{1,31};")


def source_link(quote: Quote) -> str | None:
    """Return the address of a quote in its source, or `None` when the source has no address.

    It is the address of the page if no directive is possible, or if the link would be too long. A fragment that the
    address already has comes first: browsers fall back to it.

    >>> from quoth.quote import Attribution, Origin, Speaker, Utterance
    >>> no = Quote(id="q_1", text="No, no.", type="direct", utterance=Utterance("u"), speaker=Speaker("ada", "Ada"),
    ...     attribution=Attribution("attributed", "name", "“Ada said”", 0.9),
    ...     article=Origin("a", url="https://example.org/1#top"), selector=Selector("No, no."))
    >>> source_link(no)
    'https://example.org/1#top:~:text=No%2C%20no%2E'
    """
    url = facts.address(quote.article.url)
    if url is None:
        return None
    page, _, fragment = url.partition("#")
    fragment = fragment.partition(":~:")[0]
    directive = _directive(quote.selector)
    link = f"{page}#{fragment}:~:text={directive}"
    if directive is None or len(link) > LINK_CHARACTERS:
        return f"{page}#{fragment}" if fragment else page
    return link


def _directive(selector: Selector) -> str | None:
    """Return `[prefix-,]start[,end][,-suffix]`, or `None` for a text with nothing visible."""
    blocks = [block for block in map(_rendered, _lines(selector.exact)) if block]
    if not blocks:
        return None
    start, end = _ends(blocks)
    parts = [_encoded(start)] if end is None else [_encoded(start), _encoded(end)]
    if _is_short(start) and (prefix := _words_before(selector.prefix)):
        parts.insert(0, f"{_encoded(prefix)}-")
    if _is_short(start if end is None else end) and (suffix := _words_after(selector.suffix)):
        parts.append(f"-{_encoded(suffix)}")
    return ",".join(parts)


def _lines(text: str) -> list[str]:
    """Return the lines of a text; a page shows each as a separate block.

    A body extracted from HTML may contain character references; a page shows the characters.
    """
    if "&" in text:
        from html import unescape  # its tables take a millisecond to load

        text = _REFERENCE.sub(lambda match: unescape(match[0]), text)
    return [text] if text.isprintable() else _LINES.split(text)


def _rendered(text: str) -> str:
    """Return a text as a page shows it: spaces collapsed, invisible characters removed."""
    visible = text if text.isprintable() else _INVISIBLE.sub("", text)
    return " ".join(visible.split())


def _ends(blocks: list[str]) -> tuple[str, str | None]:
    """Return a short block and `None`, or the first words of the first block and the last words of the last block."""
    first, last = blocks[0], blocks[-1]
    if len(blocks) > 1:
        return _first_words(first, END_WORDS), _last_words(last, END_WORDS)
    if len(first) <= EXACT_CHARACTERS:
        return first, None
    # Browsers search for the end after the start: the two must not overlap.
    count = sum(1 for _ in islice(_WORD.finditer(first), 2 * END_WORDS)) // 2
    return (_first_words(first, count), _last_words(first, count)) if count else (first, None)


def _first_words(text: str, count: int) -> str:
    return text[: [word.end() for word in islice(_WORD.finditer(text), count)][-1]]


def _last_words(text: str, count: int) -> str:
    end = " ".join(text.rsplit(" ", count)[-count:])  # between two spaces is at least one word
    return end[[word.start() for word in _WORD.finditer(end)][-count:][0] :]


def _is_short(text: str) -> bool:
    """Whether a rendered text has few words; between two spaces is at least one."""
    return text.count(" ") < FEW_WORDS and len(list(islice(_WORD.finditer(text), FEW_WORDS + 1))) <= FEW_WORDS


def _words_before(prefix: str) -> str | None:
    """Return the words before a quote in its own block, with its opening mark; a truncated first word is dropped."""
    lines = _lines(prefix)
    text = lines[-1]
    if len(lines) == 1 and len(prefix) >= CONTEXT:
        text = text.partition(" ")[2]
    return _rendered(text) if _LETTER.search(text) else None


def _words_after(suffix: str) -> str | None:
    """Return the words after a quote in its own block, with its closing mark; a truncated last word is dropped."""
    lines = _lines(suffix)
    text = lines[0]
    if len(lines) == 1 and len(suffix) >= CONTEXT:
        text = text.rpartition(" ")[0]
    return _rendered(text) if _LETTER.search(text) else None


def _encoded(text: str) -> str:
    """Return a text with everything but letters and digits percent-encoded.

    The grammar requires it for `-`, `,` and `&`. The other encoded characters cannot end an attribute, a Markdown link
    or a line, and programs that detect links in text do not drop a full stop at the end.
    """
    encoded = text.replace("%", "%25")
    for mark, code in _COMMON:
        encoded = encoded.replace(mark, code)
    if encoded.isascii() and encoded.replace("%", "").isalnum():
        return encoded
    return percent_encoded(text, safe="").replace("-", "%2D").replace("~", "%7E").replace(".", "%2E")


# The marks of most texts. The standard library's function looks at each character, which takes four times as long.
_COMMON = tuple((mark, "".join(f"%{byte:02X}" for byte in mark.encode())) for mark in " ,.'’-?!:;")
