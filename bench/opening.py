"""Open one index in a fresh process, run one query, and print the cost of both as JSON.

`python -m bench.opening ENGINE WORD FOLDER`
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from bench.build import peak
from bench.engines import ENGINES
from bench.queries import BenchQuery


def opening(name: str, word: str, folder: Path) -> dict[str, float]:
    """Return CPU milliseconds until the index is open, and until the first answer; megabytes at the peak."""
    engine = ENGINES[name].make()
    question = BenchQuery("term", (word,))
    start = time.process_time_ns()
    reader = engine.open(folder)
    opened = time.process_time_ns()
    search = reader.prepare(question)
    if search is None:
        raise ValueError(f"{name} does not support term queries")
    search()
    return {"open": (opened - start) / 1e6, "answered": (time.process_time_ns() - start) / 1e6, "peak": peak()}


if __name__ == "__main__":
    print(json.dumps(opening(sys.argv[1], sys.argv[2], Path(sys.argv[3]))))
