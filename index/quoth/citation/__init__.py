"""A quote as a citation: CSL-JSON, RIS, BibTeX, Wikipedia's template, one plain line, schema.org, and a link.

The link opens the source at the quote. A citation cites the article. A quote does not know the byline of its article,
and the speaker is never given as the author. Every format states when the speaker is uncertain, and no format invents
unknown values.
"""

from quoth.citation.bibtex import bibtex
from quoth.citation.csl import csl
from quoth.citation.deeplink import source_link
from quoth.citation.formats import FORMATS, Format
from quoth.citation.plain import plain
from quoth.citation.ris import ris
from quoth.citation.schema_org import json_ld, json_ld_text
from quoth.citation.wikipedia import wikipedia

__all__ = ["FORMATS", "Format", "bibtex", "csl", "json_ld", "json_ld_text", "plain", "ris", "source_link", "wikipedia"]
