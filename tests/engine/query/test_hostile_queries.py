"""Hostile queries: each gets a page or a refusal with a message, within the time limit."""

# ruff: noqa: PT017 - an answer and a refusal are both valid; the assertions check that each is a good one

from __future__ import annotations

import base64
import json
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import pytest

from quoth.engine.page import Page
from quoth.engine.query.filters import STATUSES, TYPES
from quoth.engine.query.request import COLLAPSES, FACETS, FUZZIES, MATCHES, SORTS, Request
from quoth.engine.searcher import Searcher
from quoth.errors import BadQuery, Expired
from tests.support.seeded import frequent, store_of

Chance = random.Random
Asked = dict[str, Any]

# The attacks of security.md that fit in a query string; the first of each kind crashed a stock parser.
BOMBS = (
    *("a*", "*", "?*", "*a", "*a*", "[a TO z]", "id:[q TO r]", "id:q*", "[TO]", "land~1", "land~9", "abc~3", "a^nan"),
    *("a^1e308", "(" * 256, "(a OR " * 42, "NOT " * 64, "a OR " * 51 + "a", '"a b"~1000000', "[a TO " * 42, " 'a" * 85),
    *(
        "a " * 128,
        '"' * 256,
        "*" * 256,
        "(" * 255 + "a",
        " " * 256,
        " " * 257,
        "\x00",
        "\ud800",
        "\ud800*",
        "\udfff\ud800",
    ),
    *(
        'published:"99999999999999"',
        'r"(.*.*.*)*z9"',
        'r"("',
        "*a*a*a*a*b",
        "OR OR",
        "OR",
        "a OR OR b",
        "-",
        "--a",
        '-"',
        "-OR",
    ),
    *(
        "a:b",
        "http://example.org",
        "type:",
        "type:x",
        "before:x",
        "-before:2020",
        "speaker:",
        ":",
        "::",
        "a:",
        "\u0301" * 256,
    ),
    *(
        "e" + "\u0301" * 200,
        "ẛ̣" * 60,
        "ﷺ" * 200,
        "İ" * 250,
        "ß" * 250,
        "😀" * 256,
        "𝔮" * 250,
        "\u202e" * 250,
        "\ufeff",
        "\x1b[2J",
    ),
    *(
        "x" * 256,
        "x" * 255 + "*",
        "x" * 300,
        '"' + "the " * 60 + '"',
        "a-b" * 80,
        "a.b" * 80,
        "." * 256,
        "_" * 256,
        "1" * 256,
    ),
    *(
        "a" + ".a" * 127,
        "'; DROP TABLE quotes; --",
        "${jndi:ldap://a}",
        "<script>",
        "%00",
        "../../etc/passwd",
        "\\",
        "{{7*7}}",
    ),
)
ENDS = ("0001-01-01", "9999-12-31", "9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00Z", "1970-01-01", "2020-02-29")
NO_DATES = (
    "0000-01-01",
    "10000-01-01",
    "2021-02-29",
    "now",
    "",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
)
SIGNS = [
    *"\"“”„«»-*:'’.,()[]~^?\\/\x00\u0301\u200d\ufeff",
    " ",
    "  ",
    " OR ",
    " -",
    "*",
    " speaker:",
    " type:",
    "\ud800",
    "😀",
    "𝔮",
]


