"""The expected results for an article with these five quotes, from extraction to search."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from quoth.archive import Archive
from quoth.article import Article
from quoth.engine.page import Page
from quoth.ingest.formats import articles
from quoth.quote import Quote
from quoth.storage.stores.memory import MemoryStore

HERE = Path(__file__).parent
SAMPLE = HERE / "article.txt"
EXPECTED = json.loads((HERE / "expected.json").read_text("utf-8"))
SHORT, FIRST, SECOND, THIRD, CEASEFIRE = (expected["text"] for expected in EXPECTED)


def read(path: Path) -> Article:
    """Return the article of a plain text file; raises `BadInput`."""
    article = next(articles.read_file(str(path), path.read_bytes()))
    if not isinstance(article, Article):
        raise article
    return article


def failures(article: Article) -> Iterator[str]:
    """Yield a sentence for each expectation that does not hold."""
    archive = Archive(MemoryStore())
    archive.add(article)
    everything = [hit.quote for hit in archive.search().hits]
    yield from _differences(sorted(everything, key=lambda quote: quote.selector.start or 0))
    yield from _misplaced(article, everything)
    page = archive.search("land swapping")
    yield from _same("land swapping finds", set(_texts(page)), {SHORT, SECOND, THIRD})
    yield from _same("land swapping finds first", set(_texts(page)[:2]), {SHORT, THIRD})
    yield from _same("land swapping is said by", {_speaker(hit.quote) for hit in page.hits}, {"Donald Trump"})
    reasons = [hit.quote.attribution.why for hit in page.hits if hit.quote.text == THIRD]
    if not reasons or "Trump said" not in reasons[0]:
        yield f"the paragraph that names no speaker does not explain where the name comes from: {reasons}"
    for spelling in ("Zelenskyy", "Zelensky", "Volodymyr Zelensky", "zelensky"):
        by_name = archive.search("ceasefire", speaker=spelling)
        yield from _same(f"ceasefire by {spelling} finds", _texts(by_name), [CEASEFIRE])
    about = archive.search("ceasefire", speaker="Trump")
    yield from _same("ceasefire by Trump is in", about.total, 0)
    yield from _same("ceasefire by Trump stands about", _texts(about), [SHORT])
    again = archive.add(article)
    yield from _same("adding it again leads to generation", again.generation, 1)


def _differences(quotes: Sequence[Quote]) -> Iterator[str]:
    expected = [(e["text"], e["speaker"], e["type"], e["utterance"]) for e in EXPECTED]
    numbers = {id_: n for n, id_ in enumerate(dict.fromkeys(q.utterance.id for q in quotes), start=1)}
    actual = [(q.text, _speaker(q), q.type, numbers[q.utterance.id]) for q in quotes]
    yield from _same("the quotes are", actual, expected)


def _misplaced(article: Article, quotes: Iterable[Quote]) -> Iterator[str]:
    for quote in quotes:
        if article.body[quote.selector.start : quote.selector.end] != quote.text:
            yield f"the offsets of “{quote.text}” do not select it"


def _texts(page: Page) -> list[str]:
    return [hit.quote.text for hit in page.hits]


def _speaker(quote: Quote) -> str | None:
    return quote.speaker.name if quote.speaker else None


def _same(subject: str, actual: object, expected: object) -> Iterator[str]:
    if actual != expected:
        yield f"{subject} {actual!r}, but {expected!r} was expected"
