"""Measure the precision of indirect statements against the annotated attributions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from quoth.extraction.entities import clusters
from quoth.extraction.indirect import statements
from quoth.extraction.parsing.clauses import parse_paragraphs
from quoth.extraction.parsing.document import parse
from training.corpus import GoldArticle

SHARED = 0.5  # of the shorter of two texts; with more in common, they are the same statement


class Precision(NamedTuple):
    """The number of statements found, and the share with the annotated speaker."""

    found: int
    precision: float


def judged_statements(articles: Sequence[GoldArticle]) -> Precision:
    """Return the precision of the statements of these articles."""
    total = right = 0
    for article in articles:
        document = parse(article.text)
        paragraphs = parse_paragraphs(document)
        for statement in statements(document, paragraphs, clusters.gather(paragraphs, document.headline, ())):
            total += 1
            right += any(
                start < statement.phrase.end and statement.phrase.start < end
                for content, sources in article.contents
                if _shares(content, (statement.start, statement.end))
                for start, end in sources
            )
    return Precision(total, right / total if total else 0.0)


def _shares(a: tuple[int, int], b: tuple[int, int]) -> bool:
    shared = min(a[1], b[1]) - max(a[0], b[0])
    return shared > SHARED * min(a[1] - a[0], b[1] - b[0])
