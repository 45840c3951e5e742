"""A citation in newsroom style, on one line: “We will stay,” Ada Okafor said (The Courier, 15 Aug. 2025)."""

from __future__ import annotations

import re
from datetime import date

from quoth.citation import facts
from quoth.quote import Quote

# Months in AP style: short names are not abbreviated.
_MONTHS = ("Jan.", "Feb.", "March", "April", "May", "June", "July", "Aug.", "Sept.", "Oct.", "Nov.", "Dec.")
_INITIAL = re.compile(r"\b\w\.")  # the last one of U.S., J. R. R.
_NO_COMMA_AFTER = "?!…,—–。！？"  # ends a quotation before “she said” without a comma


def plain(quote: Quote, *, accessed: date | None = None) -> str:
    """Return a quote as one line of text.

    Double marks and parentheses are never from the article: inner ones become single marks and brackets. A final full
    stop becomes a comma, as newspapers write it.

    >>> from quoth.quote import Attribution, Origin, Selector, Speaker, Utterance
    >>> no = Quote(id="q_1", text="No.", type="direct", utterance=Utterance("u"), speaker=Speaker("ada", "Ada"),
    ...     attribution=Attribution("attributed", "name", "“Ada said”", 0.63),
    ...     article=Origin("a", headline="Dam holds"), selector=Selector("No."))
    >>> plain(no, accessed=date(2026, 1, 2))
    '“No,” Ada said [attribution unverified, 0.63] (Dam holds, n.d.). Accessed 2 Jan. 2026'
    """
    parts = [
        _statement(quote),
        f"({_source(quote)}).",
        facts.address(quote.article.url),
        None if accessed is None else f"Accessed {_date((accessed.year, accessed.month, accessed.day))}",
    ]
    return " ".join(part for part in parts if part)


def _statement(quote: Quote) -> str:
    name = facts.speaker(quote)
    words, nobody = facts.nested(facts.words(quote)), _bracketed(facts.nobody(quote))
    if quote.type == "indirect":
        clause = f"{_bracketed(name)} said" if name is not None else nobody[:1].upper() + nobody[1:]
        statement = f"{clause}, in the reporter’s words and not as a quotation: {words.rstrip('.')}"
    else:
        clause = nobody if name is None else f"{_bracketed(name)} said"
        statement = f"“{_before_clause(words)}” {clause}"
    return " ".join(filter(None, (statement, facts.mark(quote))))


def _before_clause(words: str) -> str:
    """Return the words with the punctuation that comes before “she said”.

    >>> [_before_clause(words) for words in ("No.", "No", "No!", "No ...", "in the U.S.", "no:")]
    ['No,', 'No,', 'No!', 'No ...', 'in the U.S.,', 'no,']
    """
    if words.endswith(tuple(_NO_COMMA_AFTER)) or words.endswith(".."):
        return words
    if _INITIAL.fullmatch(words, len(words) - 2):
        return f"{words},"
    return f"{words[:-1] if words.endswith(('.', ';', ':')) else words},"


def _source(quote: Quote) -> str:
    origin, issued = quote.article, facts.published(quote)
    names = [_bracketed(facts.clean(part)) for part in (origin.publisher, origin.headline)]
    return ", ".join([name for name in names if name] or ["source not known"]) + ", " + _date(issued)


def _date(parts: tuple[int, ...]) -> str:
    """Return a date, as far as it is known.

    >>> _date((2025, 8, 11)), _date((2025, 8)), _date(())
    ('11 Aug. 2025', 'Aug. 2025', 'n.d.')
    """
    year, *rest = parts or (facts.UNDATED,)
    return " ".join([*map(str, rest[1:]), *(_MONTHS[month - 1] for month in rest[:1]), str(year)])


def _bracketed(text: str) -> str:
    """Return a text with brackets for parentheses, which stand inside parentheses."""
    return facts.nested(text).replace("(", "[").replace(")", "]")
