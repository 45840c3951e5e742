"""Measure extraction on ordinary articles and on a megabyte of hostile text: `python -m bench.parts.extraction`.

Times are CPU, in one process, the best of three runs; the limit for a megabyte is one second. The report is
docs/extraction-speed.md.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from quoth.article import MAX_BYTES, Article
from quoth.errors import BadInput
from quoth.extraction import extract
from quoth.extraction.ranking.model import shipped
from training.passages import passages

PAGE = Path(__file__).parents[2] / "docs" / "extraction-speed.md"
LIMIT = 1.0  # seconds for a megabyte
USUAL = 5_000  # characters of an article

WEATHER = (
    "It rained on the harbour for most of that week, and the council of the town, which meets on Tuesdays, put off "
    "the vote on the bridge until the spring, as Mayor Agnes Rowe and the board had asked it to do in a letter of May."
)
# Texts that a hostile sender could repeat to fill a megabyte.
PIECES = {
    "short quotes": "“a” ",
    "quotes and verbs": "“A.” said said said ",
    "long quotes": "“It will hold and not break at all today,” he said, and left. ",
    "unclosed lines": "“a\n",
    "straight marks": '"',
    "single marks": "‘a’ ",
    "entities": "&quot;a&quot; ",
    "turns of a transcript": "ADA: yes\n",
    "names": "Ada Byron and Bo Lind, ",
    "short names": "Ada, ",
    "initials": "X.",
    "capitals": "Aa ",
    "verbs": "said ",
    "determiners": "the ",
    "parentheses": "( ",
    "one word": "a",
}


def bodies() -> Iterator[tuple[str, str]]:
    """Yield the name and body of each megabyte: one for each piece, and one of ordinary passages."""
    for name, piece in PIECES.items():
        yield name, piece * (MAX_BYTES // len(piece.encode()))
    text = ordinary()
    repeated = text * (MAX_BYTES // len(text.encode()) + 1)
    yield "ordinary text", repeated.encode()[:MAX_BYTES].decode(errors="ignore")


def ordinary() -> str:
    """Return passages with as much text between quotes as news has: one quote in 900 characters."""
    return "\n\n".join(f"{article.text} {WEATHER}\n\n{WEATHER} {WEATHER}" for article in passages())


def seconds(body: str, runs: int) -> tuple[float, str]:
    """Return the CPU seconds of an extraction, and its outcome."""
    best, outcome = float("inf"), ""
    for _ in range(runs):
        start = time.process_time()
        try:
            outcome = f"{len(extract(Article(body=body))):,} quotes"
        except BadInput:
            outcome = "rejected"
        best = min(best, time.process_time() - start)
    return best, outcome


def usual(runs: int) -> float:
    """Return the CPU seconds of 5,000 characters of ordinary text, in articles of that length."""
    text = ordinary()
    articles = [Article(body=text[start : start + USUAL]) for start in range(0, 40 * USUAL, USUAL)]
    best = float("inf")
    for _ in range(runs):
        start = time.process_time()
        for article in articles:
            extract(article)
        best = min(best, (time.process_time() - start) / len(articles))
    return best


def page(runs: int) -> Iterator[str]:
    """Yield the lines of the report."""
    start = time.process_time()
    shipped()
    yield "# Extraction speed"
    yield ""
    yield "`make bench` writes this page: CPU time in one process, the best of three runs, on one machine."
    yield ""
    yield f"- loading the weights: {1000 * (time.process_time() - start):.0f} ms, once per process"
    yield f"- 5,000 characters of ordinary text: {1000 * usual(runs):.1f} ms"
    yield ""
    yield "| a megabyte of | CPU s | outcome | within 1 s |"
    yield "|---|---|---|---|"
    for name, body in bodies():
        spent, outcome = seconds(body, runs)
        yield f"| {name} | {spent:.2f} | {outcome} | {'yes' if spent <= LIMIT else 'no'} |"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write the page."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--out", type=Path, default=PAGE, help="the file to write")
    parser.add_argument("--runs", type=int, default=3, help="number of runs, of which the best counts")
    options = parser.parse_args(arguments)
    lines = []
    for line in page(options.runs):
        print(line, flush=True)
        lines.append(line)
    options.out.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
