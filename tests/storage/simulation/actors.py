"""The processes of a simulation, which run the real code of commits, maintenance, tags and readers."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from random import Random

from functions.runtime import retries
from quoth.article import article_key
from quoth.effects import Effects
from quoth.engine.page import Edition
from quoth.engine.query.request import Request
from quoth.errors import BadQuery, Conflict, Expired, Gone, NotFound, Unavailable
from quoth.exports import job as jobs
from quoth.exports import work as worker
from quoth.quote import Quote
from quoth.storage import history, snapshot, transitions
from quoth.storage.commit import WRITER_LIFE, LedgerCache, commit
from quoth.storage.files.page_cache import PageCache
from quoth.storage.ledger import classify, fingerprints
from quoth.storage.maintenance import tags
from quoth.storage.maintenance.compaction import compact
from quoth.storage.maintenance.garbage import COLLECTOR_LIFE, READER_LIFE, collect
from quoth.storage.maintenance.rollback import rollback
from quoth.storage.manifest import locate_records
from quoth.storage.segments import seal
from quoth.storage.snapshot import NOTHING_YET, Snapshot
from quoth.storage.stores.protocol import Store
from tests.storage.simulation import content, invariants
from tests.storage.simulation.content import NewsItem, NewsMessage, NewsQuote
from tests.storage.simulation.queue import SimulatedQueue
from tests.storage.simulation.scheduler import Scheduler
from tests.storage.simulation.store import Faults, SimulatedStore
from tests.storage.simulation.witness import Witness

# The shortest grace that garbage.py allows: under its default, faults that need long stalls would be rarer.
GRACE = WRITER_LIFE + COLLECTOR_LIFE + READER_LIFE
# Few, so that those who tag and untag meet.
TAG_NAMES = ("paper", "thesis")


class Process:
    """A process with its own view of the store, its own ids, and its own clock, which is off by `skew` seconds.

    Lambda kills a function after a writer's `life`. On a laptop nothing kills a process, so it must check its clock.
    """

    def __init__(
        self,
        name: str,
        witness: Witness,
        scheduler: Scheduler,
        random: Random,
        faults: Faults,
        *,
        skew: float = 0.0,
        life: float = WRITER_LIFE,
    ) -> None:
        self.name = name
        self.witness = witness
        self.scheduler = scheduler
        self.random = random
        self.store = SimulatedStore(witness.bucket, faults)
        self.life = life
        self._names = itertools.count()
        self.effects = Effects(self._token, random.random, scheduler.pause, lambda: scheduler.now + skew)

    def _token(self) -> str:
        return f"{self.name}-{next(self._names)}"


def write(process: Process, queue: SimulatedQueue, invocations: int) -> None:
    """Index batches from the queue as a warm function does, with ledgers cached in memory."""
    ledgers = LedgerCache(process.store)
    for _ in range(invocations):
        process.scheduler.limit(process.life)
        began = process.scheduler.now
        messages = queue.receive(process.random.choice((1, 1, 2, 3)))
        try:
            ingest(process, [item for message in messages for item in message.items], ledgers)
        except Unavailable:
            for message in messages:
                queue.redeliver(message, _wait(process))
            continue
        except Gone:  # a ledger is gone: a writer reads too
            invariants.i4_a_live_reader_can_go_on(process.scheduler.now - began, READER_LIFE)
            continue
        for message in messages:
            process.scheduler.pause(process.random.choice((0.0, 0.0, 1.0)))
            process.witness.acknowledged(message)
            queue.acknowledge(message)


def ingest(process: Process, items: Iterable[NewsItem], ledgers: LedgerCache) -> None:
    """Commit the new and changed items, as `quoth.ingest.indexing` does; raises `Unavailable`."""
    manifest = snapshot.load(process.store).manifest
    given = list(items)
    places = locate_records(manifest, ledgers.of(manifest), fingerprints(item.key for item in given))
    best = {key: place.record for key, place in places.items()}
    entering: dict[str, NewsItem] = {}
    for item in given:
        if classify(item.record, best.get(item.key)) in ("added", "replaced"):
            entering[item.key], best[item.key] = item, item.record
    if entering:
        news = list(entering.values())
        draft = seal(process.effects.new_id(), content.build(news), [item.record for item in news])
        process.witness.drafted(draft.entry.id, news)
        commit(process.store, draft, ledgers, process.effects)


def tidy(process: Process, rounds: int) -> None:
    """Compact until there is nothing left to compact, at most `rounds` times."""
    for _ in range(rounds):
        process.scheduler.limit(process.life)
        try:
            if compact(process.store, process.effects, content.merge) is None:
                return
        except (Gone, Unavailable):
            continue


def clean(process: Process, pauses: Sequence[float]) -> None:
    """Collect garbage, and again after each pause."""
    for seconds in (*pauses, None):
        process.scheduler.limit(process.life)
        try:
            collect(process.store, process.effects, grace=GRACE)
        except Unavailable:
            process.scheduler.events["collections given up"] += 1
        if seconds is not None:
            process.scheduler.limit(math.inf)
            process.scheduler.pause(seconds)


def go_back(process: Process) -> None:
    """Roll back to a random older generation."""
    process.scheduler.limit(WRITER_LIFE)  # also on a laptop: rollback.py relies on it
    try:
        copies = history.copies(process.store.list(history.PREFIX).entries)
        if copies:
            chosen, restores = process.random.choice(copies).generation, process.random.random() < 0.3
            process.witness.rolling_back(process.name, chosen, restores_withdrawn=restores)
            rollback(process.store, chosen, process.effects, content.build([]), restore_withdrawn=restores)
    except (Gone, NotFound, Unavailable):
        process.scheduler.events["rollbacks given up"] += 1


def look(process: Process, pauses: Sequence[float]) -> None:
    """Read the whole index once for each of `pauses`: the seconds before each segment of that reading."""
    pages, held = PageCache(process.store), NOTHING_YET
    for seconds in pauses:
        began = process.scheduler.now
        try:
            newest = snapshot.refresh(process.store, held)
            invariants.i3_a_reader_never_goes_back(held.manifest, newest.manifest)
            held = newest
            process.witness.holds(process.name, held.manifest, until=began + READER_LIFE)
            found = _read_all(process, pages, held, seconds)
        except Gone:
            invariants.i4_a_live_reader_can_go_on(process.scheduler.now - began, READER_LIFE)
            process.scheduler.events["readers that outlived their generation"] += 1
        except Unavailable:
            continue
        else:
            published = process.witness.published(held.manifest)
            invariants.i3_a_reader_sees_one_whole_generation(found, published.quotes)
            process.scheduler.events["generations read"] += 1


def recall(process: Process, rounds: int) -> None:
    """Read some past generations, as they are shown now."""
    ledgers = LedgerCache(process.store)
    for _ in range(rounds):
        try:
            newest = snapshot.load(process.store)
            copies = history.copies(process.store.list(history.PREFIX).entries)
            if copies:
                older = history.read_copy(process.store, process.random.choice(copies))
                shown = transitions.without_withdrawn(older, newest.manifest, ledgers.of(older))
                found = _read_all(process, PageCache(process.store), Snapshot(shown, None), 0.0)
                later = process.witness.withdrawn_between(older, newest.manifest)
                invariants.what_is_withdrawn_is_not_shown(found, later)
                process.scheduler.events["past generations read"] += 1
        except (Gone, NotFound, Unavailable):  # a past generation may be collected at any moment
            continue


def publish(process: Process, rounds: int) -> None:
    """Tag the newest generation or a past one, give a tag up, or read as of a tag, `rounds` times."""
    for _ in range(rounds):
        process.scheduler.limit(process.life)
        name, act = process.random.choice(TAG_NAMES), process.random.choice((_tag, _tag, _untag, _read_tagged))
        try:
            act(process, name)
        except (Conflict, NotFound, Gone, Unavailable):
            process.scheduler.events["tags not made, given up or read"] += 1


def _tag(process: Process, name: str) -> None:
    generations = [snapshot.load(process.store).manifest.generation]
    if process.random.random() < 0.5:
        generations = [copy.generation for copy in history.copies(process.store.list(history.PREFIX).entries)]
    if generations:
        made = tags.tag(process.store, process.random.choice(generations), name, process.effects)
        process.witness.tagged(name, made.generation)


def _untag(process: Process, name: str) -> None:
    process.witness.untagging(name)
    tags.untag(process.store, name)


def _read_tagged(process: Process, name: str) -> None:
    tag = history.find_tag(process.store, name)
    newest = snapshot.load(process.store).manifest
    assert tag.manifest is not None
    try:
        shown = transitions.without_withdrawn(tag.manifest, newest, LedgerCache(process.store).of(tag.manifest))
        found = _read_all(process, PageCache(process.store), Snapshot(shown, None), 0.0)
    except Gone as error:
        process.witness.missed(tag, str(error))
        raise
    process.witness.read_as_of(tag, newest, found)


def erase(process: Process) -> None:
    """Erase the words of what is withdrawn by now, as `quoth compact --erase` does."""
    process.scheduler.limit(process.life)
    before = process.witness.current
    try:
        while compact(process.store, process.effects, content.merge, erase=True) is not None:
            pass
        tags.break_withdrawn(process.store)
    except (Gone, Unavailable):
        process.scheduler.events["erasures given up"] += 1
    else:
        process.witness.erased(before)


class NewsSource:
    """What an export job needs of an archive, over the simulated store."""

    def __init__(self, process: Process) -> None:
        self.store: Store = process.store
        self._process = process
        self._ledgers = LedgerCache(process.store)

    def edition(self) -> Edition:
        """See `ExportSource.edition`."""
        return Edition.of(snapshot.load(self.store).manifest)

    def rows(self, request: Request, most: int) -> tuple[Edition, Iterator[Quote]]:
        """See `ExportSource.rows`; the generation of the request is shown as the newest one lets it."""
        newest = snapshot.load(self.store).manifest
        try:
            older = history.find_generation(self.store, request.as_of or 0)
        except NotFound as error:
            raise BadQuery("as_of", str(error)) from None
        shown = transitions.without_withdrawn(older, newest, self._ledgers.of(older))
        found = _read_all(self._process, PageCache(self.store), Snapshot(shown, None), 0.0)
        return Edition.of(shown), map(content.exported, found[:most])

    def withdrawn_since(self, generation: int) -> frozenset[str]:
        """See `ExportSource.withdrawn_since`."""
        later = snapshot.load(self.store).manifest.withdrawn_after(generation)
        return frozenset(article_key(item.key) for item in later)


def _wait(process: Process) -> float:
    """Return the seconds until the next delivery, after any number of receives."""
    return retries.wait(process.random.randint(1, retries.RECEIVES), process.random.random())


def export(process: Process, queue: SimulatedQueue, pauses: Sequence[float]) -> None:
    """Ask for an export of everything, and look at it, after each pause."""
    source = NewsSource(process)
    for seconds in pauses:
        process.scheduler.pause(seconds)
        with suppress(BadQuery, Expired, NotFound, Unavailable, Gone):
            job_id = jobs.ask(source, Request(), "jsonl", 1_000, lambda key: queue.send([NewsMessage(key, ())]))
            process.witness.asked(job_id)
        for known in sorted(process.witness.exports):
            with suppress(Expired, NotFound, Unavailable):
                _fetch(process, source, known)


def _fetch(process: Process, source: NewsSource, job_id: str) -> str:
    """Look at a job, and fetch its file if it is done; return its status."""
    before = process.witness.current
    job = jobs.look(source, job_id)
    if job.status == "done":
        process.witness.exported(job, process.store.get(jobs.file_key(job_id, job)).data, before)
    return job.status


def work(process: Process, queue: SimulatedQueue, invocations: int) -> None:
    """Work on export jobs as the export function does."""
    source = NewsSource(process)
    for _ in range(invocations):
        process.scheduler.limit(process.life)
        for message in queue.receive(1):
            job_id = jobs.id_of(message.name)
            try:
                worker.run(source, job_id, lambda: True)
            except (Gone, Unavailable):
                with suppress(Unavailable):
                    worker.postpone(source, job_id)
                queue.redeliver(message, _wait(process))
                continue
            queue.acknowledge(message)


def check_exports(process: Process) -> None:
    """Look at every export once all messages are delivered; one whose message was never sent is lost in time."""
    source = NewsSource(process)
    process.scheduler.pause(jobs.WORKER_SECONDS + 1)
    for job_id in sorted(process.witness.exports):
        with suppress(Expired, NotFound):
            invariants.every_export_ends(job_id, _fetch(process, source, job_id))


def _read_all(process: Process, pages: PageCache, held: Snapshot, seconds: float) -> list[NewsQuote]:
    found = []
    entries = [segment for segment in held.manifest.segments if segment.quotes]
    for segment, file in zip(entries, pages.open(entries), strict=True):
        process.scheduler.pause(seconds)
        found += content.read(bytes(file.read(0, file.size)), segment.retired_numbers)
    return found
