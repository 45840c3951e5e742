"""Read annotated articles: quoted spans, their mentions and their speakers.

A file of articles has one JSON record a line: `id`, `text`, and `quotes`, each with `start` and `end` (half-open code
points of `text`, without the marks), `attr` (`null` for non-speech: titles, scare quotes), `source` (ranges of the
words that name the speaker), `source_text`, `source_kind` (`name`, `pron`, `nominal`, `none`) and, if an annotator
resolved it, `entity`. The articles belong to their publishers and are not shipped; a file of labels adds the referents
of pronouns and nominals: `id`, `start` of the mention, `entity` (`null` if the article does not name it).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MARKS = " \t\n\"“”'‘’"
PUNCTUATION = MARKS + ".,!?;:—-…"
WORD = re.compile(r"[A-Za-zÀ-ÿ][\w'’-]*")
NO_NAMES = frozenset(
    """the of a an and mr mrs ms dr sen rep gov president former new york donald hillary state united states republican
    democratic secretary senator jr sr who for in said told""".split()
)


@dataclass(frozen=True, slots=True)
class GoldQuote:
    """A quoted span as annotated; `is_spoken` is false for titles and scare quotes."""

    start: int
    end: int
    is_spoken: bool
    source: tuple[int, int] | None
    kind: str
    entity: str | None


@dataclass(frozen=True, slots=True)
class GoldArticle:
    """An article with its quotes.

    `labels` map the offset of a mention to its entity (`None` if the article does not name it). `contents` are all
    attributed texts, including those without marks, each as its range and the ranges of its source.
    """

    id: str
    text: str
    quotes: tuple[GoldQuote, ...]
    labels: Mapping[int, str | None]
    contents: tuple[tuple[tuple[int, int], tuple[tuple[int, int], ...]], ...] = ()


def read(path: Path, labels: Path | None = None) -> list[GoldArticle]:
    """Return the articles of a file, with their labels from another file."""
    labels_by_article: dict[str, dict[int, str | None]] = {}
    for record in _records(labels) if labels else ():
        labels_by_article.setdefault(record["id"], {})[record["start"]] = record["entity"]
    return [_article(record, labels_by_article.get(record["id"], {})) for record in _records(path)]


def _records(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield json.loads(line)
            except ValueError as error:
                raise SystemExit(f"{path}, line {number}: not JSON ({error})") from error


def _article(record: Mapping[str, Any], labels: Mapping[int, str | None]) -> GoldArticle:
    quotes = []
    for quote in record["quotes"]:
        ranges = quote.get("source") or []
        kind = quote.get("source_kind", "none")
        entity = quote.get("entity") if "entity" in quote else quote.get("source_text") if kind == "name" else None
        source = (ranges[0][0], ranges[0][1]) if ranges else None
        quotes.append(GoldQuote(quote["start"], quote["end"], bool(quote["attr"]), source, kind, entity or None))
    contents = tuple(
        (
            (attribution["content"][0][0], attribution["content"][-1][1]),
            tuple((start, end) for start, end in attribution["source"] or ()),
        )
        for attribution in record.get("attributions", ())
        if attribution["content"]
    )
    return GoldArticle(record["id"], record["text"], tuple(quotes), labels, contents)


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Return a range without the marks and the punctuation at its ends.

    >>> trimmed("“Yes,” she said", 1, 5)
    (1, 4)
    """
    while start < end and text[start] in MARKS:
        start += 1
    while end > start and text[end - 1] in PUNCTUATION:
        end -= 1
    return start, end


def name_words(name: str) -> list[str]:
    """Return the words of a name without possessive endings.

    >>> name_words("Ada Byron's aide, Bo O’Neill")
    ['Ada', 'Byron', 'aide', 'Bo', 'O’Neill']
    """
    return [re.sub(r"['’]s$", "", word) for word in WORD.findall(name)]


def surname(name: str) -> str:
    """Return the last capitalised word of a name in lower case, ignoring Jr. and similar suffixes.

    >>> surname("Donald Trump Jr."), surname("the head of the Harbour Board"), surname("")
    ('trump', 'board', '')
    """
    parts = [word for word in name_words(name) if word.lower() not in {"jr", "sr", "ii", "iii"}]
    capitals = [word for word in parts if word[:1].isupper()]
    return (capitals or parts or [""])[-1].lower()


def is_named(name: str | None, entity: str) -> bool:
    """Whether a predicted name matches the gold entity: its surname is one of the words of the entity.

    >>> is_named("Ada Byron", "Mayor Byron"), is_named("Bo Lind", "Mayor Byron"), is_named(None, "Byron")
    (True, False, False)
    """
    word = surname(name or "")
    return bool(word) and word not in NO_NAMES and word in {part.lower() for part in name_words(entity)}


def split(articles: Sequence[GoldArticle], folds: int) -> Iterator[tuple[list[GoldArticle], list[GoldArticle]]]:
    """Yield (training, held out) for each fold; articles are assigned to folds in the order of their ids."""
    ordered = sorted(articles, key=lambda article: article.id)
    for fold in range(folds):
        held_out = ordered[fold::folds]
        yield [article for n, article in enumerate(ordered) if n % folds != fold], held_out
