"""The invariants I1 to I4 of the design, which hold at every moment and under every fault, each as a plain function.

Each function takes the observations of the witness (witness.py) and raises `Violation` if they break the invariant.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from quoth.exports.job import ExportJob
from quoth.hashes import sha256
from quoth.storage.history import Tag
from quoth.storage.ledger import SUMS
from quoth.storage.manifest import Manifest, WithdrawnItem
from quoth.storage.segments import Retirement
from tests.storage.simulation.content import NewsItem, NewsMessage, NewsQuote, hash_of


class Violation(AssertionError):
    """An invariant does not hold; the message begins with its name."""


def i1_nothing_is_lost(quotes: Sequence[NewsQuote], standing: Mapping[str, NewsItem]) -> None:
    """The index has every quote of the highest version ever committed of each item.

    `standing` has these versions by key, and the first of two that clash. This is stricter than the design: a quote
    counts from its commit, not only from its acknowledgement.
    """
    lost = sorted({quote for item in standing.values() for quote in item.quotes}.difference(quotes))
    if lost:
        raise Violation(f"I1 lost: {_list(lost)}")


def i1_acknowledged_is_committed(message: NewsMessage, reached: Mapping[str, NewsItem]) -> None:
    """A message is acknowledged only after its items, or higher versions of them, are committed."""
    for item in message.items:
        if item.key not in reached or reached[item.key].rank < item.rank:
            raise Violation(f"I1 lost: {message.name} is acknowledged, {item} was never committed")


def i1_nothing_comes_back(quotes: Sequence[NewsQuote], standing: Mapping[str, NewsItem]) -> None:
    """The index has no quote that a higher version has replaced or withdrawn."""
    wrong = sorted(set(quotes).difference(quote for item in standing.values() for quote in item.quotes))
    if wrong:
        raise Violation(f"I1 came back: {_list(wrong)}")


def i2_nothing_is_there_twice(quotes: Iterable[NewsQuote]) -> None:
    """No quote id occurs twice in the index."""
    twice = sorted(name for name, times in Counter(quote.id for quote in quotes).items() if times > 1)
    if twice:
        raise Violation(f"I2 twice: {', '.join(twice)}")


def i2_the_order_of_delivery_does_not_matter(quotes: Sequence[NewsQuote], messages: Iterable[NewsMessage]) -> None:
    """After all deliveries, the highest version of each key is current; of two that clash, either one."""
    items = {item for message in messages for item in message.items}
    for key in sorted({item.key for item in items}):
        highest = max(item.rank for item in items if item.key == key)
        allowed = [item.quotes for item in sorted(items) if (item.key, item.rank) == (key, highest)]
        found = tuple(sorted(quote for quote in quotes if quote.key == key))
        if found not in allowed:
            raise Violation(f"I2 at rest: of {key} there is {_list(found)}; expected {_list(allowed[0])}")


def i3_generations_follow_one_another(before: Manifest, after: Manifest, nonces: Collection[str]) -> None:
    """A swap publishes the next generation, with a fresh nonce."""
    if after.generation != before.generation + 1:
        raise Violation(f"I3 generation {after.generation} follows generation {before.generation}")
    if after.nonce in nonces:
        raise Violation(f"I3 nonce {after.nonce} of generation {after.generation} was used before")


def i3_a_reader_sees_one_whole_generation(found: Sequence[NewsQuote], published: Sequence[NewsQuote]) -> None:
    """A reader sees exactly the quotes that were published as its generation."""
    if sorted(found) != sorted(published):
        raise Violation(f"I3 torn: a reader found {_list(found)}, published was {_list(published)}")


def i3_a_reader_never_goes_back(before: Manifest, after: Manifest) -> None:
    """The generations that one reader sees never decrease."""
    if after.generation < before.generation:
        raise Violation(f"I3 back: a reader saw generation {after.generation} after {before.generation}")


def i4_everything_named_is_there(manifest: Manifest, segments: Collection[str]) -> None:
    """Every segment of a published generation is in the store."""
    gone = sorted({segment.id for segment in manifest.segments}.difference(segments))
    if gone:
        raise Violation(f"I4 generation {manifest.generation} is published without its segments {', '.join(gone)}")


def i4_only_garbage_is_deleted(key: str, reachable: Collection[str]) -> None:
    """No object is deleted that the manifest, a kept generation, or a live reader can reach."""
    if key in reachable:
        raise Violation(f"I4 deleted: {key}")


def i4_a_live_reader_can_go_on(age: float, life: float) -> None:
    """A generation disappears under a reader only after the reader's life is over."""
    if age <= life:
        raise Violation(f"I4 gone: what a reader of {age:.0f} seconds was reading")


