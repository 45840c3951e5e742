"""Who sees everything: each change of the bucket as it takes place, each acknowledgement, what each reader holds.

The witness takes no part. It asks the invariants about each thing that it sees, so a violation is raised at the call
that brought it about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from quoth.storage import history, segments, snapshot
from quoth.storage import manifest as manifests
from quoth.storage.maintenance.garbage import COLLECTOR_LIFE, DAYS
from quoth.storage.manifest import Manifest
from quoth.storage.stores.protocol import StoredObject
from tests.storage.simulation import content, invariants
from tests.storage.simulation.content import NewsItem, NewsMessage, NewsQuote
from tests.storage.simulation.scheduler import Scheduler
from tests.storage.simulation.store import SimulatedBucket


@dataclass(frozen=True, slots=True)
class Published:
    """A generation when it was published: its bytes, the quotes in it, and the version that must stand of each key."""

    manifest: Manifest
    data: bytes | None
    quotes: tuple[NewsQuote, ...]
    standing: Mapping[str, NewsItem]


class Witness:
    """Watches over a bucket. `grace` is what collectors are told, in seconds."""

    def __init__(self, scheduler: Scheduler, grace: float) -> None:
        self.bucket = SimulatedBucket(scheduler, self._saw)
        self.current = Published(Manifest(), None, (), {})
        self._scheduler = scheduler
        self._grace = grace
        self._published = {0: self.current}
        self._nonces: set[str] = set()
        self._drafts: dict[str, Sequence[NewsItem]] = {}
        self._reached: dict[str, NewsItem] = {}
        self._rollbacks: dict[str, int] = {}
        self._readers: dict[str, tuple[int, float]] = {}
        self._files: dict[str, bytes] = {}

    @property
    def has_rolled_back(self) -> bool:
        """Whether somebody has tried to go back to an older generation."""
        return bool(self._rollbacks)

    def drafted(self, segment_id: str, items: Sequence[NewsItem]) -> None:
        """Note what a writer is about to commit as a segment."""
        self._drafts[segment_id] = items

    def rolling_back(self, process: str, generation: int) -> None:
        """Note that what this process publishes is a generation of the past."""
        self._rollbacks[process] = generation

    def acknowledged(self, message: NewsMessage) -> None:
        """See that a message need not be delivered again."""
        self._scheduler.events["messages acknowledged"] += 1
        invariants.i1_acknowledged_is_committed(message, self._reached)

    def holds(self, reader: str, manifest: Manifest, until: float) -> None:
        """Note that a reader relies on a generation up to a time."""
        self._readers[reader] = (manifest.generation, until)

    def published(self, manifest: Manifest) -> Published:
        """Return what was seen of a generation when it was published."""
        return self._published[manifest.generation]

    def at_rest(self, messages: Sequence[NewsMessage]) -> None:
        """See the state when every message has been acknowledged."""
        invariants.i2_the_order_of_delivery_does_not_matter(self.current.quotes, messages)

    def cleaned(self) -> None:
        """See what is left when a collection has run long after everything else."""
        ours = [key for key in self.bucket.objects if key.startswith((segments.PREFIX, history.PREFIX))]
        invariants.garbage_goes(ours, _files_of(self.current.manifest))

    def _saw(self, key: str, data: bytes | None) -> None:
        if data is None:
            self._scheduler.events["objects deleted"] += 1
            invariants.i4_only_garbage_is_deleted(key, self._reachable())
        elif key == snapshot.KEY:
            self._saw_swap(data)
        elif key.startswith(history.PREFIX):
            generation = int(key.removeprefix(history.PREFIX).partition("-")[0])
            invariants.a_copy_is_the_generation_it_says(data, self._published[generation].data, key)
        elif key.startswith(segments.PREFIX):
            self._files[key] = data

    def _saw_swap(self, data: bytes) -> None:
        before, manifest = self.current.manifest, manifests.from_bytes(data)
        invariants.i3_generations_follow_one_another(before, manifest, self._nonces)
        there = {key.removeprefix(segments.PREFIX) for key in self.bucket.objects}
        invariants.i4_everything_named_is_there(manifest, there)
        found = {segment.id: self._read(segment) for segment in manifest.segments}
        quotes = tuple(quote for of_segment in found.values() for quote in of_segment)
        standing = self._standing(manifest)
        self._nonces.add(manifest.nonce)
        self._scheduler.events["generations by a " + manifest.nonce.rstrip("-0123456789")] += 1
        self.current = self._published[manifest.generation] = Published(manifest, data, quotes, standing)
        invariants.i2_nothing_is_there_twice(quotes)
        invariants.i1_nothing_is_lost(quotes, standing)
        invariants.i1_nothing_comes_back(quotes, standing)
        invariants.the_books_balance(manifest, found)

    def _standing(self, manifest: Manifest) -> Mapping[str, NewsItem]:
        """Return the version of each key that must stand: known from what was committed, not from what is stored."""
        process = manifest.nonce.partition("-")[0]
        if process in self._rollbacks:
            return self._published[self._rollbacks[process]].standing
        standing, before = dict(self.current.standing), self.current.manifest
        for segment in manifest.segments:
            if not before.holds(segment.id):
                for item in self._drafts.get(segment.id, ()):
                    _raise_to(standing, item)
                    _raise_to(self._reached, item)
        return standing

    def _read(self, segment: manifests.SegmentEntry) -> list[NewsQuote]:
        data = self._files[segments.key(segment)]
        return content.read(data[segment.index_start : segment.ledger_start], segment.retired_numbers)

    def _reachable(self) -> set[str]:
        """Return the keys that nobody may delete now."""
        now = self._scheduler.now
        generations = [generation for generation, until in self._readers.values() if now <= until]
        copies = self._kept_copies(now)
        generations += [copy.generation for copy in copies]
        manifests_ = [self.current.manifest, *(self._published[generation].manifest for generation in generations)]
        return {snapshot.KEY, *(copy.key for copy in copies)}.union(*map(_files_of, manifests_))

    def _kept_copies(self, now: float) -> list[history.ManifestCopy]:
        """Return the copies that are to be kept now and were so when a collector that is still alive looked at them."""
        objects = self.bucket.objects.items()
        copies = history.copies(
            StoredObject(k, len(s.data), s.modified) for k, s in objects if k.startswith(history.PREFIX)
        )
        looks = (
            history.copies_to_keep(copies, when, grace=self._grace, days=DAYS) for when in (now, now - COLLECTOR_LIFE)
        )
        kept = set.intersection(*looks)
        return [copy for copy in copies if copy.key in kept]


def _raise_to(standing: dict[str, NewsItem], item: NewsItem) -> None:
    if item.key not in standing or standing[item.key].rank < item.rank:
        standing[item.key] = item


def _files_of(manifest: Manifest) -> set[str]:
    return {segments.key(segment) for segment in manifest.segments}
