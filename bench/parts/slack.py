"""Measure the answers of the Slack function, and what its start imports: `python -m bench.parts.slack FOLDER`.

The report is docs/slack-speed.md. Answers are whole calls of the handler, from the event with its signature to the
JSON of the card, by a function that has answered before; every command is a new one. Times are CPU of the process.
FOLDER keeps the archive of the seeded corpus for the next run.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import quoth
from bench.corpora.seeded import population, synthetic
from bench.measure import percentile
from functions.http.signature import sign
from functions.local.events import LambdaContext, http_event, route
from quoth.ingest.originals import batches
from quoth.quote import GivenQuote

PAGE = Path(__file__).parents[2] / "docs" / "slack-speed.md"
FORM = "application/x-www-form-urlencoded"
SECRET = "a-secret-of-the-benchmark"  # noqa: S105 - signs nothing else
MODULE = "functions.slack.function"
WITHIN = 50.0  # milliseconds of a warm answer
IMPORTS = 7  # runs
LEAST = 1.0  # milliseconds of an import that has a row of its own


def commands(rng: random.Random, quotes: list[GivenQuote]) -> dict[str, Callable[[], str]]:
    """Return what makes a new command of each kind."""
    words = population(1).words

    def part(count: int) -> str:
        said = rng.choice(quotes).text.rstrip(".").split()
        start = rng.randrange(max(1, len(said) - count))
        return " ".join(said[start : start + count])

    def altered() -> str:
        said = part(12).split()
        said[len(said) // 2] = rng.choice(words)
        return f"verify {' '.join(said)}"

    return {
        "one common word": lambda: words[rng.randrange(10, 200)],
        "two words of a quote": lambda: part(2),
        "five words of a quote": lambda: part(5),
        "a phrase of three words": lambda: f'"{part(3)}"',
        "a word and a speaker": lambda: f'{part(1)} speaker:"{rng.choice(quotes).speaker}"',
        "three words, one with a typo": lambda: f"{part(2)} {rng.choice(words)}x",
        "verify twelve words": lambda: f"verify {part(12)}",
        "verify twelve words, one altered": altered,
        "verify words by a speaker": lambda: f"verify {part(8)} by {rng.choice(quotes).speaker}",
        "who": lambda: f"who {rng.choice(quotes).speaker}",
    }


def event_of(text: str) -> dict[str, Any]:
    """Return the event of a command, signed now."""
    body = urlencode({"command": "/quote", "text": text, "team_id": "T1", "response_url": ""}).encode()
    now = int(time.time())
    headers = {
        "Content-Type": FORM,
        "X-Slack-Request-Timestamp": str(now),
        "X-Slack-Signature": sign(body, now, SECRET),
    }
    return http_event("POST", "/v1/slack/command", route("POST", "/v1/slack/command"), headers.items(), body)


def spent(text: str) -> tuple[float, int]:
    """Return the milliseconds of CPU of an answer, and its characters."""
    from functions.slack import function

    event = event_of(text)
    start = time.process_time()
    answer = function.handler(event, LambdaContext("slack"))
    milliseconds = 1e3 * (time.process_time() - start)
    if answer is None or answer["statusCode"] != 200 or "Something went wrong" in answer["body"]:
        raise RuntimeError("the function did not answer")
    return milliseconds, len(answer["body"])


def imports(runs: int) -> dict[str, float]:
    """Return the milliseconds of each package that a start imports, without those that it imports itself."""
    tables = [_imported() for _ in range(runs)]
    best = {name: min(table[name] for table in tables) for name in tables[0]}
    return dict(sorted(best.items(), key=lambda item: -item[1]))


# Charges each module with the CPU of its own code, without that of the modules that it imports.
_CHARGE = """
import importlib, json, sys, time
from importlib.machinery import PathFinder

costs, inner = {}, []

def charged(name, work):
    def charging(*arguments):
        start = time.process_time()
        inner.append(0.0)
        try:
            return work(*arguments)
        finally:
            whole = time.process_time() - start
            costs[name] = costs.get(name, 0.0) + whole - inner.pop()
            if inner:
                inner[-1] += whole
    return charging