def i4_a_tag_stays(name: str, stored: Tag | None, generation: int) -> None:
    """A tag that somebody was told is made is there, of its generation, whole or broken, until it is given up."""
    if stored is None or stored.generation != generation:
        raise Violation(f"I4 tag: {name} of generation {generation} is {stored and stored.generation}")


def i4_a_tag_can_be_read(tag: Tag, stored: Tag | None, why: str) -> None:
    """The segments of a tag are there while the tag is."""
    if stored is not None and stored.etag == tag.etag:
        raise Violation(f"I4 tag: {tag.name} of generation {tag.generation} cannot be read: {why}")


def what_is_erased_is_gone(place: str, words: Iterable[NewsQuote], erased: Mapping[str, WithdrawnItem]) -> None:
    """A segment, or those of a tag, have no words that an erasure has erased, even words that no reader is shown."""
    left = [q for q in words if q.key in erased and q.version <= erased[q.key].version]
    if left:
        raise Violation(f"erased: {place} holds {_list(left)}")


def the_books_balance(manifest: Manifest, quotes: Mapping[str, Sequence[NewsQuote]]) -> None:
    """The counts and sums in the manifest match the live quotes; `quotes` has these by segment."""
    for segment in manifest.segments:
        found = quotes[segment.id]
        if (segment.live_quotes, segment.live_ids) != (len(found), sum(hash_of(quote.id) for quote in found) % SUMS):
            raise Violation(f"books: segment {segment.id} has {_list(found)}, its entry counts others")


def every_end_is_remembered(remembered: Mapping[str, Retirement], ended: Mapping[str, Retirement]) -> None:
    """Each quote that a generation had, and that is not there now, has left the generation of its end, and why."""
    for name, end in ended.items():
        if remembered.get(name) != end:
            raise Violation(f"tombstone: {name} ended by {end}, the index remembers {remembered.get(name)}")


def withdrawals_are_told(manifest: Manifest, withdrawn: Mapping[str, WithdrawnItem]) -> None:
    """The manifest tells the last withdrawal of each key, so that no past generation is shown with it."""
    if {item.key: item for item in manifest.withdrawn} != withdrawn:
        told, known = list(manifest.withdrawn), list(withdrawn.values())
        raise Violation(f"withdrawn: generation {manifest.generation} tells {told}, withdrawn is {known}")


def what_is_withdrawn_is_not_shown(shown: Iterable[NewsQuote], withdrawn: Mapping[str, WithdrawnItem]) -> None:
    """A past generation is shown without each quote that the newest one has withdrawn since."""
    leaked = [q for q in shown if q.key in withdrawn and q.version <= withdrawn[q.key].version]
    if leaked:
        raise Violation(f"withdrawn: {_list(leaked)}")


def a_file_is_what_its_job_says(job: ExportJob, data: bytes) -> None:
    """The file of an export that is done has the rows, the bytes and the hash that its job says."""
    lines = data.splitlines()
    if (len(lines), len(data), sha256(data)) != (job.rows, job.bytes, job.sha256):
        raise Violation(f"export: {len(lines)} rows and {len(data)} bytes, the job says {job}")


def an_export_has_every_quote_that_is_not_withdrawn(
    data: bytes, published: Sequence[NewsQuote], withdrawn: Mapping[str, WithdrawnItem], ever: Collection[str]
) -> None:
    """A file has the quotes of its generation, none that was withdrawn before it is fetched, all that never were."""
    names = {json.loads(line)["id"] for line in data.splitlines()}
    of_name = {f"{quote.id} v{quote.version}": quote for quote in published}
    if unknown := sorted(names - of_name.keys()):
        raise Violation(f"export: {', '.join(unknown)} is not of its generation")
    what_is_withdrawn_is_not_shown((of_name[name] for name in names), withdrawn)
    if lost := [quote for name, quote in of_name.items() if name not in names and quote.key not in ever]:
        raise Violation(f"export: lost {_list(lost)}")


def every_export_ends(job_id: str, status: str) -> None:
    """At rest no job waits or runs."""
    if status not in ("done", "failed"):
        raise Violation(f"export: {job_id} is {status} for good")


def a_copy_is_the_generation_it_says(copy: bytes, published: bytes | None, key: str) -> None:
    """Each copy in the history is a past manifest, byte for byte."""
    if copy != published:
        raise Violation(f"history: {key} was never the manifest")


def garbage_goes(objects: Collection[str], reachable: Collection[str]) -> None:
    """A final collection leaves exactly the reachable objects."""
    left = sorted(set(objects).difference(reachable))
    if left:
        raise Violation(f"garbage stays: {', '.join(left)}")


def _list(quotes: Iterable[NewsQuote]) -> str:
    return ", ".join(f"{quote.id} v{quote.version} {quote.body!r}" for quote in quotes) or "nothing"
