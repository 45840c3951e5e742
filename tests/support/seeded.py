"""The seeded corpus of bench/ as a store in a folder, with values for every filter."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import cache
from itertools import islice
from pathlib import Path

from msgspec.structs import replace

from bench.corpora.seeded import population, synthetic
from quoth.engine import segment
from quoth.ingest.indexing import quotes_of
from quoth.quote import Quote
from quoth.storage.commit import LedgerCache, commit
from quoth.storage.segments import seal
from quoth.storage.stores.directory import DirectoryStore
from quoth.storage.stores.protocol import Store
from tests.support.builders import TestEffects, a_draft, a_record

SEGMENTS = 4
_LANGUAGES = ("en", "en-GB", "fr", None)
_CONFIDENCES = (None, 0.0, 0.5, 0.93, 1.0)


def store_of(size: int, folder: Path) -> Store:
    """Create a store of `size` quotes in four segments, some of them retired, in an empty folder."""
    store = DirectoryStore(folder)
    ledgers, clock = LedgerCache(store), TestEffects().effects()
    quotes, left = various(size), size
    for number in range(SEGMENTS):
        share = left // (SEGMENTS - number)
        lot = list(islice(quotes, share))
        records = [a_record(quote.id) for quote in lot]
        commit(store, seal(f"s{number}", segment.build((q.id, q) for q in lot), records), ledgers, clock)
        gone = [a_record(quote.id, withdrawn=True, quotes=0) for quote in lot[::101]]
        commit(store, a_draft(f"gone{number}", *gone, data=b""), ledgers, clock)
        left -= share
    return store


def various(size: int) -> Iterator[Quote]:
    """Yield quotes of the corpus that differ in type, status, language, confidence and utterance; some have no date."""
    for number, given in enumerate(synthetic(size)):
        (quote,) = quotes_of(given)
        rng = random.Random(number)  # noqa: S311 - no secrets
        article = replace(quote.article, language=rng.choice(_LANGUAGES))
        if number % 50 == 49:
            article = replace(article, published=None)
        yield replace(
            quote,
            id=f"q_{number}",  # the corpus has some quotes twice
            type=("direct", "direct", "direct", "partial", "indirect")[number % 5],
            article=article,
            attribution=replace(
                quote.attribution,
                status=rng.choice(("given", "attributed", "unattributed")),
                confidence=rng.choice(_CONFIDENCES),
            ),
            utterance=replace(quote.utterance, id=f"u_{number // 3}"),
        )


@cache
def frequent() -> tuple[str, ...]:
    """Return the words of the corpus, most frequent first."""
    return population(1).words