class Charging:
    @staticmethod
    def find_spec(name, path=None, target=None):
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            for step in ("create_module", "exec_module"):
                setattr(spec.loader, step, charged(name, getattr(spec.loader, step)))
        return spec

sys.meta_path.insert(0, Charging)
importlib.import_module(sys.argv[1])
print(json.dumps(costs))
"""


def _imported() -> dict[str, float]:
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPATH": f"{root / 'index'}:{root}"}
    command = [sys.executable, "-c", _CHARGE, MODULE]
    printed = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    costs: Counter[str] = Counter()
    for module, seconds in json.loads(printed.splitlines()[-1]).items():
        package = module.partition(".")[0]
        costs["the standard library" if package in sys.stdlib_module_names else package] += 1e3 * seconds
    return dict(costs)


def page(folder: Path, quotes: int, runs: int) -> Iterator[str]:
    """Yield the lines of the report."""
    sample = list(synthetic(min(quotes, 2_000)))
    archive = folder / f"slack-{quotes}"
    if not archive.exists():
        made = quoth.open(f"file:{archive}")
        for batch in batches(synthetic(quotes)):
            made.index(batch)  # the originals are not needed
    os.environ |= {"QUOTH_STORE": f"file:{archive}", "QUOTH_SLACK_SIGNING_SECRET": SECRET}
    rng = random.Random(20)
    kinds = commands(rng, sample)
    first, _ = spent("help")
    cold, _ = spent(kinds["two words of a quote"]())
    for make in kinds.values():
        spent(make())
    yield "# The speed of the Slack function"
    yield ""
    yield "`make bench` writes this page: CPU time in one process, on one machine, of whole calls of the handler, from"
    yield "the event with its signature to the JSON of the card. Every command is a new one. The archive has"
    yield f"{quotes:,} quotes of the seeded corpus. A warm answer should take less than {WITHIN:g} ms."
    yield ""
    yield f"| {runs} commands | median ms | 95 of 100 ms | slowest ms | characters of a card |"
    yield "|---|---|---|---|---|"
    every: list[float] = []
    for name, make in kinds.items():
        times, sizes = zip(*(spent(make()) for _ in range(runs)), strict=True)
        every += times
        shown = f"{percentile(times, 50):.1f} | {percentile(times, 95):.1f} | {max(times):.1f} | {max(sizes):,}"
        yield f"| {name} | {shown} |"
    yield f"| all | {percentile(every, 50):.1f} | {percentile(every, 95):.1f} | {max(every):.1f} | |"
    yield ""
    late = sum(milliseconds > WITHIN for milliseconds in every)
    yield f"{late:,} of {len(every):,} answers took longer than {WITHIN:g} ms."
    yield f"The first answer of a process takes {first:.0f} ms, and the first that opens the index {cold:.0f} ms."
    yield ""
    yield "## What a start imports"
    yield ""
    yield "Milliseconds of CPU in a new process, each package without what it imports, the best of some runs. The rest"
    yield "of a cold start is Lambda's own, and the opening of the index above."
    yield ""
    yield "| package | ms |"
    yield "|---|---|"
    costs = imports(IMPORTS)
    for name, milliseconds in costs.items():
        if milliseconds >= LEAST:
            yield f"| {name} | {milliseconds:.0f} |"
    small = [name for name, milliseconds in costs.items() if milliseconds < LEAST]
    yield f"| under {LEAST:g} ms each: {', '.join(sorted(small))} | {sum(costs[name] for name in small):.0f} |"
    yield f"| all | {sum(costs.values()):.0f} |"


def main() -> None:
    """Measure, print, and write the page."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the archive is kept")
    parser.add_argument("--out", type=Path, default=PAGE, help="the file to write")
    parser.add_argument("--quotes", type=int, default=200_000, help="number of quotes")
    parser.add_argument("--runs", type=int, default=40, help="commands of each kind")
    options = parser.parse_args()
    lines = []
    for line in page(options.folder, options.quotes, options.runs):
        print(line, flush=True)
        lines.append(line)
    options.out.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
