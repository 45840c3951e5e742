"""Measure the search page in Chromium: `python -m bench.parts.page FOLDER --chromium PATH`.

The report is docs/page-speed.md. A query is typed key by key over an archive of the seeded corpus; the time is that of
the page's own clock, from the last key to the first hit of its answer. FOLDER keeps the archive for the next run.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import quoth
from bench.corpora.seeded import synthetic
from bench.measure import percentile
from quoth.ingest.originals import batches

PAGE = Path(__file__).parents[2] / "docs" / "page-speed.md"
WITHIN = 150  # milliseconds from the last key to the hits
KEY = 60  # milliseconds between two keys
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]

# When the last key was pressed, when the list changed after it, and what kept the page from answering a reader.
WATCH = """
addEventListener('keydown', () => { window.key = performance.now(); }, true);
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.blocked = (window.blocked ?? 0) + Math.max(0, entry.duration - 50);
}).observe({ type: 'longtask', buffered: true });
addEventListener('DOMContentLoaded', () => new MutationObserver(() => { window.shown = performance.now(); })
  .observe(document.getElementById('results'), { childList: true }));
"""


@contextmanager
def serving(store: Path) -> Iterator[str]:
    """Run `quoth serve` until the block ends; yield its address."""
    command = [sys.executable, "-m", "quoth", "serve", "--store", f"file:{store}", "--port", "0"]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as server:
        told = "" if server.stderr is None else server.stderr.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", told)
        if found is None:
            raise SystemExit(f"quoth serve does not start: {told}")
        try:
            yield found[0]
        finally:
            server.terminate()


def asked(quotes: int, runs: int) -> list[str]:
    """Return queries of two and three words that stand together in a quote, all of them different."""
    rng = random.Random(1)
    lots = [quote.text.rstrip(".").split() for quote in synthetic(quotes)]
    found: dict[str, None] = {}
    while len(found) < runs:
        words, count = rng.choice(lots), rng.choice((2, 3))
        start = rng.randrange(max(1, len(words) - count))
        found[" ".join(words[start : start + count])] = None
    return list(found)


def measure(address: str, queries: list[str], chromium: str) -> dict[str, Any]:
    """Type each query on a page of its own, and return what it took."""
    from playwright.sync_api import sync_playwright

    times: list[float] = []
    blocked: list[float] = []
    first: tuple[int, int] = (0, 0)
    answers: list[int] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, headless=True, args=FLAGS)
        for query in queries:
            context = browser.new_context()
            context.add_init_script(WATCH)
            page = context.new_page()
            page.goto(address, wait_until="networkidle")
            entries = page.evaluate(
                "['navigation', 'resource'].flatMap((kind) => performance.getEntriesByType(kind))"
                ".map((entry) => entry.encodedBodySize)"
            )
            first = len(entries), sum(entries)
            page.locator("#q").press_sequentially(query, delay=KEY)
            page.wait_for_function("() => window.shown > window.key && !document.querySelector('[aria-busy]')")
            page.wait_for_timeout(200)  # an answer to an earlier key was perhaps the first
            times.append(page.evaluate("window.shown - window.key"))
            blocked.append(page.evaluate("window.blocked ?? 0"))
            answers += page.evaluate(
                "performance.getEntriesByType('resource').filter((entry) => entry.name.includes('/v1/quotes?'))"
                ".filter((entry) => entry.encodedBodySize > 0)"
                ".map((entry) => entry.encodedBodySize)"
            )
            context.close()
        browser.close()
    return {"times": times, "blocked": blocked, "first": first, "answers": answers}


def report(quotes: int, figures: dict[str, Any]) -> str:
    """Return the page of the report."""
    times, (requests, size) = figures["times"], figures["first"]
    late = sum(time > WITHIN for time in times)
    return f"""\
# The speed of the search page

`make bench-page` writes this page: {len(times)} queries of two or three words, typed with {KEY} ms between keys into
`quoth serve` over {quotes:,} quotes of the seeded corpus, by Chromium on the same machine. The page measures the
time by its own clock.

| what | measured |
|---|---:|
| hits after the last key, median | {statistics.median(times):.0f} ms |
| hits after the last key, 95th percentile | {percentile(times, 95):.0f} ms |
| slowest | {max(times):.0f} ms |
| later than {WITHIN} ms | {late} of {len(times)} |
| requests of the first view | {requests} |
| bytes of the first view, compressed | {size:,} |
| bytes of an answer, median | {statistics.median(figures["answers"]):,.0f} |
| blocking time of a visit, most | {max(figures["blocked"]):.0f} ms |

Blocking time is what tasks of more than 50 ms take beyond that.
"""


def main(arguments: list[str] | None = None) -> None:
    """Fill the archive if it is not there, type, and write the report."""
    parser = argparse.ArgumentParser(prog="make bench-page", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the archive is kept")
    parser.add_argument("--chromium", required=True, help="the browser")
    parser.add_argument("--quotes", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--out", type=Path, default=PAGE)
    options = parser.parse_args(arguments)
    store = options.folder / f"page-{options.quotes}"
    if not store.exists():
        archive = quoth.open(f"file:{store}")
        for batch in batches(synthetic(options.quotes)):
            archive.add(batch)
    with serving(store) as address:
        figures = measure(address, asked(options.quotes, options.runs), options.chromium)
    options.out.write_text(report(options.quotes, figures), "utf-8")
    print(report(options.quotes, figures))


if __name__ == "__main__":
    main()