class Adversary:
    """Draws queries; a seed always gives the same ones."""

    def __init__(self, seed: int, speakers: list[str], publishers: list[str]) -> None:
        self.rng = Chance(seed)
        self.words = frequent()
        self.top = list(self.words[:40])
        self.speakers = speakers
        self.publishers = publishers
        self.cursors: list[tuple[Asked, str]] = []

    # ------------------------------------------------------------------------------------------------ the words

    def bomb(self) -> str:
        return self.rng.choice(BOMBS)

    def noise(self) -> str:
        return "".join(
            self.rng.choice(SIGNS) if self.rng.random() < 0.5 else self.some_word()
            for _ in range(self.rng.randrange(40))
        )

    def code_points(self) -> str:
        most = self.rng.choice((128, 0x3000, 0x110000))
        return "".join(chr(self.rng.randrange(most)) for _ in range(self.rng.randrange(60)))

    def any_of_the_most_frequent(self) -> str:
        return " OR ".join(self.rng.sample(self.top, self.rng.randint(2, 16)))

    def all_of_the_most_frequent(self) -> str:
        return " ".join(self.rng.sample(self.top, self.rng.randint(2, 16)))

    def any_of_prefixes(self) -> str:
        return " OR ".join(f"{self.prefix()}*" for _ in range(self.rng.randint(1, 8)))

    def phrases(self) -> str:
        most = self.rng.choice((1, 2, 4))
        return " ".join(
            f'"{" ".join(self.rng.choices(self.top, k=self.rng.randint(2, 16 // most if most > 1 else 8)))}"'
            for _ in range(most)
        )

    def one_word_again_and_again(self) -> str:
        word = self.rng.choice(self.top)
        return self.rng.choice(
            (f'"{" ".join([word] * 8)}"', " ".join([word] * 30), " OR ".join([word] * 20), f'"{word} {word}" {word}')
        )

    def what_is_not_wanted(self) -> str:
        wanted = self.rng.choice(("", self.rng.choice(self.top)))
        return " ".join([wanted, *(f"-{self.rng.choice(self.top)}" for _ in range(self.rng.randint(1, 15)))])

    def mixture(self) -> str:
        clauses = [
            self.rng.choice((self.some_word, self.any_two, self.phrase, self.prefixed))()
            for _ in range(self.rng.randint(1, 5))
        ]
        return " ".join(clauses)

    def misspelt(self) -> str:
        return " ".join(self._typo(self.some_word()) for _ in range(self.rng.randint(1, 16)))

    def long_token(self) -> str:
        return self.rng.choice(self.words) * self.rng.randint(10, 60)

    def qualified(self) -> str:
        names = ("speaker", "publisher", "type", "language", "status", "before", "after", "author", "")
        values = (*self.speakers[:5], *self.publishers[:2], *TYPES, *STATUSES, *ENDS, "en", "x", "")
        parts = [
            f'{self.rng.choice(("", "-"))}{self.rng.choice(names)}:"{self.rng.choice(values)}"'
            for _ in range(self.rng.randint(1, 6))
        ]
        return " ".join([self.rng.choice(("", *self.top)), *parts])

    def some_word(self) -> str:
        return self.words[int(self.rng.random() ** 4 * len(self.words))]

    def any_two(self) -> str:
        return f"{self.rng.choice(self.top)} OR {self.some_word()}"

    def phrase(self) -> str:
        return f'"{self.rng.choice(self.top)} {self.rng.choice(self.top)}"'

    def prefix(self) -> str:
        word = self.some_word()
        return word[: max(3, len(word) - 2)]

    def prefixed(self) -> str:
        return f"{self.prefix()}*"

    def _typo(self, word: str) -> str:
        place = self.rng.randrange(len(word))
        return word[:place] + self.rng.choice(("", "e", "zz")) + word[place + self.rng.randint(0, 1) :]

    WORDS: tuple[Callable[[Adversary], str], ...] = (
        *(bomb, noise, code_points, any_of_the_most_frequent, any_of_the_most_frequent, all_of_the_most_frequent),
        *(any_of_prefixes, phrases, phrases, one_word_again_and_again, what_is_not_wanted, mixture, mixture, misspelt),
        *(long_token, qualified),
    )

    # ------------------------------------------------------------------------------------------ the whole request

    def request(self) -> tuple[str, Asked]:
        """Draw a request, and return its kind with it."""
        if self.cursors and self.rng.random() < 0.08:
            return "a page further on", self.deeper()
        make = self.rng.choice(self.WORDS)
        asked: Asked = {"q": make(self)}
        if self.rng.random() < 0.6:
            for name in self.rng.sample(sorted(self._filters), self.rng.randint(1, 4)):
                asked[name] = self._filters[name](self)
        if self.rng.random() < 0.03:
            del asked["q"]
        return make.__name__, asked

    def deeper(self) -> Asked:
        """Draw a cursor: a valid one, one far beyond the end, one of another search, or arbitrary text."""
        asked, cursor = self.rng.choice(self.cursors)
        kind = self.rng.randrange(5)
        if kind == 0:
            return {**asked, "cursor": cursor}
        if kind == 1:
            padded = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
            generation, _, search = json.loads(padded)
            far = self.rng.choice((10**3, 10**5, 2**53 - 1, 2**53, -1, 0, 1.5))
            forged = json.dumps([self.rng.choice((generation, generation, 1, 10**9)), far, search]).encode()
            return {**asked, "cursor": base64.urlsafe_b64encode(forged).decode().rstrip("=")}
        if kind == 2:
            return {"q": self.any_two(), "cursor": cursor}
        if kind == 3:
            return {**asked, "cursor": cursor[: self.rng.randrange(len(cursor))]}
        return {
            **asked,
            "cursor": self.rng.choice(("", "!", "\ud800", "é", "W10", "[" * 10_000, "A" * 9_999, self.noise())),
        }

    _filters: ClassVar[dict[str, Callable[[Adversary], Any]]] = {
        "fuzzy": lambda it: it.rng.choice(FUZZIES),
        "match": lambda it: it.rng.choice(MATCHES),
        "collapse": lambda it: it.rng.choice(COLLAPSES),
        "facets": lambda it: list(FACETS),
        "sort": lambda it: it.rng.choice(SORTS),
        "limit": lambda it: it.rng.choice((1, 10, 10, 10, 100, 1_000, 0, -1, 1_001)),
        "speaker": lambda it: it.rng.choices(
            [*it.speakers, "", "\ud800", "x" * 257, "漢字", it._typo("Johnson")], k=it.rng.choice((1, 20, 21))
        ),
        "publisher": lambda it: it.rng.choices([*it.publishers, "nobody", "\x00"], k=it.rng.choice((1, 20))),
        "language": lambda it: it.rng.choices(["en", "EN-gb", "fr", "x-klingon", "-"], k=20),
        "status": lambda it: it.rng.choice((*STATUSES, ",".join(STATUSES), "x", "")),
        "type": lambda it: it.rng.choice((*TYPES, ",".join(TYPES), "x", "", "direct,indirect")),
        "from_": lambda it: it.rng.choice((*ENDS, *NO_DATES)),
        "to": lambda it: it.rng.choice((*ENDS, *NO_DATES)),
        "min_confidence": lambda it: it.rng.choice((0.0, 0.5, 1.0, 1e-300, -0.0, float("nan"), float("inf"), -1.0)),
        "as_of": lambda it: it.rng.choice((1, 2, 8, 0, -1, 10**9, 10**30)),
        "highlight": lambda it: it.rng.random() < 0.5,
    }


