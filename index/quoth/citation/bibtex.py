"""BibTeX, for LaTeX: field values with balanced braces that LaTeX prints unchanged."""

from __future__ import annotations

import re
from datetime import date

from quoth.citation import facts
from quoth.hashes import short_hash
from quoth.quote import Quote

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_KEY = re.compile(r"[A-Za-z0-9_-]+")

# BibTeX counts a brace even after a backslash: `\{` alone would leave the entry open. So braces become commands, and
# each command has balanced braces.
_LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\textbraceleft{}",
        "}": r"\textbraceright{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        "%": r"\%",
        "#": r"\#",
        "&": r"\&",
        "_": r"\_",
        "$": r"\$",
    }
)


def bibtex(quote: Quote, *, accessed: date | None = None, generation: int | None = None) -> str:
    r"""Return a quote as one BibTeX entry of the type misc: other types require an author.

    The key is the quote's id. Non-ASCII letters stay unchanged. A URL is not escaped, since `url` is read verbatim;
    characters that could end the field are percent-encoded.

    >>> from quoth.quote import Attribution, Origin, Selector, Speaker, Utterance
    >>> no = Quote(id="q_1", text="No.", type="direct", utterance=Utterance("u"), speaker=Speaker("ada", "Ada"),
    ...     attribution=Attribution("attributed", "name", "“Ada said”", 0.9),
    ...     article=Origin("a", headline="R&D {sic}"), selector=Selector("No."))
    >>> print(bibtex(no))
    @misc{q_1,
      title = {{R\&D \textbraceleft{}sic\textbraceright{}}},
      year = {n.d.},
      abstract = {“No.” (Ada)},
      note = {speaker Ada; quote q\_1; article version 1; article a}
    }
    <BLANKLINE>
    """
    issued = facts.published(quote)
    fields = [
        # A second pair of braces keeps styles from changing the case of a headline.
        ("title", f"{{{{{_latex(facts.title(quote))}}}}}"),
        ("howpublished", _braced(_latex(facts.clean(quote.article.publisher)))),
        ("year", _braced(f"{issued[0]:04}" if issued else facts.UNDATED)),
        ("month", _MONTHS[issued[1] - 1] if len(issued) > 1 else ""),
        ("day", _braced(str(issued[2])) if len(issued) > 2 else ""),
        ("url", _braced(facts.address(quote.article.url) or "")),
        ("urldate", "" if accessed is None else _braced(f"{accessed:%Y-%m-%d}")),
        ("language", _braced(_latex(facts.clean(quote.article.spoken_language)))),
        ("abstract", _braced(_latex(facts.abstract(quote)))),
        ("note", _braced(_latex(facts.note(quote, generation)))),
    ]
    lines = ",\n".join(f"  {name} = {value}" for name, value in fields if value)
    return f"@misc{{{_key(quote.id)},\n{lines}\n}}\n"


def _key(id: str) -> str:
    """Return an id as a key; an id with characters that a key may not have becomes a hash."""
    return id if _KEY.fullmatch(id) else f"q_{short_hash(id)}"


def _latex(text: str) -> str:
    return text.translate(_LATEX)


def _braced(value: str) -> str:
    return f"{{{value}}}" if value else ""
