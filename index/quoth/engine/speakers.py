"""Who is quoted: those whose names begin alike, and one of them in numbers."""

from __future__ import annotations

from collections.abc import Iterable

from whoosh import query

from quoth.engine.execution.collection import Collection
from quoth.engine.page import Bucket, Edition, SpeakerCount, SpeakerList, SpeakerProfile
from quoth.engine.query.lexicon import EXPANSIONS, Lexicon
from quoth.engine.query.plan import of_types
from quoth.engine.query.request import DEFAULT_TYPES
from quoth.errors import Damaged, NotFound
from quoth.quote import Quote, Speaker, from_text
from quoth.text.slugs import slug

MOST = 100

_SAID = of_types(DEFAULT_TYPES)


def lookup(collection: Collection, edition: Edition, prefix: str | None, limit: int) -> SpeakerList:
    """Return those with a spelling that begins like this, the most quoted first; without a prefix all.

    Quotes are counted that somebody said, not what is told in a reporter's words.
    """
    tree, taken_for = _named(collection, prefix)
    found = collection.search(tree, _SAID, limit=0, facets=["speaker"], buckets=len(collection.index.values("speaker")))
    counts = found.facets["speaker"]
    names = of_ids(collection, (name for name, _ in counts[:limit]))
    speakers = tuple(SpeakerCount(one, count) for one, (_, count) in zip(names, counts, strict=False))
    return SpeakerList(prefix, speakers, len(counts), edition, taken_for)


def _named(collection: Collection, prefix: str | None) -> tuple[query.Query, tuple[str, ...]]:
    """Return who is meant, and the spellings that a misspelt beginning was taken for."""
    start = slug(prefix or "")
    if not start:
        return query.Every(), ()
    collection.index.open(["known_as.terms"])
    lexicon = Lexicon(collection.index)
    if lexicon.starting("known_as", start):
        return query.Prefix("known_as", start), ()
    near = lexicon.beginning_near("known_as", start)
    return query.Or([query.Term("known_as", name) for name in near[:EXPANSIONS]]), near


def profile(collection: Collection, edition: Edition, speaker_id: str) -> SpeakerProfile:
    """Return one speaker in numbers; raises `NotFound`."""
    his = query.Term("speaker", speaker_id)
    found = collection.search(his, limit=0, facets=("type", "publisher", "year", "month"))
    if not found.total:
        raise NotFound(f"no quote is by a speaker with the id {speaker_id[:80]}")
    counts = {name: tuple(Bucket(*item) for item in items) for name, items in found.facets.items()}
    newest = _quote(collection, his, newest_first=True)
    oldest = _quote(collection, his, newest_first=False)
    dated = sum(bucket.quotes for bucket in counts["year"])
    is_dated = oldest.article.published is not None
    return SpeakerProfile(
        speaker=_bare(newest),
        quotes=found.total,
        undated=found.total - dated,
        types=counts["type"],
        publishers=counts["publisher"],
        years=counts["year"],
        months=counts["month"],
        first=oldest if is_dated else None,
        last=newest if is_dated else None,
        edition=edition,
    )


def of_ids(collection: Collection, ids: Iterable[str]) -> list[Speaker]:
    """Return the speakers with some ids, each as one of the quotes has it."""
    docs = collection.exemplars("speaker", ids)
    return [_bare(from_text(stored)) for stored in collection.index.stored(docs)]


def _quote(collection: Collection, his: query.Query, *, newest_first: bool) -> Quote:
    found = collection.search(his, limit=1, sort=("published", newest_first))
    return from_text(collection.stored(found.docs)[0])


def _bare(quote: Quote) -> Speaker:
    """Return who said a quote, without the words that name him there."""
    one = quote.speaker
    if one is None:
        raise Damaged(f"the quote {quote.id} stands under a speaker and has none")
    return Speaker(one.id, one.name, None, one.aliases, one.same_as, one.type)