def prefixes() -> Iterator[Asked]:
    """Yield every three-letter prefix of a word of the corpus."""
    yield from ({"q": f"{start}*"} for start in sorted({word[:3] for word in frequent() if len(word) > 2}))


def attack(searcher: Searcher, count: int, seed: int) -> Iterator[tuple[float, str, Asked, str]]:
    """Run hostile queries; yield the CPU time of this thread, the kind, the query and the outcome of each."""
    speakers = [hit.quote.speaker.name for hit in searcher.search(Request(limit=50)).hits if hit.quote.speaker]
    publishers = [bucket.value for bucket in searcher.search(Request(limit=1, facets="publisher")).facets["publisher"]]
    adversary = Adversary(seed, speakers, publishers)
    every = prefixes()
    for number in range(count):
        asked = next(every, None) if number % 20 == 0 else None
        kind, asked = ("prefix of three letters", asked) if asked else adversary.request()
        start = time.thread_time()
        try:
            page = searcher.search(Request(**asked))
        except (BadQuery, Expired) as refused:
            spent, came = time.thread_time() - start, f"{type(refused).__name__}: {refused}"
            assert re.fullmatch(r"\S.*[^.\s]", str(refused), re.DOTALL), asked
            assert len(str(refused)) < 700, asked
        except Exception as error:
            error.add_note(repr(asked))
            raise
        else:
            spent, came = time.thread_time() - start, "a page"
            check(page, asked)
            if page.next_cursor and number % 7 == 0:
                adversary.cursors = [*adversary.cursors[-200:], (asked, page.next_cursor)]
        yield spent, kind, asked, came


def check(page: Page, asked: Asked) -> None:
    """Assert the invariants of a page."""
    listed = page.total + page.related_listed
    assert len(page.hits) <= min(page.request.limit, listed), asked
    assert (page.next_cursor is None) == (page.start + len(page.hits) >= listed or not page.hits), asked
    for hit in page.hits[:20]:
        assert all(0 <= start < end <= len(hit.quote.text) for start, end in hit.highlights), asked
        assert hit.score >= 0, asked
        assert hit.quote.type in page.request.types, asked


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    return Searcher(store_of(2_000, tmp_path_factory.mktemp("seeded")))


@pytest.mark.prove
def test_a_hundred_hostile_queries_get_a_page_or_a_sentence(few: Searcher) -> None:
    came = Counter(came.partition(":")[0] for *_, came in attack(few, 100, seed=1))
    assert min(came["a page"], came["BadQuery"]) > 15


@pytest.mark.parametrize("q", BOMBS, ids=range(len(BOMBS)))
def test_each_bomb_gets_a_page_or_a_sentence(few: Searcher, q: str) -> None:
    for more in ({}, {"facets": list(FACETS)}, {"match": "all", "fuzzy": "off", "collapse": "wording"}):
        try:
            check(few.search(Request(q=q, **more)), {"q": q})
        except BadQuery as refused:
            assert refused.parameter == "q"


@pytest.mark.prove(minutes=3)
def test_fifty_thousand_hostile_queries_get_a_page_or_a_sentence_in_time(
    capsys: pytest.CaptureFixture[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The only timed test: it measures the CPU of this thread, so that other threads and a slow disk do not count."""
    searcher = Searcher(store_of(50_000, tmp_path_factory.mktemp("seeded")))
    began = time.thread_time()
    asked = sorted(attack(searcher, 50_000, seed=2), key=lambda one: -one[0])
    with capsys.disabled():
        came = Counter(came.partition(":")[0] for *_, came in asked)
        print(f"\n{len(asked):,} queries, {time.thread_time() - began:.0f} s of CPU, {dict(came)}; the slowest:")
        for spent, kind, request, answer in asked[:10]:
            print(f"{spent * 1000:6.0f} ms  {kind}: {request!r:.200} -> {answer:.80}")
    assert asked[0][0] < 1.1
