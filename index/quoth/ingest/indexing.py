"""Indexing of articles and ready-made quotes: extract, build one segment, commit.

Adding is idempotent. An item's key, version and body decide its verdict, once before any work is done for it and
again, by the same rule, in the commit.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import repeat

from msgspec import UNSET, Struct
from msgspec.structs import replace

from quoth.article import Article
from quoth.effects import Effects
from quoth.engine import segment
from quoth.engine.segment import layout
from quoth.engine.segment.shape import check_analysis
from quoth.engine.segment.writing.inversion import Entry
from quoth.errors import StaleVersion
from quoth.extraction import canonical, extract
from quoth.ingest import about, language
from quoth.ingest.identity import given_article_id, given_key, record_of
from quoth.ingest.originals import Item
from quoth.quote import (
    CONTEXT,
    Attribution,
    GivenQuote,
    Origin,
    Quote,
    Selector,
    Utterance,
    utterance_id,
)
from quoth.storage import commit, snapshot
from quoth.storage.commit import LedgerCache
from quoth.storage.ledger import Record, Verdict, classify
from quoth.storage.manifest import Manifest, locate_records
from quoth.storage.segments import Draft, seal
from quoth.storage.stores.protocol import Store
from quoth.withdrawal import Withdrawal

_GIVEN = Attribution("given", "given", "the speaker was given with the quote")


class Outcome(Struct, frozen=True, gc=False):
    """The outcome of one item. `clash` means refused: its id and version are already indexed with another body."""

    key: str
    id: str
    version: int
    verdict: Verdict
    quotes: int

    @property
    def error(self) -> StaleVersion | None:
        """The error of a refused item."""
        if self.verdict != "clash":
            return None
        detail = f"{self.version} of {self.id} is already indexed with another text; raise the version to replace it"
        return StaleVersion(detail, field="version")


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of each item, in input order, and the generation that has them."""

    generation: int
    outcomes: tuple[Outcome, ...]

    def raise_for_refused(self) -> None:
        """Raise the `StaleVersion` of the first refused item, if any."""
        for outcome in self.outcomes:
            if (error := outcome.error) is not None:
                raise error


def index(
    store: Store,
    items: Iterable[Item],
    ledgers: LedgerCache,
    effects: Effects,
    done: Callable[[], object] = lambda: None,
) -> Report:
    """Add items to the index in one commit; `done` is called once for each.

    Raises `Unavailable` if the commit fails; adding the same items again is then safe and right.
    """
    with _without_collection():
        return _index(store, list(items), ledgers, effects, done)


