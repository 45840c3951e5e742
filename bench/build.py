"""Build one engine's index in a separate process, and print the cost as JSON.

`python -m bench.build ENGINE QUOTES SIZE FOLDER`

CPU is that of all threads of the process, minus the time to read the quotes. The JSON and columns of a quote are made
in Python for every engine; a separate measurement of that cost allows the report to subtract it.
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

SAMPLE = 20_000  # quotes whose JSON and columns are made once more, to measure the cost


@dataclass(frozen=True, slots=True)
class BuildResult:
    """The cost of a build: CPU seconds in total, for JSON and for columns; megabytes at the peak, and before."""

    quotes: int
    seconds: float
    json: float
    columns: float
    peak: float
    idle: float
    bytes: int


def build(name: str, quotes: Path, size: int, folder: Path) -> BuildResult:
    """Build the index of an engine in a folder, whose old contents are deleted."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    engine = ENGINES[name].make()
    supply, idle = Supply(quotes, size), peak()
    start = time.process_time_ns()
    engine.build(supply, folder)
    cpu = time.process_time_ns() - start - supply.spent
    highest = peak()
    written = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    json_seconds, column_seconds = python_seconds(quotes)
    return BuildResult(size, cpu / 1e9, json_seconds * size, column_seconds * size, highest, idle, written)


def python_seconds(quotes: Path) -> tuple[float, float]:
    """Return the CPU seconds for a quote's JSON, and for its columns."""
    sample = list(islice(Supply(quotes, SAMPLE), SAMPLE))
    start = time.process_time_ns()
    for _, quote in sample:
        to_text(quote)
    middle = time.process_time_ns()
    for _, quote in sample:
        columns(quote)
    return (middle - start) / 1e9 / len(sample), (time.process_time_ns() - middle) / 1e9 / len(sample)


def peak() -> float:
    """Return the peak memory of this process in megabytes.

    On Linux, `ru_maxrss` of a new process includes the peak of its parent; `VmHWM` does not.
    """
    status = Path("/proc/self/status")
    if status.exists():
        (kilobytes,) = re.findall(r"^VmHWM:\s+(\d+) kB", status.read_text(), re.MULTILINE)
        return int(kilobytes) / 1024
    maxrss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return maxrss / (1 << 20) if sys.platform == "darwin" else maxrss / 1024


if __name__ == "__main__":
    name, quotes, size, folder = sys.argv[1:]
    print(json.dumps(asdict(build(name, Path(quotes), int(size), Path(folder)))))
