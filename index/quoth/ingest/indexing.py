"""Articles and ready-made quotes become part of the index: extract, build one segment, commit.

Adding is harmless to repeat. What an item is to the index is decided by its key, version and body, before any work
is done for it and again, by the same rule, in the commit.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from msgspec import Struct
from msgspec.structs import replace

from quoth.article import Article, article_key
from quoth.effects import Effects
from quoth.engine import segment
from quoth.errors import StaleVersion
from quoth.extraction import canonical, extract
from quoth.hashes import digest, fingerprint, sha256, short_hash
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
from quoth.text import timestamps
from quoth.text.slugs import slug
from quoth.withdrawal import Withdrawal

# The fingerprint of what no text tells apart: a withdrawal, and what the same key says the same of.
_BY_ITS_KEY = bytes(16)

_GIVEN = Attribution("given", "given", "the speaker was given with the quote")


class Outcome(Struct, frozen=True, gc=False):
    """What became of one item. `clash` means refused: the same id and version is there with another body."""

    key: str
    id: str
    version: int
    verdict: Verdict
    quotes: int

    @property
    def error(self) -> StaleVersion | None:
        """The sentence for an item that was refused."""
        if self.verdict != "clash":
            return None
        told = f"{self.version} of {self.id} is in the index already with another text; raise the version to replace it"
        return StaleVersion(told, field="version")


@dataclass(frozen=True, slots=True)
class Report:
    """What became of each item, in the order they came, and the generation that holds them."""

    generation: int
    outcomes: tuple[Outcome, ...]

    def raise_for_refused(self) -> None:
        """Raise the `StaleVersion` of the first item that was refused, if one was."""
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
    """Make items part of the index in one commit; `done` is called once for each.

    Raises `Unavailable` when nothing could be committed; adding the same items again is then the right answer.
    """
    given = list(items)
    manifest = snapshot.load(store).manifest
    records = [record_of(item) for item in given]
    verdicts = _judge_all(manifest, ledgers, records)
    entering = [(r, i) for r, i, v in zip(records, given, verdicts, strict=True) if v in ("added", "replaced")]
    for _ in range(len(given) - len(entering)):
        done()
    generation, counts, final = manifest.generation, dict[str, int](), dict[str, Verdict]()
    if entering:
        draft = _draft(entering, effects.new_id(), done)
        committed = commit.commit(store, draft, ledgers, effects)
        generation = committed.snapshot.manifest.generation
        counts = {record.key: record.quotes for record in draft.records}
        final = dict(committed.verdicts)
    outcomes = []
    for record, item, verdict in zip(records, given, verdicts, strict=True):
        entered = verdict in ("added", "replaced")
        became = final.get(record.key, verdict) if entered else verdict
        quotes = counts.get(record.key, 0) if entered else 0
        outcomes.append(Outcome(record.key, _name(item), record.version, became, quotes))
    return Report(generation, tuple(outcomes))


def record_of(item: Item) -> Record:
    """Return the ledger's record of an item, the quotes of an article not yet counted.

    An article is told apart from another version of itself by its body, a ready-made quote with an id of its own by its
    text and speaker. Without one its key is made of both.
    """
    if isinstance(item, Article):
        return Record(item.key, item.version, item.is_withdrawn, fingerprint(item.sha256), 0)
    if isinstance(item, Withdrawal):
        return Record(item.key, item.version, True, _BY_ITS_KEY, 0)
    told = _BY_ITS_KEY if item.id is None else digest(item.text, item.speaker)
    return Record(_given_key(item), item.version, False, told, 1)


def quotes_of(item: Item, key: str | None = None) -> Sequence[Quote]:
    """Return the attributed quotes of an item, and of an article its statements in the reporter's words as well.

    `key` is that of its record, if it is known already.
    """
    if isinstance(item, Withdrawal):
        return ()
    return extract(item, indirect=True) if isinstance(item, Article) else [_imported(item, key or _given_key(item))]


def _judge_all(manifest: Manifest, ledgers: LedgerCache, records: Sequence[Record]) -> list[Verdict]:
    """Judge each record beside what is in the index and what comes with it; of one key, only one may enter."""
    places = locate_records(manifest, ledgers.of(manifest), (record.key for record in records))
    best = {key: place.record for key, place in places.items()}
    entering: dict[str, int] = {}
    verdicts: list[Verdict] = []
    for position, record in enumerate(records):
        verdict = classify(record, best.get(record.key))
        verdicts.append(verdict)
        if verdict in ("added", "replaced"):
            if (earlier := entering.get(record.key)) is not None:
                verdicts[earlier] = "superseded"
            entering[record.key], best[record.key] = position, record
    return verdicts


def _draft(entering: list[tuple[Record, Item]], segment_id: str, done: Callable[[], object]) -> Draft:
    """Build the segment of some items; one pass extracts and indexes, so that progress is even."""
    records: list[Record] = []

    def pairs() -> Iterator[tuple[str, Quote]]:
        for record, item in entering:
            quotes = quotes_of(item, record.key)
            records.append(record if record.quotes == len(quotes) else replace(record, quotes=len(quotes)))
            for quote in quotes:
                yield record.key, quote
            done()

    built = segment.build(pairs())
    return seal(segment_id, built, records)


def _name(item: Item) -> str:
    if isinstance(item, Article):
        return item.id
    if isinstance(item, Withdrawal):
        return item.key
    return item.id or f"the quote “{item.text[:40]}”"


def _given_article_id(given: GivenQuote) -> str:
    """Return the URL, else a hash of all that is known of the article, so that two papers stay two articles."""
    if given.url is not None:
        return given.url
    known = (given.publisher, timestamps.to_rfc3339(given.published), given.headline, given.context or given.text)
    return f"sha256:{sha256(json.dumps(known, ensure_ascii=False).encode())}"


def _given_key(given: GivenQuote) -> str:
    """Return the id of a ready-made quote. Nobody has counted its equals in the article: the speaker stands in."""
    if given.id is not None:
        return "q_" + short_hash("given", given.id)
    return "q_" + short_hash(_given_article_id(given), given.text, slug(given.speaker))


def _imported(given: GivenQuote, key: str) -> Quote:
    article_id = _given_article_id(given)
    origin = Origin(
        id=article_id,
        headline=given.headline,
        url=given.url,
        publisher=given.publisher,
        published=given.published,
        language=given.language,
        version=given.version,
    )
    return Quote(
        id=key,
        text=given.text,
        type="direct",
        selector=_given_selector(given),
        utterance=Utterance(utterance_id(key)),
        attribution=_GIVEN,
        speaker=canonical(given.speaker, scope=article_key(article_id), as_written=given.speaker),
        article=origin,
    )


def _given_selector(given: GivenQuote) -> Selector:
    """Return the quote with what its context has around it; where it stands in the article nobody said."""
    before, found, after = (given.context or "").partition(given.text)
    return Selector(given.text, before[-CONTEXT:], after[:CONTEXT]) if found else Selector(given.text)
