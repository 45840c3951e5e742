"""The kinds of questions, and what each reads: rounds, requests and bytes, of an archive as far as S3."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any
from unittest import mock

from bench.corpora.supply import Supply
from bench.parts import calls
from bench.parts.trips import archives
from bench.queries import BenchQuery
from functions.pages.parts.state import SearchState
from functions.pages.speaker import LATEST
from quoth.archive import REAL, Archive
from quoth.engine import follower, searcher
from quoth.quote import Quote
from quoth.storage.stores.address import open_store
from quoth.storage.stores.s3 import S3Store
from tests.support.counting import Asked, CountingStore, TripsBeside

VARIANTS = 3
PATIENT = 60.0  # seconds for a question

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


def cost(
    folder: Path, question: Question, before: Sequence[Question] = (), trip_bytes: int = S3Store.trip_bytes
) -> Cost:
    """Return what a question costs a process that has only answered the questions before it, however slow it is."""
    store = CountingStore(open_store(f"file:{folder}"), trip_bytes)
    archive = Archive(store, REAL)
    with (
        mock.patch.object(follower, "ThreadPoolExecutor", return_value=TripsBeside(store)),
        mock.patch.object(searcher, "SECONDS", PATIENT),
    ):
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


def questions(folder: Path, variants: int = VARIANTS) -> Iterator[Question]:
    """Yield questions of all kinds about the archives in a folder."""
    asked: dict[str, list[BenchQuery]] = defaultdict(list)
    for one in archives.known_questions(folder):
        if len(asked[one.kind]) < variants:
            asked[one.kind].append(one)
    yield from _searches(asked)
    yield from _narrowed(asked)
    yield from _of_speakers(asked)
    for five in calls.remembered(folder, variants, "trips"):
        yield Question("five words of a quote", search(" ".join(five)))
        yield Question("five words and an unknown one", search(" ".join((*five, calls.UNKNOWN))))
    for _, quote in islice(Supply(folder / "quotes", 0), variants):
        yield from _of_quote(quote, "a quote")
    for quote in _said(folder / next(name for name in archives.SEGMENTS if (folder / name).exists()))[:variants]:
        yield from _of_quote(quote, "a quote of an article")
    yield Question("the page about the archive", lambda archive: archive.stats())


def _searches(asked: Mapping[str, Sequence[BenchQuery]]) -> Iterator[Question]:
    for kind, title in (("rare", "a rare word"), ("term", "a common word"), ("and", "two words")):
        for one in asked[kind]:
            yield Question(title, search(" ".join(one.words)))
    for one in asked["and"]:
        yield Question("two words, match=all", search(" ".join(one.words), match="all"))
    for one in asked["fuzzy"]:
        yield Question("a misspelt word", search(one.words[0]))
    yield Question("an unknown word", search(calls.UNKNOWN))
    for one in asked["phrase"]:
        yield Question("a phrase", search(f'"{" ".join(one.words)}"'))
    for one in asked["prefix"]:
        yield Question("a prefix", search(f"{one.words[0]}*"))


def _narrowed(asked: Mapping[str, Sequence[BenchQuery]]) -> Iterator[Question]:
    for one in asked["dates"]:
        dates = {"from_": calls.day(one.first), "to": calls.day(one.last)}
        yield Question("a word and dates", search(one.words[0], **dates))
    for one in asked["sort"]:
        yield Question("a word, newest first", search(one.words[0], sort="newest"))
    for one in asked["and"]:
        q = " ".join(one.words)
        yield Question("two words, facets", search(q, facets=("speaker", "publisher", "year")))
        yield Question("two words, equal words once", search(q, collapse="wording"))
        yield Question("the page, two words", _page(f"q={'+'.join(one.words)}"))
    yield Question("the page's home", _page(""))


def _of_speakers(asked: Mapping[str, Sequence[BenchQuery]]) -> Iterator[Question]:
    for one in asked["speaker"]:
        speaker_id = one.speaker or ""
        name = speaker_id.replace("-", " ")
        yield Question("a name", search(name))
        yield Question("a word by a speaker", search(one.words[0], speaker=name))
        yield Question("a word by a misspelt speaker", search(one.words[0], speaker=_misspelt(name)))
        yield Question("a word by an unknown speaker", search(one.words[0], speaker=f"{calls.UNKNOWN} Qvxz"))
        yield Question("speakers by a prefix", partial(Archive.speakers, prefix=name[:4]))
        yield Question("a speaker", partial(Archive.speaker, speaker_id=speaker_id))
        yield Question("the page of a speaker", partial(_speaker_page, speaker_id=speaker_id))


def _of_quote(quote: Quote, title: str) -> Iterator[Question]:
    name = quote.speaker.name if quote.speaker else None
    yield Question(f"verify {title}", partial(Archive.verify, text=quote.text))
    yield Question(f"verify {title} with its speaker", partial(Archive.verify, text=quote.text, speaker=name))
    yield Question(f"{title} by its id", partial(Archive.get, quote_id=quote.id))
    yield Question(f"{title} with its context", partial(Archive.detail, quote_id=quote.id))
    yield Question(f"the page of {title}", partial(_quote_page, quote_id=quote.id))


def search(q: str, **parameters: Any) -> Call:
    """Return the call for ten hits of a query."""
    return lambda archive: archive.search(q, **parameters)


def warm_up() -> Question:
    """Return a question that a process with a warm snapshot has answered: a search on the page."""
    return Question("a search on the page", _page("q=dairn"))


def _page(address: str) -> Call:
    request = SearchState.of(address).request()
    return lambda archive: archive.answer(request)


def _quote_page(archive: Archive, quote_id: str) -> object:
    detail = archive.detail(quote_id)
    return archive.same_words(detail.quote)


def _speaker_page(archive: Archive, speaker_id: str) -> object:
    archive.speaker(speaker_id)
    archive.search(speaker=speaker_id, sort="newest", limit=LATEST)
    return archive.distinctive_words(speaker_id)


def _misspelt(name: str) -> str:
    return f"{name[:-2]}{'x' if name[-2] != 'x' else 'z'}{name[-1]}"


def _said(folder: Path) -> list[Quote]:
    """Return quotes of an archive that are parts of utterances in articles."""
    archive = Archive(open_store(f"file:{folder}"), REAL)
    some = next(archives.told())
    found = archive.search(some.headline, publisher=some.publisher, limit=20).hits
    return [hit.quote for hit in found if hit.quote.utterance.of > 1]
