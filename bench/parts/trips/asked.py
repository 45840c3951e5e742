"""The kinds of questions, and what each reads: rounds, requests and bytes, of an archive as far as S3."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from bench.parts import calls
from bench.parts.trips import archives
from bench.queries import BenchQuery
from functions.pages.parts.state import SearchState
from quoth.archive import REAL, Archive
from quoth.engine import follower
from quoth.quote import Quote
from quoth.storage.stores.address import open_store
from quoth.storage.stores.s3 import S3Store
from tests.support.counting import Asked, Beside, CountingStore

VARIANTS = 3

Call = Callable[[Archive], object]


@dataclass(frozen=True, slots=True)
class Question:
    """A question to an archive: its kind, and the call that asks it."""

    kind: str
    call: Call


@dataclass(frozen=True, slots=True)
class Cost:
    """The rounds of a question, each with the bytes of its requests, and the milliseconds of CPU that it took."""

    rounds: tuple[tuple[int, ...], ...]
    cpu: float

    @property
    def requests(self) -> int:
        """The number of requests."""
        return sum(map(len, self.rounds))

    @property
    def bytes(self) -> int:
        """The number of bytes."""
        return sum(map(sum, self.rounds))


def cost(folder: Path, question: Question, before: Sequence[Question] = ()) -> Cost:
    """Return what a question costs a process that has only answered the questions before it."""
    store = CountingStore(open_store(f"file:{folder}"), S3Store.trip_bytes)
    archive = Archive(store, REAL)
    with mock.patch.object(follower, "ThreadPoolExecutor", lambda _: Beside(store)):
        for one in before:
            one.call(archive)
        store.forget()
        start = time.process_time_ns()
        question.call(archive)
        cpu = (time.process_time_ns() - start) / 1e6
    return Cost(rounds(store.asked), cpu)


def rounds(asked: Sequence[Asked]) -> tuple[tuple[int, ...], ...]:
    """Return the bytes of the requests of each round."""
    numbers = sorted({one.trip for one in asked})
    return tuple(tuple(one.bytes for one in asked if one.trip == number) for number in numbers)


def search(q: str, **parameters: object) -> Call:
    """Return the call for ten hits of a query."""
    return lambda archive: archive.search(q, **parameters)  # type: ignore[arg-type]


def questions(folder: Path) -> Iterator[Question]:
    """Yield questions of all kinds about the archive in a folder."""
    asked = archives.known_questions(folder)

    def of(kind: str) -> list[BenchQuery]:
        return [one for one in asked if one.kind == kind][:VARIANTS]

    for one in of("rare"):
        yield Question("a rare word", search(one.words[0]))
    for one in of("term"):
        yield Question("a common word", search(one.words[0]))
    for one in of("and"):
        yield Question("two words", search(" ".join(one.words)))
        yield Question("two words, match=all", search(" ".join(one.words), match="all"))
    for five in calls.remembered(folder, VARIANTS, "trips"):
        yield Question("five words of a quote", search(" ".join(five)))
        yield Question("five words and an unknown one", search(" ".join((*five, calls.UNKNOWN))))
    for one in of("fuzzy"):
        yield Question("a misspelt word", search(one.words[0]))
    yield Question("an unknown word", search(calls.UNKNOWN))
    for one in of("phrase"):
        yield Question("a phrase", search(f'"{" ".join(one.words)}"'))
    for one in of("prefix"):
        yield Question("a prefix", search(f"{one.words[0]}*"))
    for one in of("speaker"):
        name = (one.speaker or "").replace("-", " ")
        yield Question("a name", search(name))
        yield Question("a word by a speaker", search(one.words[0], speaker=name))
        yield Question("a word by a misspelt speaker", search(one.words[0], speaker=_misspelt(name)))
        yield Question("speakers by a prefix", lambda archive, name=name: archive.speakers(name[:4]))
        yield Question("a speaker", lambda archive, one=one: archive.speaker(one.speaker or ""))
    for one in of("dates"):
        yield Question("a word and dates", search(one.words[0], from_=calls.day(one.first), to=calls.day(one.last)))
    for one in of("sort"):
        yield Question("a word, newest first", search(one.words[0], sort="newest"))
    for one in of("and"):
        q = " ".join(one.words)
        yield Question("two words, facets", search(q, facets=("speaker", "publisher", "year")))
        yield Question("the page, two words", _page(f"q={'+'.join(one.words)}"))
        yield Question("two words, equal words once", search(q, collapse="wording"))
    yield Question("the page's home", _page(""))
    yield Question("the page about the archive", lambda archive: archive.stats())
    for quote in _said(folder):
        yield Question("verify", lambda archive, quote=quote: archive.verify(quote.text))
        yield Question(
            "verify with a speaker",
            lambda archive, quote=quote: archive.verify(quote.text, quote.speaker.name if quote.speaker else None),
        )
        yield Question("a quote by its id", lambda archive, quote=quote: archive.get(quote.id))
        yield Question("a quote with its context", lambda archive, quote=quote: archive.detail(quote.id))


def _page(address: str) -> Call:
    request = SearchState.of(address).request()
    return lambda archive: archive.answer(request)


def _misspelt(name: str) -> str:
    return f"{name[:-2]}{'x' if name[-2] != 'x' else 'z'}{name[-1]}"


def _said(folder: Path) -> list[Quote]:
    """Return quotes that are part of an utterance in an article."""
    archive = Archive(open_store(f"file:{folder / 'few'}"), REAL)
    some = [next(archives.articles())]
    found = archive.search(some[0].headline, publisher=some[0].publisher, limit=20, match="best").hits
    return [hit.quote for hit in found if hit.quote.utterance.of > 1][:VARIANTS]
