"""Run by `make demo`: index an article and query its quotes. It needs no AWS account and removes its archive."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

from quoth.cli.main import main as quoth
from quoth.cli.parser import PORT
from quoth.cli.terminal import DONE, NOT_CONFIRMED, SOME_REFUSED

HERE = Path(__file__).parent
STORE = Path("build/demo")

STEPS = (
    (
        "Index an article: a scraped page with a misspelt name, a misspelt verb, an unclosed quotation mark, a quoted"
        "\nparagraph that names no speaker, and the reporter's own “landswap”, which is no quote.",
        f"quoth index {HERE.name}/article.txt --store file:{STORE}",
    ),
    (
        "Who said something about land swapping? “swap” matches by its stem, exact wording comes first, and the"
        "\nparagraph that names no speaker explains where the name comes from.",
        f"quoth search 'land swapping' --store file:{STORE}",
    ),
    (
        "Verify slightly different words, with the wrong speaker. (The exit code is 1: not confirmed.)",
        f"quoth verify 'there is going to be some land swapping' --speaker Zelensky --store file:{STORE}",
    ),
    (
        "Any spelling of a name matches the speaker.",
        f"quoth search ceasefire --speaker Zelenskyy --store file:{STORE}",
    ),
    (
        "Trump says nothing of a ceasefire in the article; the reporter does, beside one of his quotes.",
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
        for caption, command in STEPS:
            print(f"\n{caption}\n\n$ {command}", flush=True)
            code = quoth(shlex.split(command)[1:])
            is_expected = code == NOT_CONFIRMED if command.startswith("quoth verify") else code == DONE
            if not is_expected:
                return code or SOME_REFUSED
    finally:
        shutil.rmtree(STORE, ignore_errors=True)
    print("\nYour turn: .venv/bin/quoth index FILE..., .venv/bin/quoth search WORDS, .venv/bin/quoth verify WORDS")
    print(f"In a browser: .venv/bin/quoth serve, and open http://127.0.0.1:{PORT}/")
    return 0


if __name__ == "__main__":
    sys.exit(main())
