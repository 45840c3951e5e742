"""Build one engine's index in a process of its own, and say what that took.

`python -m bench.build ENGINE QUOTES SIZE FOLDER`

CPU is that of the whole process, all threads, less what reading the quotes took. Making a quote's JSON and columns is
Python, for every engine alike; it is measured beside the build, so that the rest can be told too.
"""

from __future__ import annotations

import json
import re
import resource
import shutil
import sys
import time
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

from bench.corpora.supply import Supply, columns
from bench.engines import ENGINES
from quoth.quote import to_text

SAMPLE = 20_000  # quotes that are made into JSON and columns once more, to see what it costs


@dataclass(frozen=True, slots=True)
class BuildResult:
    """What building took: seconds of CPU in all, for JSON and for columns; megabytes at the peak, and before."""

    quotes: int
    seconds: float
    json: float
    columns: float
    peak: float
    idle: float
    bytes: int


def build(name: str, quotes: Path, size: int, folder: Path) -> BuildResult:
    """Build the index of an engine in a folder that becomes its own."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    engine = ENGINES[name].make()
    supply, idle = Supply(quotes, size), peak()
    start = time.process_time_ns()
    engine.build(supply, folder)
    spent = time.process_time_ns() - start - supply.spent
    highest = peak()
    taken = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    json_seconds, column_seconds = python_seconds(quotes)
    return BuildResult(size, spent / 1e9, json_seconds * size, column_seconds * size, highest, idle, taken)


def python_seconds(quotes: Path) -> tuple[float, float]:
    """Return the seconds of CPU that a quote's JSON takes, and its columns."""
    sample = list(islice(Supply(quotes, SAMPLE), SAMPLE))
    start = time.process_time_ns()
    for _, quote in sample:
        to_text(quote)
    middle = time.process_time_ns()
    for _, quote in sample:
        columns(quote)
    return (middle - start) / 1e9 / len(sample), (time.process_time_ns() - middle) / 1e9 / len(sample)


def peak() -> float:
    """Return the most memory that this process has held, in megabytes.

    Linux adds the parent's peak to `ru_maxrss` of a process that it starts; the address space's own mark does not.
    """
    status = Path("/proc/self/status")
    if status.exists():
        (mark,) = re.findall(r"^VmHWM:\s+(\d+) kB", status.read_text(), re.MULTILINE)
        return int(mark) / 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1 << 20) if sys.platform == "darwin" else most / 1024


if __name__ == "__main__":
    name, quotes, size, folder = sys.argv[1:]
    print(json.dumps(asdict(build(name, Path(quotes), int(size), Path(folder)))))
