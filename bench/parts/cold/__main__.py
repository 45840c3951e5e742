"""Measure cold starts in Lambda's Runtime Interface Emulator: `python -m bench.parts.cold SEARCH WHOLE CLIENT FOLDER`.

A cold start is everything from the start of a process to its first answer: the interpreter, Lambda's client of the
runtime, the modules, and a search of an index in S3, which moto serves on this machine. SEARCH is the artifact of the
search function for this machine, WHOLE that with all distributions, which the naive stack needs, CLIENT the folder of
Lambda's client, and FOLDER is for copies without bytecode. It ends with the line `cold_cpu_ms: N`: the median of the
CPU of the search function's own process. The report is docs/cold-start.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

import boto3

import quoth
from bench.corpora.seeded import synthetic
from functions.local.events import http_event, route
from quoth.ingest.originals import batches
from tools.stack.emulator import KEYS, REGION, WAIT, Emulator
from tools.stack.moto.process import Moto

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "cold-start.md"
BUCKET = "cold"


class Variant(NamedTuple):
    """A function to start: its handler, and the folders of its modules."""

    name: str
    handler: str
    folders: tuple[Path, ...]


class Start(NamedTuple):
    """One cold start: milliseconds of CPU and of time, and megabytes of memory."""

    cpu: float
    wall: float
    memory: float


@contextmanager
def served(size: int) -> Iterator[str]:
    """Serve an index of this many quotes; yields the address of S3."""
    with Moto() as moto:
        os.environ.update(KEYS, AWS_ENDPOINT_URL_S3=moto.address)
        boto3.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        archive = quoth.open(f"s3://{BUCKET}")
        for batch in batches(synthetic(size)):
            archive.index(batch)  # the originals are not needed
        yield moto.address


def start(variant: Variant, client: Path, address: str, event: bytes) -> Start:
    """Start a function in the emulator, and return the cost of its first answer."""
    environment = {
        "AWS_ENDPOINT_URL_S3": address,
        "AWS_LAMBDA_FUNCTION_NAME": "search",
        "AWS_LAMBDA_FUNCTION_TIMEOUT": "30",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",  # which Lambda sets, and its emulator does not
        "OPENBLAS_NUM_THREADS": "1",
        "POWERTOOLS_SERVICE_NAME": "quoth",
        "QUOTH_MOSTLY_READS": "true",
        "QUOTH_STORE": f"s3://{BUCKET}",
    }
    began = time.perf_counter()
    emulator = Emulator(variant.handler, (*variant.folders, client), environment)
    try:
        answer = json.loads(emulator.invoke(event, WAIT))
        wall = 1e3 * (time.perf_counter() - began)
        [child] = emulator.runtime()
        cost = Start(_cpu(child), wall, _memory(child))
    finally:
        emulator.stop()
    if answer.get("statusCode") != 200:
        raise RuntimeError(f"{variant.name} did not answer: {json.dumps(answer)[:500]}")
    return cost


def _cpu(process: int) -> float:
    """Return the milliseconds of CPU of a process and all its threads, by its clock (clock_getcpuclockid in Linux)."""
    return 1e3 * time.clock_gettime((~process << 3) | 2)


def _memory(process: int) -> float:
    """Return the most megabytes that a process has had in memory."""
    status = Path(f"/proc/{process}/status").read_text("ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024


def without_bytecode(artifact: Path, folder: Path) -> Path:
    """Return a copy of an artifact without its bytecode; the files are links."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(artifact, folder, copy_function=os.link, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def modules(variant: Variant) -> int:
    """Return how many modules are loaded when a handler is."""
    script = "import importlib, sys; importlib.import_module(sys.argv[1]); print(len(sys.modules))"
    environment = {**KEYS, "PYTHONPATH": os.pathsep.join(map(str, variant.folders)), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-S", "-s", "-c", script, variant.handler.rpartition(".")[0]]
    return int(subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout)


def table(figures: dict[Variant, list[Start]]) -> list[str]:
    """Return the medians as a table."""
    lines = ["| function | CPU, ms | time, ms | memory, MB | modules | artifact, MB |", "|---|---|---|---|---|---|"]
    for variant, starts in figures.items():
        cpu, wall, memory = (statistics.median(column) for column in zip(*starts, strict=True))
        size = sum(path.stat().st_size for path in variant.folders[0].rglob("*") if path.is_file()) / 1e6
        row = (variant.name, f"{cpu:.0f}", f"{wall:.0f}", f"{memory:.0f}", modules(variant), f"{size:.1f}")
        lines.append(f"| {' | '.join(map(str, row))} |")
    return lines


def main() -> None:
    """Measure, write the report and print it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("search", type=lambda text: Path(text).absolute())
    parser.add_argument("whole", type=lambda text: Path(text).absolute())
    parser.add_argument("emulator", type=lambda text: Path(text).absolute())
    parser.add_argument("folder", type=lambda text: Path(text).absolute())
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--quotes", type=int, default=10_000)
    parser.add_argument("--out", type=Path, default=PAGE)
    options = parser.parse_args()
    here = Path(__file__).parent
    bare = without_bytecode(options.search, options.folder / "search")
    bare_whole = without_bytecode(options.whole, options.folder / "whole")
    search = Variant("search", "functions.search.handler", (options.search,))
    variants = (
        search,
        Variant("search without bytecode", "functions.search.handler", (bare,)),
        Variant("an empty handler", "empty.handler", (here,)),
        Variant("the naive stack", "naive.handler", (options.whole, here)),
        Variant("the naive stack without bytecode", "naive.handler", (bare_whole, here)),
    )
    words = urlencode({"q": " ".join(next(synthetic(1)).text.split()[1:3])})
    asked = http_event("GET", f"/v1/quotes?{words}", route("GET", "/v1/quotes"), [], b"")
    asked["queryStringParameters"] = dict(parse_qsl(words))  # which the naive stack reads
    event = json.dumps(asked).encode()
    figures: dict[Variant, list[Start]] = {variant: [] for variant in variants}
    with served(options.quotes) as address:
        for _ in range(options.runs):  # in turns, so that a busy moment meets them all
            for variant in variants:
                figures[variant].append(start(variant, options.emulator, address, event))
    lines = table(figures)
    options.out.write_text(
        "\n".join(
            [
                *_HEAD.format(quotes=options.quotes, runs=options.runs, python=platform.python_version()).splitlines(),
                *lines,
                "",
            ]
        ),
        "utf-8",
    )
    print("\n".join(lines))
    print(f"cold_cpu_ms: {statistics.median(cost.cpu for cost in figures[search]):.0f}")


_HEAD = """\
# Cold starts

`make bench-cold` writes this page. Each figure is the median of {runs} starts, in turns, from the start of the process
to the first answer, in Lambda's Runtime Interface Emulator with Python {python}: a search of {quotes:,} quotes, which
moto serves as S3 on this machine. CPU and memory are those of the function's own process. The artifact is the one of
`make check-artifact`: the lock and the sources of the artifact for Lambda, with the wheels of this machine; those for
Lambda are a few megabytes smaller. Lambda itself is not measured: neither the download of the artifact nor its share of
a core, and moto is reached without TLS: to read the authorities of Amazon takes 3 ms, and each handshake its own.
The naive stack is [bench/parts/cold/naive.py](../bench/parts/cold/naive.py), with all distributions; why
search takes less is in decisions [0041](decisions/0041-a-lean-cold-start.md) and
[0043](decisions/0043-a-leaner-cold-start.md), and there is why SnapStart is off unless a parameter says otherwise.

"""

if __name__ == "__main__":
    main()
