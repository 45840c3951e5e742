"""The values that a search returns: hits with their evidence, facets, speakers and coverage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple, overload

import msgspec

from quoth.engine.execution.collection import DocGroup, IndexStats
from quoth.engine.execution.coverage.search import MAX_RELATED
from quoth.engine.execution.coverage.words import Place
from quoth.engine.query import cursor as cursors
from quoth.engine.query.cursor import Cursor
from quoth.engine.query.filters import Correction
from quoth.engine.query.request import Request
from quoth.quote import Origin, Quote, Speaker, to_json
from quoth.storage.manifest import Manifest
from quoth.text import timestamps
from quoth.text.sanitize import one_line

_1970 = datetime(1970, 1, 1, tzinfo=UTC)


class Edition(NamedTuple):
    """The index that an answer comes from: its generation, the nonce of its commit and its number of quotes.

    Generations of one archive grow; the nonce tells two archives under one name apart. A past generation is without
    what was withdrawn since, up to the generation `withdrawn_until`; 0 if nothing was.
    """

    generation: int
    nonce: str
    quotes: int
    withdrawn_until: int = 0

    @classmethod
    def of(cls, manifest: Manifest, withdrawn_until: int = 0) -> Edition:
        """Return the edition of a manifest."""
        return cls(manifest.generation, manifest.nonce, manifest.quotes, withdrawn_until)


class _OfEdition:
    """An answer from one edition."""

    __slots__ = ()
    edition: Edition

    @property
    def generation(self) -> int:
        """The generation of the edition."""
        return self.edition.generation

    @property
    def quotes(self) -> int:
        """The number of quotes of all types in the edition."""
        return self.edition.quotes


class CollapsedGroup(NamedTuple):
    """The quotes that a collapsed hit represents: their counts, and the dates of the oldest and the newest."""

    quotes: int
    articles: int
    publishers: int
    first_seen: datetime | None
    last_seen: datetime | None

    @classmethod
    def of(cls, group: DocGroup) -> CollapsedGroup:
        """Return a group of documents as a hit shows it."""
        return cls(group.quotes, group.articles, group.publishers, _moment(group.oldest), _moment(group.newest))


class Hit(msgspec.Struct, frozen=True):
    """A matching quote with its score (0 for a query without words) and highlights: spans of its text.

    `missing` are the words of the query that it does not have, in their place, and `found` says of each other word
    where it is: in its text, as a name of its speaker or publisher, or about it. `indexed` is the time at which it was
    indexed, in seconds since 1970, if the hits are in that order.
    """

    quote: Quote
    score: float
    highlights: tuple[tuple[int, int], ...] = ()
    collapsed: CollapsedGroup | None = None
    missing: tuple[str, ...] = ()
    found: Mapping[str, Place] = msgspec.field(default_factory=dict)
    indexed: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the quote as plain values, with its highlights and score."""
        highlights = [{"start": start, "end": end} for start, end in self.highlights]
        return {**to_json(self.quote), "highlights": highlights, "score": self.score}

    @property
    def is_related(self) -> bool:
        """Whether it misses a word, or has one only beside it: then `total` does not count it."""
        return bool(self.missing) or "about" in self.found.values()


class Bucket(NamedTuple):
    """A value of a facet, the number of matching quotes that have it, and the name if it is a speaker.

    `mixed_script` if the name has letters of two alphabets; see `Speaker`.
    """

    value: str
    quotes: int
    name: str | None = None
    mixed_script: bool = False


class SpeakerCount(NamedTuple):
    """A speaker and the number of their quotes."""

    speaker: Speaker
    quotes: int


class UnknownSpeaker(NamedTuple):
    """A name in a request that finds no speaker, and the speakers with names near it, the most quoted first."""

    name: str
    near: tuple[SpeakerCount, ...] = ()


# A change of a request that makes it wider: without a filter, or without all; with the statements in the reporter's
# words; with another range of dates; without the words that no quote has, what it excludes, or the marks of phrases;
# with typos; with the quotes that have most of the words.
Change = Literal[
    "without_filter",
    "without_filters",
    "with_indirect",
    "older",
    "newer",
    "undated",
    "without_unknown_words",
    "without_exclusions",
    "without_marks",
    "with_typos",
    "with_related",
]


class WiderSearch(NamedTuple):
    """What a wider search would find: quotes with every word, and related ones. `parameter` is the filter it omits."""

    change: Change
    total: int
    related: int = 0
    parameter: str | None = None


class Explanation(msgspec.Struct, frozen=True):
    """Why a search found nothing: the words that no quote has, the unknown speakers, and what would find quotes."""

    unknown_words: tuple[str, ...] = ()
    unknown_speakers: tuple[UnknownSpeaker, ...] = ()
    wider: tuple[WiderSearch, ...] = ()


