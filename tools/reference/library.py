"""Write the reference of the Python library from its docstrings into build/docs: `make docs`."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import pdoc
import pdoc.render

HERE = Path(__file__).resolve().parent
PLACE = HERE.parents[1] / "build/docs"
# The modules whose values a caller holds. With all two hundred, nobody would find these.
MODULES = (
    "quoth",
    "quoth.archive",
    "quoth.article",
    "quoth.quote",
    "quoth.errors",
    "quoth.context",
    "quoth.engine.page",
    "quoth.engine.query.request",
    "quoth.engine.searcher",
    "quoth.engine.verify.verify",
    "quoth.engine.verify.comparison.differences",
    "quoth.checking.report",
    "quoth.ingest.indexing",
    "quoth.withdrawal",
)


def write(place: Path) -> None:
    """Write the pages into a folder."""
    pdoc.render.configure(show_source=False, template_directory=HERE / "templates")
    with warnings.catch_warnings():
        # pdoc cannot resolve the types of a NamedTuple's fields in its constructor, and shows them as they are written.
        warnings.filterwarnings("ignore", message="Error parsing type annotation", category=UserWarning)
        pdoc.pdoc(*MODULES, output_directory=place)


if __name__ == "__main__":
    place = Path(sys.argv[1]) if len(sys.argv) > 1 else PLACE
    write(place)
    print(f"wrote {place}")
