"""Natural text, so that the codec meets real stop words, real phrases and quotes of every length.

The text must be on every machine, but not in the repository. botocore's AWS service descriptions come with the locked
runtime set, so they are the same everywhere: 300,000 different sentences, 25 MB of plain technical English by many
authors. Speakers and dates are random. The alternative, docstrings of the standard library, has a twentieth of that.
`NATURAL=FOLDER` reads a folder of better text instead.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from bench.corpora.seeded import drawn_article, drawn_speaker, population, quote_of
from quoth.quote import GivenQuote

_TAG = re.compile(r"<[^>]*>")
_SENTENCE = re.compile(r"(?<=[.!?][”\"’)]) (?=[A-Z“\"])|(?<=[.!?]) (?=[A-Z“\"])")
_WORD = re.compile(r"\w+")
SHORTEST, LONGEST = 6, 120  # words a sentence


def natural(size: int, folder: Path | None = None, seed: int = 1) -> Iterator[GivenQuote]:
    """Yield at most `size` distinct quotes of one to three consecutive sentences."""
    names, rng = population(seed), random.Random(f"natural/{seed}")
    return islice(
        (
            quote_of(article, drawn_speaker(rng, names), text)
            for sentences in _fresh(_of_folder(folder) if folder else _of_services())
            for article in [drawn_article(rng, names, sentences[0].split()[:7])]
            for text in _grouped(rng, sentences)
        ),
        size,
    )


def sentences_of(text: str) -> list[str]:
    """Return the sentences of a paragraph that have the length of a quote.

    >>> sentences_of("<p>The dam will hold,  said the minister. No. It held for ten years after that.</p>")
    ['The dam will hold, said the minister.', 'It held for ten years after that.']
    """
    plain = " ".join(_TAG.sub(" ", text).split())
    return [s for s in _SENTENCE.split(plain) if SHORTEST <= len(_WORD.findall(s)) <= LONGEST]


def _fresh(paragraphs: Iterable[str]) -> Iterator[list[str]]:
    """Yield the sentences of each paragraph, except repeated ones: descriptions share many sentences."""
    seen: set[int] = set()
    for paragraph in paragraphs:
        sentences = [s for s in sentences_of(paragraph) if hash(s) not in seen]
        seen.update(map(hash, sentences))
        if sentences:
            yield sentences


def _grouped(rng: random.Random, sentences: list[str]) -> Iterator[str]:
    left = list(sentences)
    while left:
        count = rng.randint(1, 3)
        yield " ".join(left[:count])
        left = left[count:]


def _of_services() -> Iterator[str]:
    import botocore  # part of the runtime set; only this function needs it

    for path in sorted(Path(botocore.__file__).parent.glob("data/*/*/service-2.json.gz")):
        yield from _documented(json.loads(gzip.decompress(path.read_bytes())))


def _documented(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "documentation" and isinstance(inner, str):
                yield inner
            else:
                yield from _documented(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _documented(inner)


def _of_folder(folder: Path) -> Iterator[str]:
    """Yield the paragraphs of a folder's text files, and of the `body` or `text` of each line of its JSONL files."""
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".txt":
            yield from path.read_text("utf-8").split("\n\n")
        elif path.suffix == ".jsonl":
            for line in path.read_text("utf-8").splitlines():
                value = json.loads(line)
                yield from str(value.get("body") or value.get("text") or "").split("\n\n")
