"""What `make demo` shows: an article goes in, speaker-attributed quotes come out. No AWS account, nothing left over."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

from quoth.cli.main import main as quoth
from quoth.cli.terminal import DONE, NOT_CONFIRMED, SOME_REFUSED

HERE = Path(__file__).parent
STORE = Path("build/demo")

STEPS = (
    (
        "An article goes in: a scraped page with a misspelt name, a misspelt verb, a mark that never closes, a quoted"
        "\nparagraph that names nobody, and the reporter's own “landswap”, which nobody said.",
        f"quoth index {HERE.name}/article.txt --store file:{STORE}",
    ),
    (
        "Who said something about land swapping? “swap” is found by its stem, exact wording comes first, and the"
        "\nparagraph that names nobody says where its name comes from.",
        f"quoth search 'land swapping' --store file:{STORE}",
    ),
    (
        "Somebody remembers it a little otherwise, and of the wrong man. (Its exit code is 1: not confirmed.)",
        f"quoth verify 'there is going to be some land swapping' --speaker Zelensky --store file:{STORE}",
    ),
    (
        "Any spelling finds the speaker.",
        f"quoth search ceasefire --speaker Zelenskyy --store file:{STORE}",
    ),
    (
        "What was not said is not found: others were heard on a ceasefire, but this article quotes no Trump on it.",
        f"quoth search ceasefire --speaker Trump --store file:{STORE}",
    ),
    (
        "Adding it again changes nothing.",
        f"quoth index {HERE.name}/article.txt --store file:{STORE}",
    ),
)


def main() -> int:
    """Run the steps on a fresh archive and remove it."""
    shutil.rmtree(STORE, ignore_errors=True)
    try:
        for said, command in STEPS:
            print(f"\n{said}\n\n$ {command}", flush=True)
            code = quoth(shlex.split(command)[1:])
            is_expected = code == NOT_CONFIRMED if command.startswith("quoth verify") else code == DONE
            if not is_expected:
                return code or SOME_REFUSED
    finally:
        shutil.rmtree(STORE, ignore_errors=True)
    print("\nYour turn: .venv/bin/quoth index FILE..., .venv/bin/quoth search WORDS, .venv/bin/quoth verify WORDS")
    return 0


if __name__ == "__main__":
    sys.exit(main())
