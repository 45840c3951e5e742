"""What a search found: hits with their evidence, and what there is beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from quoth.engine.query.plan import Correction
from quoth.engine.query.request import Request
from quoth.quote import Quote, Speaker
from quoth.storage.manifest import Manifest


class Edition(NamedTuple):
    """Which index an answer is of: its generation with the nonce of its commit, and how many quotes it has.

    Generations of one archive grow; with the nonce two archives under one name cannot be taken for one another.
    """

    generation: int
    nonce: str
    quotes: int

    @classmethod
    def of(cls, manifest: Manifest) -> Edition:
        """Return which index a manifest is."""
        return cls(manifest.generation, manifest.nonce, manifest.quotes)


class _OfEdition:
    """An answer that is of one edition."""

    __slots__ = ()
    edition: Edition

    @property
    def generation(self) -> int:
        """The generation that was asked."""
        return self.edition.generation

    @property
    def quotes(self) -> int:
        """How many quotes of all types it has."""
        return self.edition.quotes


class CollapsedGroup(NamedTuple):
    """What a hit stands for: so many quotes, and the dates of the oldest and the newest of them."""

    quotes: int
    articles: int
    publishers: int
    first_seen: datetime | None
    last_seen: datetime | None


@dataclass(frozen=True, slots=True)
class Hit:
    """A quote that was found, how well it matches (0 without words), and where: spans of its text."""

    quote: Quote
    score: float
    highlights: tuple[tuple[int, int], ...] = ()
    collapsed: CollapsedGroup | None = None


class Bucket(NamedTuple):
    """A value of a facet, how many of the quotes that match have it, and a speaker's name."""

    value: str
    quotes: int
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Page(_OfEdition):
    """The best hits of a search, best first; `total` counts all that match in this edition of the index.

    The edition has quotes of all types; `searched` of them are of the types that were asked for. `start` hits come
    before these. Collapsed, `total` counts what the hits stand for.
    """

    request: Request
    hits: tuple[Hit, ...]
    total: int
    edition: Edition
    searched: int
    start: int = 0
    next_cursor: str | None = None
    facets: Mapping[str, tuple[Bucket, ...]] = field(default_factory=dict)
    corrections: tuple[Correction, ...] = ()
    did_you_mean: str | None = None


@dataclass(frozen=True, slots=True)
class Coverage(_OfEdition):
    """What the index holds: counts, the oldest and newest date (ISO 8601, UTC), quotes by publisher and by type."""

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


class SpeakerCount(NamedTuple):
    """Somebody who is quoted, and in how many quotes."""

    speaker: Speaker
    quotes: int


@dataclass(frozen=True, slots=True)
class SpeakerList:
    """Those whose names begin like this, the most quoted first; `total` counts all.

    Where nobody's does, `taken_for` are the beginnings that one typo makes of it.
    """

    prefix: str | None
    speakers: tuple[SpeakerCount, ...]
    total: int
    edition: Edition
    corrected_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SpeakerProfile:
    """One speaker: how often, when and where quoted. `first` and `last` are the outermost quotes that have a date."""

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
