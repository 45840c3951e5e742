"""RIS, the tagged format that every reference manager reads.

The tags are those of the 2011 specification for NEWS. A line is a tag of two characters, two spaces, a dash, a space
and the value, and ends with CR LF; `TY` comes first and `ER` last.
"""

from __future__ import annotations

from datetime import date

from quoth.citation import facts
from quoth.quote import Quote


def ris(quote: Quote, *, accessed: date | None = None, generation: int | None = None) -> str:
    r"""Return a quote as one RIS record: the newspaper article, with the quote as its abstract.

    >>> from quoth.quote import Attribution, Origin, Selector, Speaker, Utterance
    >>> no = Quote(id="q_1", text="No.", type="direct", utterance=Utterance("u"), speaker=Speaker("ada", "Ada"),
    ...     attribution=Attribution("attributed", "name", "“Ada said”", 0.9),
    ...     article=Origin("a"), selector=Selector("No."))
    >>> ris(no)[:38]
    'TY  - NEWS\r\nTI  - No.\r\nPY  - n.d.\r\nAB '
    """
    issued = facts.published(quote)
    fields = [
        ("TY", "NEWS"),
        ("TI", facts.title(quote)),
        ("T2", _periodical(facts.clean(quote.article.publisher))),
        ("PY", f"{issued[0]:04}" if issued else facts.UNDATED),
        ("DA", _date(issued) if issued else ""),
        ("UR", facts.address(quote.article.url) or ""),
        ("Y2", "" if accessed is None else _date((accessed.year, accessed.month, accessed.day))),
        ("LA", facts.clean(quote.article.spoken_language)),
        ("AB", facts.abstract(quote)),
        ("AN", facts.clean(quote.id)),
        ("N1", facts.note(quote, generation)),
    ]
    lines = [f"{tag}  - {value}\r\n" for tag, value in fields if value]
    return "".join([*lines, "ER  - \r\n"])


def _date(parts: tuple[int, ...]) -> str:
    """Return `YYYY/MM/DD/`: all three slashes are required; an optional season would follow the last.

    >>> _date((2025, 8))
    '2025/08//'
    """
    return "/".join([f"{parts[0]:04}", *(f"{part:02}" for part in parts[1:])]) + "/" * (4 - len(parts))


def _periodical(name: str) -> str:
    """Return a periodical's name without asterisks, which have another meaning in the format."""
    return name.replace("*", "").strip()