class Page(_OfEdition, msgspec.Struct, frozen=True):
    """The best hits of a search, best first; `total` counts all matches in this edition of the index.

    `searched` counts the edition's quotes of the requested types. `start` is the number of hits on earlier pages,
    `stop` that before the next one, `None` on the last. In a collapsed search `total` counts groups. `related` counts
    the quotes that miss some of the words and follow those that `total` counts. `explanation` is there if nothing was
    found.

    It is a sequence of its hits: `len(page)`, `page[0]`, `for hit in page`; an empty page is false.
    """

    request: Request
    hits: tuple[Hit, ...]
    total: int
    edition: Edition
    searched: int
    start: int = 0
    stop: int | None = None
    facets: Mapping[str, tuple[Bucket, ...]] = msgspec.field(default_factory=dict)
    corrections: tuple[Correction, ...] = ()
    did_you_mean: str | None = None
    related: int = 0
    explanation: Explanation | None = None

    def __len__(self) -> int:
        return len(self.hits)

    def __iter__(self) -> Iterator[Hit]:
        return iter(self.hits)

    @overload
    def __getitem__(self, index: int) -> Hit: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Hit, ...]: ...
    def __getitem__(self, index: int | slice) -> Hit | tuple[Hit, ...]:
        return self.hits[index]

    def __repr__(self) -> str:
        first = f" {self.hits[0].quote.text[:60]!r}" if self.hits else ""
        return f"<Page {len(self.hits)} of {self.total:,}, generation {self.generation}{first}>"

    def _repr_html_(self) -> str:
        """Return the page as a table, which a notebook shows; every text of an article is escaped."""
        from html import escape  # its tables take a millisecond to load

        rows = "".join(
            f"<tr><td>{escape(one_line(hit.quote.text))}</td>"
            f"<td>{escape(one_line(hit.quote.speaker.name)) if hit.quote.speaker else ''}</td>"
            f"<td>{escape(one_line(hit.quote.article.publisher or ''))}</td><td>{_day(hit.quote.article)}</td></tr>"
            for hit in self.hits
        )
        head = "<tr><th>quote</th><th>speaker</th><th>publisher</th><th>date</th></tr>"
        return f"<p>{len(self.hits):,} of {self.total:,}</p><table>{head}{rows}</table>"

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return the hits as plain values, as the HTTP API has them but for its links: for a data frame, or JSON."""
        return [hit.to_dict() for hit in self.hits]

    @property
    def next_cursor(self) -> str | None:
        """The cursor of the next page, `None` on the last; made when it is asked for."""
        return None if self.stop is None else cursors.encode(Cursor(self.generation, self.stop), self.request)

    @property
    def rows(self) -> tuple[Hit, ...]:
        """The hits that `total` counts, which rows of data have: none of the related quotes that follow."""
        return tuple(hit for hit in self.hits if not hit.is_related)

    @property
    def related_listed(self) -> int:
        """The number of related quotes that the pages list."""
        return min(self.related, MAX_RELATED)


class Coverage(_OfEdition, msgspec.Struct, frozen=True):
    """The content of an index: counts, the oldest and newest date (ISO 8601, UTC), quotes by publisher and by type."""

    edition: Edition
    segments: int
    bytes: int
    articles: int
    speakers: int
    undated: int
    oldest: str | None
    newest: str | None
    publishers: tuple[tuple[str | None, int], ...]
    types: tuple[tuple[str, int], ...]

    @classmethod
    def of(cls, manifest: Manifest, stats: IndexStats) -> Coverage:
        """Return the coverage of a generation from its manifest and the counts of its collection."""
        return cls(
            edition=Edition.of(manifest),
            segments=len(manifest.segments),
            bytes=sum(segment.size for segment in manifest.segments),
            articles=stats.articles,
            speakers=stats.speakers,
            undated=stats.undated,
            oldest=timestamps.to_rfc3339(_moment(stats.oldest)),
            newest=timestamps.to_rfc3339(_moment(stats.newest)),
            publishers=stats.publishers,
            types=stats.types,
        )


class SpeakerList(msgspec.Struct, frozen=True):
    """The speakers with a name that starts with `prefix`, the most quoted first; `total` counts all.

    `corrected_to` lists the spellings used instead when no name starts with `prefix`. Counted by month or year,
    `periods` has for each speaker the periods with a quote, the newest first; quotes without a date are in none. It is
    a sequence of the speakers that it lists.
    """

    prefix: str | None
    speakers: tuple[SpeakerCount, ...]
    total: int
    edition: Edition
    corrected_to: tuple[str, ...] = ()
    periods: tuple[tuple[Bucket, ...], ...] | None = None

    def __len__(self) -> int:
        return len(self.speakers)

    def __iter__(self) -> Iterator[SpeakerCount]:
        return iter(self.speakers)


class SpeakerProfile(msgspec.Struct, frozen=True):
    """The counts of one speaker's quotes. `first` and `last` are the oldest and the newest quote with a date."""

    speaker: Speaker
    quotes: int
    undated: int
    types: tuple[Bucket, ...]
    publishers: tuple[Bucket, ...]
    years: tuple[Bucket, ...]
    months: tuple[Bucket, ...]
    first: Quote | None
    last: Quote | None
    edition: Edition


def _day(article: Origin) -> str:
    return "" if article.published is None else timestamps.date(article.published, article.precision or None)


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else _1970 + timedelta(seconds=seconds)
