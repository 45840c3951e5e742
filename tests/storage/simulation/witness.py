"""The observer of a simulation: it sees each change of the bucket, each acknowledgement, and each reader's snapshot.

The witness does not act. It checks the invariants at each event, so a violation is raised by the call that causes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from quoth.exports.job import ExportJob
from quoth.storage import history, segments, snapshot, transitions
from quoth.storage import manifest as manifests
from quoth.storage.history import Tag
from quoth.storage.maintenance.garbage import COLLECTOR_LIFE, DAYS
from quoth.storage.manifest import Manifest, WithdrawnItem
from quoth.storage.segments import Retirement
from quoth.storage.stores.protocol import StoredObject
from tests.storage.simulation import content, invariants
from tests.storage.simulation.content import NewsItem, NewsMessage, NewsQuote
from tests.storage.simulation.scheduler import Scheduler
from tests.storage.simulation.store import SimulatedBucket


@dataclass(frozen=True, slots=True)
class Published:
    """A generation at its publication: its bytes, its quotes, and the version of each key that must be current.

    `withdrawn` has the last withdrawal of each key and its generation, `ended` how each quote of an
    earlier generation ended.
    """

    manifest: Manifest
    data: bytes | None
    quotes: tuple[NewsQuote, ...]
    standing: Mapping[str, NewsItem]
    withdrawn: Mapping[str, WithdrawnItem]
    ended: Mapping[str, Retirement]


class Witness:
    """Observes a bucket. `grace` is the grace period of the collectors in seconds."""

    def __init__(self, scheduler: Scheduler, grace: float) -> None:
        self.bucket = SimulatedBucket(scheduler, self._saw)
        self.current = Published(Manifest(), None, (), {}, {}, {})
        self._scheduler = scheduler
        self._grace = grace
        self._published = {0: self.current}
        self._nonces: set[str] = set()
        self._drafts: dict[str, Sequence[NewsItem]] = {}
        self._last_draft: dict[str, Sequence[NewsItem]] = {}
        self._reached: dict[str, NewsItem] = {}
        self._rollbacks: dict[str, tuple[int, bool]] = {}
        self._readers: dict[str, tuple[int, float]] = {}
        self._files: dict[str, bytes] = {}
        self._ever_withdrawn: set[str] = set()
        self._tags: dict[str, int] = {}
        self._given_up: set[str] = set()
        self._erased: dict[str, WithdrawnItem] = {}
        self.exports: set[str] = set()

    @property
    def has_rolled_back(self) -> bool:
        """Whether a process has attempted a rollback."""
        return bool(self._rollbacks)

    def drafted(self, segment_id: str, items: Sequence[NewsItem]) -> None:
        """Record the items that a writer is about to commit as a segment."""
        self._drafts[segment_id] = self._last_draft[segment_id.partition("-")[0]] = items

    def rolling_back(self, process: str, generation: int, *, restores_withdrawn: bool) -> None:
        """Record the generation to which a process is rolling back."""
        self._rollbacks[process] = generation, restores_withdrawn

    def acknowledged(self, message: NewsMessage) -> None:
        """Check the acknowledgement of a message."""
        self._scheduler.events["messages acknowledged"] += 1
        invariants.i1_acknowledged_is_committed(message, self._reached)

    def holds(self, reader: str, manifest: Manifest, until: float) -> None:
        """Record that a reader relies on a generation until a time."""
        self._readers[reader] = (manifest.generation, until)

    def published(self, manifest: Manifest) -> Published:
        """Return a generation as it was published."""
        return self._published[manifest.generation]

    def withdrawn_between(self, older: Manifest, newest: Manifest) -> Mapping[str, WithdrawnItem]:
        """Return what the newest of two generations has withdrawn since the older one."""
        withdrawn = self._published[newest.generation].withdrawn
        return {key: item for key, item in withdrawn.items() if item.since > older.generation}

    def asked(self, job_id: str) -> None:
        """Record that a client has asked for an export."""
        self.exports.add(job_id)

    def exported(self, job: ExportJob, data: bytes, before: Published) -> None:
        """Check the file of an export that a client fetches; `before` was current before it looked at the job."""
        self._scheduler.events["exports fetched"] += 1
        invariants.a_file_is_what_its_job_says(job, data)
        published = self._published.get(job.generation, self._published[0])
        later = {key: item for key, item in before.withdrawn.items() if item.since > job.generation}
        invariants.an_export_has_every_quote_that_is_not_withdrawn(data, published.quotes, later, self._ever_withdrawn)

    def tagged(self, name: str, generation: int) -> None:
        """Record that somebody was told that a generation has a tag."""
        self._scheduler.events["generations tagged"] += 1
        # Its deletion, asked for before, may reach the store at any moment.
        if name not in self._given_up:
            self._tags[name] = generation
            invariants.i4_a_tag_stays(name, self._stored_tag(name), generation)

    def untagging(self, name: str) -> None:
        """Record that a process is about to delete a tag."""
        self._tags.pop(name, None)
        self._given_up.add(name)

    def missed(self, tag: Tag, why: str) -> None:
        """Check that a tag whose segments are gone is gone itself."""
        invariants.i4_a_tag_can_be_read(tag, self._stored_tag(tag.name), why)

    def read_as_of(self, tag: Tag, newest: Manifest, found: Sequence[NewsQuote]) -> None:
        """Check what a reader found as of a tag."""
        self._scheduler.events["tags read"] += 1
        published = self._published[tag.generation]
        later = self.withdrawn_between(published.manifest, newest)
        invariants.what_is_withdrawn_is_not_shown(found, later)
        shown = [q for q in published.quotes if q.key not in later or q.version > later[q.key].version]
        invariants.i3_a_reader_sees_one_whole_generation(found, shown)

    def erased(self, before: Published) -> None:
        """Record the end of an erasure, and check the tags; `before` was current when it began."""
        if self._rollbacks:
            return  # what was withdrawn may have been there again meanwhile, and may be again
        self._scheduler.events["erasures"] += 1
        self._erased.update(before.withdrawn)
        for segment in self.current.manifest.segments:
            if before.manifest.holds(segment.id):  # a late delivery may bring the words back, in another segment
                invariants.what_is_erased_is_gone(segment.id, content.read(self._index(segment), ()), before.withdrawn)
        for tag in self._stored_tags():
            self._check_erased(tag)

    def _check_erased(self, tag: Tag) -> None:
        assert tag.manifest is not None
        words = (quote for segment in tag.manifest.segments for quote in content.read(self._index(segment), ()))
        invariants.what_is_erased_is_gone(f"the tag {tag.name}", words, {} if self._rollbacks else self._erased)

    def _stored_tag(self, name: str) -> Tag | None:
        stored = self.bucket.objects.get(history.TAGS + name)
        return stored and history.tag_of(history.TAGS + name, stored.data, stored.modified, stored.etag)

    def _stored_tags(self) -> Iterator[Tag]:
        """Yield the tags that a reader can read."""
        for key in self.bucket.objects:
            if key.startswith(history.TAGS):
                tag = self._stored_tag(key.removeprefix(history.TAGS))
                if tag is not None and tag.manifest is not None and not tag.is_unfinished:
                    yield tag

    def at_rest(self, messages: Sequence[NewsMessage]) -> None:
        """Check the state once every message is acknowledged."""
        invariants.i2_the_order_of_delivery_does_not_matter(self.current.quotes, messages)

    def cleaned(self) -> None:
        """Check the objects that remain after a final collection, long after everything else."""
        ours = [key for key in self.bucket.objects if key.startswith((segments.PREFIX, history.PREFIX))]
        tagged = [tag.manifest for tag in self._stored_tags() if tag.manifest is not None]
        invariants.garbage_goes(ours, set[str]().union(*map(_files_of, (self.current.manifest, *tagged))))

    def _saw(self, key: str, data: bytes | None) -> None:
        if data is None:
            self._scheduler.events["objects deleted"] += 1
            if key.startswith(history.TAGS):
                self._saw_tag(key.removeprefix(history.TAGS))
            else:
                invariants.i4_only_garbage_is_deleted(key, self._reachable())
        elif key == snapshot.KEY:
            self._saw_swap(data)
        elif key.startswith(history.PREFIX):
            generation = int(key.removeprefix(history.PREFIX).partition("-")[0])
            invariants.a_copy_is_the_generation_it_says(data, self._published[generation].data, key)
        elif key.startswith(segments.PREFIX):
            self._files[key] = data
        elif key.startswith(history.TAGS):
            self._saw_tag(key.removeprefix(history.TAGS))

    def _saw_tag(self, name: str) -> None:
        stored = self._stored_tag(name)
        if name in self._tags:
            invariants.i4_a_tag_stays(name, stored, self._tags[name])
        if stored is None or stored.is_unfinished:
            return
        if stored.manifest is not None:
            there = {key.removeprefix(segments.PREFIX) for key in self.bucket.objects}
            invariants.i4_everything_named_is_there(stored.manifest, there)
            self._check_erased(stored)
        else:
            self._scheduler.events["tags broken"] += 1

    def _saw_swap(self, data: bytes) -> None:
        before, manifest = self.current.manifest, manifests.from_bytes(data)
        invariants.i3_generations_follow_one_another(before, manifest, self._nonces)
        there = {key.removeprefix(segments.PREFIX) for key in self.bucket.objects}
        invariants.i4_everything_named_is_there(manifest, there)
        found = {segment.id: self._read(segment) for segment in manifest.segments}
        quotes = tuple(quote for of_segment in found.values() for quote in of_segment)
        standing, withdrawn = self._standing(manifest)
        ended = self._ended(manifest, quotes, standing)
        self._ever_withdrawn.update(withdrawn)
        self._nonces.add(manifest.nonce)
        self._scheduler.events["generations by a " + manifest.nonce.rstrip("-0123456789")] += 1
        self.current = Published(manifest, data, quotes, standing, withdrawn, ended)
        self._published[manifest.generation] = self.current
        invariants.i2_nothing_is_there_twice(quotes)
        invariants.i1_nothing_is_lost(quotes, standing)
        invariants.i1_nothing_comes_back(quotes, standing)
        invariants.the_books_balance(manifest, found)
        invariants.every_end_is_remembered(self._remembered(manifest), ended)
        invariants.withdrawals_are_told(manifest, withdrawn)

    def _restored(self, manifest: Manifest) -> tuple[Published, Mapping[str, WithdrawnItem]] | None:
        """Return the generation that a manifest restores, if it does, and the withdrawals that it keeps."""
        process = manifest.nonce.partition("-")[0]
        if process not in self._rollbacks:
            return None
        generation, restores_withdrawn = self._rollbacks[process]
        now = {} if restores_withdrawn else self.current.withdrawn
        return self._published[generation], {key: item for key, item in now.items() if item.since > generation}

    def _standing(self, manifest: Manifest) -> tuple[Mapping[str, NewsItem], Mapping[str, WithdrawnItem]]:
        """Return the version of each key that must be current, and the last withdrawals.

        They are derived from the commits, not from stored objects.
        """
        if (restored := self._restored(manifest)) is not None:
            then, later = restored
            standing = dict(then.standing)
            for item in later.values():
                _raise_to(standing, NewsItem(item.key, item.version, True, "withdrawn", 0))
            return standing, {**then.withdrawn, **later}
        standing, withdrawn, before = dict(self.current.standing), dict(self.current.withdrawn), self.current.manifest
        new = [segment.id for segment in manifest.segments if not before.holds(segment.id)]
        for item in (item for name in new for item in self._drafts.get(name, ())):
            _raise_to(standing, item)
            _raise_to(self._reached, item)
        # A commit whose records are all superseded lists their withdrawals without its segment.
        process = manifest.nonce.partition("-")[0]
        drafts = [self._drafts.get(name, ()) for name in new] or [self._last_draft.get(process, ())]
        for item in (item for items in drafts for item in items if item.withdrawn):
            if item.key not in withdrawn or withdrawn[item.key].version < item.version:
                withdrawn[item.key] = WithdrawnItem(item.key, item.version, manifest.generation)
        return standing, withdrawn

    def _ended(
        self, manifest: Manifest, quotes: Sequence[NewsQuote], standing: Mapping[str, NewsItem]
    ) -> Mapping[str, Retirement]:
        """Return how each quote ended that a generation had, and that is not there now."""
        there = {quote.id for quote in quotes}
        if (restored := self._restored(manifest)) is not None:
            then, later = restored
            gone = {q.id: Retirement(later[q.key].since, is_withdrawn=True) for q in then.quotes if q.id not in there}
        else:
            then = self.current
            gone = {
                q.id: Retirement(manifest.generation, standing[q.key].withdrawn)
                for q in then.quotes
                if q.id not in there
            }
        return {name: end for name, end in {**then.ended, **gone}.items() if name not in there}

    def _remembered(self, manifest: Manifest) -> Mapping[str, Retirement]:
        """Return the ends that the segments remember, as a reader finds them: the latest of each quote."""
        ends: dict[str, Retirement] = {}
        for segment in manifest.segments:
            for name, end in content.ends(self._index(segment), transitions.retirements(segment)):
                ends[name] = max(end, ends.get(name, end))
        return ends

    def _read(self, segment: manifests.SegmentEntry) -> list[NewsQuote]:
        return content.read(self._index(segment), segment.retired_numbers)

    def _index(self, segment: manifests.SegmentEntry) -> bytes:
        return self._files[segments.key(segment)][segment.index_start : segment.ledger_start]

    def _reachable(self) -> set[str]:
        """Return the keys that must not be deleted now."""
        now = self._scheduler.now
        generations = [generation for generation, until in self._readers.values() if now <= until]
        copies = self._kept_copies(now)
        generations += [copy.generation for copy in copies]
        manifests_ = [self.current.manifest, *(self._published[generation].manifest for generation in generations)]
        manifests_ += [tag.manifest for tag in self._stored_tags() if tag.manifest is not None]
        return {snapshot.KEY, *(copy.key for copy in copies)}.union(*map(_files_of, manifests_))

    def _kept_copies(self, now: float) -> list[history.ManifestCopy]:
        """Return the copies that must be kept now and also when the oldest live collector listed them."""
        objects = self.bucket.objects.items()
        copies = history.copies(
            StoredObject(k, len(s.data), s.modified) for k, s in objects if k.startswith(history.PREFIX)
        )
        looks = (
            history.copies_to_keep(copies, when, grace=self._grace, days=DAYS) for when in (now, now - COLLECTOR_LIFE)
        )
        kept = set.intersection(*looks)
        return [copy for copy in copies if copy.key in kept]


def _raise_to(standing: dict[str, NewsItem], item: NewsItem) -> bool:
    """Put an item in the place of a lower version; return whether it is higher."""
    is_higher = item.key not in standing or standing[item.key].rank < item.rank
    if is_higher:
        standing[item.key] = item
    return is_higher


def _files_of(manifest: Manifest) -> set[str]:
    return {segments.key(segment) for segment in manifest.segments}
