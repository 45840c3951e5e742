"""Open one index in a process that holds nothing yet, ask it one thing, and say what both took.

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
    """Return milliseconds of CPU until the index is open, and until it has answered; megabytes at the peak."""
    engine = ENGINES[name].make()
    question = BenchQuery("term", (word,))
    start = time.process_time_ns()
    reader = engine.open(folder)
    opened = time.process_time_ns()
    search = reader.prepare(question)
    if search is None:
        raise ValueError(f"{name} cannot look for a term")
    search()
    return {"open": (opened - start) / 1e6, "answered": (time.process_time_ns() - start) / 1e6, "peak": peak()}


if __name__ == "__main__":
    print(json.dumps(opening(sys.argv[1], sys.argv[2], Path(sys.argv[3]))))
