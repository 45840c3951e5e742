"""A quote as a citation: CSL-JSON, RIS, BibTeX, one plain line, schema.org, and a link to the quote in its source.

What is cited is the article, whose byline a quote does not know; the speaker is never given as its author. Every
format says when it is not certain who spoke, and none invents what is not known.
"""

from quoth.citation.bibtex import bibtex
from quoth.citation.csl import csl
from quoth.citation.deeplink import source_link
from quoth.citation.formats import FORMATS, Format
from quoth.citation.plain import plain
from quoth.citation.ris import ris
from quoth.citation.schema_org import json_ld, json_ld_text

__all__ = ["FORMATS", "Format", "bibtex", "csl", "json_ld", "json_ld_text", "plain", "ris", "source_link"]
