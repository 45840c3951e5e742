"""Check your own article with the five quotes of demo/expected.json: `make check-seed SEED=PATH`."""

from __future__ import annotations

import sys
from pathlib import Path

from expectations import EXPECTED, failures, read

from quoth.errors import BadInput


def main(path: str) -> int:
    """Print the failed expectations, and return the exit code."""
    try:
        failed = list(failures(read(Path(path))))
    except (BadInput, OSError) as error:
        print(f"check-seed: {error}", file=sys.stderr)
        return 2
    for sentence in failed:
        print(f"check-seed: {sentence}", file=sys.stderr)
    if not failed:
        print(f"{path}: all {len(EXPECTED)} quotes, their speakers, types, utterances and searches are as expected")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
