"""A quote as Wikipedia cites it: the template {{cite news}}."""

from __future__ import annotations

import re
from datetime import date

from quoth.citation import facts
from quoth.quote import Quote

# A value must not end its parameter, its template or its link, nor begin one of its own.
_WIKI = str.maketrans({character: f"&#{ord(character)};" for character in "|{}[]<>'=~&*#:;\"_"})
_URL = str.maketrans({"|": "%7C", "[": "%5B", "]": "%5D", "{": "%7B", "}": "%7D", "'": "%27", "~": "%7E"})
_DATE_MONTHS = "January February March April May June July August September October November December".split()
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}")


def wikipedia(quote: Quote, *, accessed: date | None = None) -> str:
    """Return a quote as {{cite news}}: the article, with the words as its parameter `quote`.

    The template has no parameter for a speaker, so name and doubt stand before the words, in parentheses. Words of the
    reporter are no quotation, and not in `quote`.

    >>> from quoth.quote import Attribution, Origin, Selector, Speaker, Utterance
    >>> no = Quote(id="q_1", text="No.", type="direct", utterance=Utterance("u"), speaker=Speaker("ada", "Ada"),
    ...     attribution=Attribution("attributed", "name", "“Ada said”", 0.9),
    ...     article=Origin("a", headline="A|B", publisher="The Courier"), selector=Selector("No."))
    >>> wikipedia(no)
    '{{cite news |title=A&#124;B |work=The Courier |date=n.d. |quote=(Ada) No.}}'
    """
    issued = facts.published(quote)
    language = _LANGUAGE.match(quote.article.language or "")
    fields = [
        ("title", _wiki(facts.title(quote))),
        ("work", _wiki(facts.clean(quote.article.publisher))),
        ("date", _date(issued) if issued else facts.UNDATED),
        ("url", (facts.address(quote.article.url) or "").translate(_URL)),
        ("access-date", "" if accessed is None else _date((accessed.year, accessed.month, accessed.day))),
        ("language", language[0].lower() if language else ""),
        ("quote", "" if quote.type == "indirect" else f"({_attributed(quote)}) {_wiki(facts.words(quote))}"),
    ]
    return f"{{{{cite news {' '.join(f'|{name}={value}' for name, value in fields if value)}}}}}"


def _attributed(quote: Quote) -> str:
    """Return the speaker with our own mark, whose single brackets mean nothing to a wiki."""
    return " ".join(filter(None, (_wiki(facts.speaker(quote) or facts.nobody(quote)), facts.mark(quote))))


def _wiki(text: str) -> str:
    return text.translate(_WIKI)


def _date(parts: tuple[int, ...]) -> str:
    year, *rest = parts
    return " ".join([*map(str, rest[1:]), *(_DATE_MONTHS[month - 1] for month in rest[:1]), str(year)])
