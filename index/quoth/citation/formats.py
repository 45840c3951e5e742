"""The citation formats, by their names in the parameter `format`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from quoth.citation.bibtex import bibtex
from quoth.citation.csl import csl
from quoth.citation.plain import plain
from quoth.citation.ris import ris
from quoth.citation.schema_org import json_ld, json_ld_text
from quoth.citation.wikipedia import wikipedia
from quoth.errors import BadQuery
from quoth.quote import Quote


class Format(NamedTuple):
    """A citation format: its media type, its name for a reader, and the function that cites a quote of a generation.

    The OpenAPI document lists a format by its media type, so no two formats may share one.
    """

    media_type: str
    description: str
    cite: Callable[[Quote, int], str]


def _csl(quote: Quote, generation: int) -> str:
    return json.dumps([csl(quote, generation=generation)], ensure_ascii=False, indent=2) + "\n"


def _json_ld(quote: Quote, _: int) -> str:
    value = json_ld(quote)
    if value is None:
        raise BadQuery("format", "jsonld needs a direct or partial quote with a known speaker")
    return json_ld_text(value) + "\n"


FORMATS: Final[Mapping[str, Format]] = {
    "csl": Format("application/vnd.citationstyles.csl+json", "CSL-JSON", _csl),
    "ris": Format("application/x-research-info-systems", "RIS", lambda quote, n: ris(quote, generation=n)),
    "bibtex": Format("application/x-bibtex", "BibTeX", lambda quote, n: bibtex(quote, generation=n)),
    "text": Format("text/plain; charset=utf-8", "one line", lambda quote, _: plain(quote) + "\n"),
    "wikipedia": Format(
        "text/x-wiki; charset=utf-8", "Wikipedia’s {{cite news}}", lambda quote, _: wikipedia(quote) + "\n"
    ),
    "jsonld": Format("application/ld+json", "a schema.org Quotation", _json_ld),
}
