"""Check an article of yours that quotes the five spans of demo/expected.json: `make check-seed SEED=PATH`."""

from __future__ import annotations

import sys
from pathlib import Path

from expectations import EXPECTED, failures, read

from quoth.errors import BadInput


def main(path: str) -> int:
    """Print what does not hold, and return the exit code."""
    try:
        wrong = list(failures(read(Path(path))))
    except (BadInput, OSError) as error:
        print(f"check-seed: {error}", file=sys.stderr)
        return 2
    for sentence in wrong:
        print(f"check-seed: {sentence}", file=sys.stderr)
    if not wrong:
        print(f"{path}: all {len(EXPECTED)} quotes, their speakers, types, utterances and searches are as expected")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
