"""What must hold at every moment and under every fault: the design's I1 to I4, each a plain function.

Each is told what was seen from outside (witness.py) and raises `Violation` when that must not be.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from quoth.storage.ledger import SUMS
from quoth.storage.manifest import Manifest
from tests.storage.simulation.content import NewsItem, NewsMessage, NewsQuote, hash_of


class Violation(AssertionError):
    """An invariant does not hold; the message begins with its name."""


def i1_nothing_is_lost(quotes: Sequence[NewsQuote], standing: Mapping[str, NewsItem]) -> None:
    """Every quote of the highest version that was ever committed of each item is in the index.

    `standing` has these versions by key; of two that clash, the first. It is more than the design asks for: a quote
    counts from its commit, not only from its acknowledgement.
    """
    lost = sorted({quote for item in standing.values() for quote in item.quotes}.difference(quotes))
    if lost:
        raise Violation(f"I1 lost: {_list(lost)}")


def i1_acknowledged_is_committed(message: NewsMessage, reached: Mapping[str, NewsItem]) -> None:
    """A message is acknowledged once its items, or higher versions of them, were committed."""
    for item in message.items:
        if item.key not in reached or reached[item.key].rank < item.rank:
            raise Violation(f"I1 lost: {message.name} is acknowledged, {item} was never committed")


def i1_nothing_comes_back(quotes: Sequence[NewsQuote], standing: Mapping[str, NewsItem]) -> None:
    """No quote is in the index that a higher version replaced or withdrew."""
    wrong = sorted(set(quotes).difference(quote for item in standing.values() for quote in item.quotes))
    if wrong:
        raise Violation(f"I1 came back: {_list(wrong)}")


def i2_nothing_is_there_twice(quotes: Iterable[NewsQuote]) -> None:
    """No quote id is twice among the quotes that can be found."""
    twice = sorted(name for name, times in Counter(quote.id for quote in quotes).items() if times > 1)
    if twice:
        raise Violation(f"I2 twice: {', '.join(twice)}")


def i2_the_order_of_delivery_does_not_matter(quotes: Sequence[NewsQuote], messages: Iterable[NewsMessage]) -> None:
    """When all has been delivered, the highest version of each key stands; of a clash, one of the two."""
    items = {item for message in messages for item in message.items}
    for key in sorted({item.key for item in items}):
        highest = max(item.rank for item in items if item.key == key)
        allowed = [item.quotes for item in sorted(items) if (item.key, item.rank) == (key, highest)]
        found = tuple(sorted(quote for quote in quotes if quote.key == key))
        if found not in allowed:
            raise Violation(f"I2 at rest: of {key} there is {_list(found)}; expected {_list(allowed[0])}")


def i3_generations_follow_one_another(before: Manifest, after: Manifest, nonces: Collection[str]) -> None:
    """A swap makes the next generation, with a nonce that was never seen."""
    if after.generation != before.generation + 1:
        raise Violation(f"I3 generation {after.generation} follows generation {before.generation}")
    if after.nonce in nonces:
        raise Violation(f"I3 nonce {after.nonce} of generation {after.generation} was used before")


def i3_a_reader_sees_one_whole_generation(found: Sequence[NewsQuote], published: Sequence[NewsQuote]) -> None:
    """What a reader found is what was published as this generation, no more and no less."""
    if sorted(found) != sorted(published):
        raise Violation(f"I3 torn: a reader found {_list(found)}, published was {_list(published)}")


def i3_a_reader_never_goes_back(before: Manifest, after: Manifest) -> None:
    """The generations that one reader sees ascend."""
    if after.generation < before.generation:
        raise Violation(f"I3 back: a reader saw generation {after.generation} after {before.generation}")


def i4_everything_named_is_there(manifest: Manifest, segments: Collection[str]) -> None:
    """No generation is published of which a segment is missing."""
    gone = sorted({segment.id for segment in manifest.segments}.difference(segments))
    if gone:
        raise Violation(f"I4 generation {manifest.generation} is published without its segments {', '.join(gone)}")


def i4_only_garbage_is_deleted(key: str, reachable: Collection[str]) -> None:
    """What the manifest, a generation that is kept, or a live reader can reach stays."""
    if key in reachable:
        raise Violation(f"I4 deleted: {key}")


def i4_a_live_reader_can_go_on(age: float, life: float) -> None:
    """A reader may find its generation gone when it is old, not before."""
    if age <= life:
        raise Violation(f"I4 gone: what a reader of {age:.0f} seconds was reading")


def the_books_balance(manifest: Manifest, quotes: Mapping[str, Sequence[NewsQuote]]) -> None:
    """Counts and sums of the manifest are those of the quotes that can be found; `quotes` has them by segment."""
    for segment in manifest.segments:
        found = quotes[segment.id]
        if (segment.live_quotes, segment.live_ids) != (len(found), sum(hash_of(quote.id) for quote in found) % SUMS):
            raise Violation(f"books: segment {segment.id} has {_list(found)}, its entry counts others")


def a_copy_is_the_generation_it_says(copy: bytes, published: bytes | None, key: str) -> None:
    """What is kept in the history was once the manifest, bit by bit."""
    if copy != published:
        raise Violation(f"history: {key} was never the manifest")


def garbage_goes(objects: Collection[str], reachable: Collection[str]) -> None:
    """In the end a collection leaves what is reachable and nothing else."""
    left = sorted(set(objects).difference(reachable))
    if left:
        raise Violation(f"garbage stays: {', '.join(left)}")


def _list(quotes: Iterable[NewsQuote]) -> str:
    return ", ".join(f"{quote.id} v{quote.version} {quote.body!r}" for quote in quotes) or "nothing"