@contextmanager
def _without_collection() -> Iterator[None]:
    """Collect no garbage meanwhile: frozen values form no cycles, and looking for some takes time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _index(
    store: Store, batch: Sequence[Item], ledgers: LedgerCache, effects: Effects, done: Callable[[], object]
) -> Report:
    manifest = snapshot.load(store).manifest
    for entry in manifest.segments:
        if entry.table:
            check_analysis(layout.from_json(entry.table).analysis)
    records = [record_of(item) for item in batch]
    verdicts = _classify_all(manifest, ledgers, records)
    accepted = [(r, i) for r, i, v in zip(records, batch, verdicts, strict=True) if v in ("added", "replaced")]
    for _ in range(len(batch) - len(accepted)):
        done()
    generation, committed_verdicts = manifest.generation, dict[str, Verdict]()
    indexed: Iterator[Record] = iter(())
    # Of a withdrawn version whose successor is there already the index has nothing, but past generations may.
    late = [(r.key, r.version) for r, v in zip(records, verdicts, strict=True) if r.withdrawn and v == "superseded"]
    if late and not accepted:
        generation = commit.withdraw(store, late, effects).manifest.generation
    if accepted:
        draft = _draft(accepted, effects.new_id(), int(effects.clock()), done)
        committed = commit.commit(store, draft, ledgers, effects, late)
        generation = committed.snapshot.manifest.generation
        indexed, committed_verdicts = iter(draft.records), dict(committed.verdicts)
    outcomes = []
    for record, item, verdict in zip(records, batch, verdicts, strict=True):
        final_verdict, quotes = verdict, 0
        if verdict in ("added", "replaced"):
            final_verdict, quotes = committed_verdicts[record.key], next(indexed).quotes
        outcomes.append(Outcome(record.key, _name(item), record.version, final_verdict, quotes))
    return Report(generation, tuple(outcomes))


def quotes_of(item: Item) -> Sequence[Quote]:
    """Return the attributed quotes of an item; for an article, indirect quotes as well."""
    if isinstance(item, Withdrawal):
        return ()
    if isinstance(item, Article):
        return extract(item, indirect=True, detected=language.detected(item))
    return [_to_quote(item, given_key(item))]


def _classify_all(manifest: Manifest, ledgers: LedgerCache, records: Sequence[Record]) -> list[Verdict]:
    """Classify each record against the index and the rest of its batch; only one record of a key is accepted."""
    keys = {record.key_hash: record.key for record in records}
    locations = locate_records(manifest, ledgers.of(manifest), keys)
    if not locations and len(keys) == len(records):
        return ["added"] * len(records)  # nothing to compare, as in most imports
    best = {key: location.record for key, location in locations.items()}
    accepted: dict[str, int] = {}
    verdicts: list[Verdict] = []
    for position, record in enumerate(records):
        verdict = classify(record, best.get(record.key))
        verdicts.append(verdict)
        if verdict in ("added", "replaced"):
            if (earlier := accepted.get(record.key)) is not None:
                verdicts[earlier] = "superseded"
            accepted[record.key], best[record.key] = position, record
    return verdicts


def _draft(accepted: list[tuple[Record, Item]], segment_id: str, indexed: int, done: Callable[[], object]) -> Draft:
    """Build the segment of accepted items; one pass extracts and indexes, so that progress is steady.

    `indexed` is the time, in seconds since 1970.
    """
    records: list[Record] = []

    def entries() -> Iterator[Entry]:
        for record, item in accepted:
            if isinstance(item, GivenQuote):
                records.append(record)
                yield record.key, _to_quote(item, record.key), about.of_given(item)
            else:
                quotes = quotes_of(item)
                records.append(replace(record, quotes=len(quotes)))
                if isinstance(item, Article) and quotes:
                    yield from zip(repeat(record.key), quotes, about.of_article(item, quotes), strict=False)
            done()

    index = segment.build(entries(), indexed)
    return seal(segment_id, index, records)


def _name(item: Item) -> str:
    if isinstance(item, GivenQuote):
        return item.id or f"the quote “{item.text[:40]}”"
    return item.id if isinstance(item, Article) else item.key


def _to_quote(given: GivenQuote, key: str) -> Quote:
    article_id = given_article_id(given)
    origin = Origin(
        id=article_id,
        headline=given.headline,
        url=given.url,
        publisher=given.publisher,
        published=given.published,
        language=given.language,
        version=given.version,
        precision=given.precision,
    )
    name, denied = given.speaker, given.denied_speaker
    return Quote(
        id=key,
        text=given.text,
        type="direct",
        selector=_given_selector(given),
        utterance=Utterance(utterance_id(key)),
        attribution=_GIVEN if denied is None else _denied(denied),
        speaker=None if name is None else canonical(name, scope=article_id, as_written=name),
        denied_speaker=UNSET if denied is None else canonical(denied, scope=article_id, as_written=denied),
        article=origin,
    )


def _denied(name: str) -> Attribution:
    return Attribution("denied", "given", f"the import says that {name} did not say this")


def _given_selector(given: GivenQuote) -> Selector:
    """Return the selector of a ready-made quote: prefix and suffix from its context, offsets unknown."""
    if given.context is None:
        return Selector(given.text)
    before, match, after = given.context.partition(given.text)
    return Selector(given.text, before[-CONTEXT:], after[:CONTEXT]) if match else Selector(given.text)
