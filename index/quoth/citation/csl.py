"""CSL-JSON (Citation Style Language 1.0.2), which Zotero, pandoc and citeproc read."""

from __future__ import annotations

from datetime import date
from typing import Any

from quoth.citation import facts
from quoth.quote import Quote


def csl(quote: Quote, *, accessed: date | None = None, generation: int | None = None) -> dict[str, Any]:
    """Return a quote as a CSL-JSON item: the newspaper article, with the quote as its abstract.

    `accessed` is the day the reader saw the article, `generation` the generation of the searched index.

    >>> from quoth.quote import Attribution, Origin, Selector, Speaker, Utterance
    >>> no = Quote(id="q_1", text="No.", type="direct", utterance=Utterance("u"), speaker=Speaker("ada", "Ada"),
    ...     attribution=Attribution("attributed", "name", "“Ada said”", 0.9),
    ...     article=Origin("a"), selector=Selector("No."))
    >>> csl(no)["issued"], csl(no)["abstract"]
    ({'literal': 'n.d.'}, '“No.” (Ada)')
    """
    issued = facts.published(quote)
    item = {
        "id": facts.clean(quote.id),
        "type": "article-newspaper",
        "title": facts.title(quote),
        "container-title": facts.clean(quote.article.publisher),
        "issued": {"literal": facts.UNDATED} if not issued else {"date-parts": [list(issued)]},
        "accessed": None if accessed is None else _date(accessed),
        "URL": facts.address(quote.article.url),
        "language": facts.clean(quote.article.spoken_language),
        "abstract": facts.abstract(quote),
        "note": _note(facts.note(quote, generation)),
    }
    return {name: value for name, value in item.items() if value}


def _date(day: date) -> dict[str, Any]:
    return {"date-parts": [[day.year, day.month, day.day]]}


def _note(text: str) -> str:
    """Return a note without citeproc fields: citeproc reads `{:author: ...}` in a note as a field."""
    return text.replace("{:", "{ :")
