"""The report: docs/performance.md and its plot, from what bench.run measured.

`python -m bench.report RESULTS FOLDER` writes it anew from results that are there.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from bench import demands, plot
from bench.demands import Corpus, Line
from bench.engines import ENGINES
from bench.measure import percentile
from bench.queries import KINDS, TITLES

Results = dict[str, Any]

PLOTTED = ("term", "and", "or5", "phrase", "multi", "facet")
PLOTTED_ENGINES = ("quoth-4", "tantivy", "fts5", "bm25s", "whoosh")
NONE = "–"

HEAD = """\
# Performance

Written by `make bench`; edit [bench/report.py](../bench/report.py), not this page. Each corpus was measured in one
run on one machine, all engines taking turns, so ratios mean more than milliseconds. Times are CPU milliseconds of one
core, from a prepared query to ten quotes as they are stored; a ratio below 1 means that Quoth is faster.
`make bench SIZES=1000000 KEEP=1` adds a million quotes.
"""

HOW = """\
## How it is measured, and what that leaves out

- **Corpora.** The seeded ones are invented words drawn one by one by Zipf's law, 27.5 a quote, 60,000 different ones,
  5,000 speakers, 50 publishers, ten years of dates ([bench/corpora/seeded.py](../bench/corpora/seeded.py)). No word
  belongs to another, so phrases are as hard as they get. The natural one is English prose that comes with an installed
  package
  ([bench/corpora/natural.py](../bench/corpora/natural.py)); who says it is drawn.
- **Questions.** Eight of each kind, drawn from the corpus: common words stand in about 20 % of the quotes, middling
  ones (the second word of AND, OR, NOT and multi-field) in about 6 %, rare ones in ten quotes. OR 5 is two common
  words and three middling. Multi-field is what Quoth's own search does: every stem must match, words as they were
  said add to the score.
- **The clock.** All engines are asked in one process on one core, in turns, kind by kind, in another order in each
  repetition; garbage is collected between them. p50 and p95 are over variants and repetitions. Query objects are made
  beforehand, for every engine.
- **Memory.** All are warm: Quoth keeps decoded postings and stored quotes of what was asked before (256 MB), tantivy
  and SQLite keep their files in memory, and tantivy a hundred blocks of stored documents. What Quoth's memory is worth
  stands below, under “Nothing remembered”; what reading stored quotes costs, under “Without reading what is stored”.
- **The same work.** tantivy counts all that match, which is its default and what Quoth does; *no count* lets it skip.
  Its fields are Quoth's: words with positions, stems without, the same columns, the same JSON. One writer thread, one
  segment. For a facet it is asked twice, since its Python package cannot do hits and facets in one pass. FTS5 does not
  count; it has no fuzzy search, and both of its indexes have positions. bm25s has single terms and OR only. Whoosh runs
  with Quoth's schema and weighting, at small sizes. Prefixes are scored by Quoth, Whoosh and FTS5; in tantivy all
  that match score alike.
- **Building** is from quotes in memory to files on disk, CPU of all threads, in a process of its own.
  “Finished documents” takes out the Python that makes JSON and columns, for Quoth only the JSON.
- **Not measured**: several searches at once, other processors, S3 itself.
"""


def write(results: Results, folder: Path) -> list[Path]:
    """Write the page and its plot into a folder; return both."""
    folder.mkdir(parents=True, exist_ok=True)
    page, drawing = folder / "performance.md", folder / "performance.svg"
    page.write_text(render(results), "utf-8")
    drawing.write_text(plot.draw(panels(results)), "utf-8")
    return [page, drawing]


def render(results: Results) -> str:
    """Return the page."""
    corpora: list[Corpus] = results["corpora"]
    parts = [
        HEAD,
        *_section("Does it hold?", _judged(corpora)),
        "![Latency against index size, by kind of query](performance.svg)\n",
        *_section("Latency", _by_corpus(corpora, _latency)),
        *_section("Ratios", _by_corpus(corpora, _ratios)),
        *_section("Nothing remembered", _by_corpus(corpora, _touches)),
        *_section("Without reading what is stored", _by_corpus(corpora, _bare)),
        *_section("Building, size, memory and opening", _by_corpus(corpora, _building)),
        *_section("From a store that was never read", _by_corpus(corpora, _cold)),
        *_section("The same answers?", _by_corpus(corpora, _agreement)),
        HOW,
        *_section("On what", _machine(results["machine"])),
    ]
    return "\n".join(parts)


def summary(results: Results) -> str:
    """Return the demands and whether they hold, for the terminal; of corpora too small for that, the latency."""
    corpora: list[Corpus] = results["corpora"]
    return "\n".join(_judged(corpora)) or "\n".join(_by_corpus(corpora, _latency))


def replaced(corpora: Sequence[Corpus], new: Corpus) -> list[Corpus]:
    """Return corpora with a new one in its place: the seeded ones by size, then natural text."""
    others = [corpus for corpus in corpora if (corpus["name"], corpus["quotes"]) != (new["name"], new["quotes"])]
    return sorted([*others, new], key=lambda corpus: (corpus["name"] != "synthetic", corpus["quotes"]))


def panels(results: Results) -> list[plot.Panel]:
    """Return what is plotted: medians against the number of quotes, on the seeded corpora."""
    corpora = sorted((c for c in results["corpora"] if c["name"] == "synthetic"), key=lambda c: int(c["quotes"]))

    def line(engine: str, kind: str) -> plot.Series:
        found = [(c["quotes"], c["latency"].get(engine, {}).get(kind)) for c in corpora]
        return plot.Series(ENGINES[engine].title, tuple((size, cell["p50"]) for size, cell in found if cell))

    return [plot.Panel(TITLES[kind], tuple(line(engine, kind) for engine in PLOTTED_ENGINES)) for kind in PLOTTED]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a table; all columns but the first are numbers."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return ["| " + " | ".join(line) + " |" for line in lines] + [""]


def number(value: float | None) -> str:
    """Return a number with three digits that matter.

    >>> number(0.01234), number(0.09999), number(1.5), number(123456.7), number(None)
    ('0.0123', '0.100', '1.50', '123,457', '–')
    """
    if value is None:
        return NONE
    rounded = float(f"{value:.2e}")
    if rounded == 0 or abs(rounded) >= 100:
        return f"{value:,.0f}"
    return f"{rounded:.{2 - math.floor(math.log10(abs(rounded)))}f}"


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    found = list(lines)
    if found:
        yield f"## {title}\n"
        yield "\n".join(found)


def _by_corpus(corpora: Sequence[Corpus], of: Callable[[Corpus], list[str]]) -> Iterator[str]:
    for corpus in corpora:
        if lines := of(corpus):
            yield f"### {_name(corpus)}"
            yield ""
            yield from lines


def _name(corpus: Corpus) -> str:
    words = {"synthetic": "seeded quotes", "natural": "quotes of natural text"}
    return f"{corpus['quotes']:,} {words.get(corpus['name'], corpus['name'])}"


def _judged(corpora: Sequence[Corpus]) -> Iterator[str]:
    for corpus in corpora:
        lines = list(demands.lines(corpus))
        if not lines:
            continue
        missed = [line for line in lines if not all(map(line.holds, line.reached))]
        yield f"### {_name(corpus)}: {len(lines) - len(missed)} of {len(lines)} hold"
        yield ""
        rows = ([line.title, _limit(line), *_cells(line)] for line in lines)
        yield from table(["demand", "limit", "one segment", "four segments"], rows)


def _limit(line: Line) -> str:
    return f"{'≥' if line.at_least else '≤'} {number(line.limit)}{line.unit}"


def _cells(line: Line) -> Iterator[str]:
    """Yield a cell for each setting; what was measured in another setting alone stands in the last."""
    others = [name for name in line.reached if name not in demands.SETTINGS]
    for name in demands.SETTINGS if not others else [None, *others]:
        if name is None or name not in line.reached:
            yield NONE
        else:
            value = f"{number(line.reached[name])}{line.unit}"
            yield f"{value} holds" if line.holds(name) else f"**{value} misses**"


def _engines(corpus: Corpus, table_of: str = "latency") -> list[str]:
    return [name for name in ENGINES if name in corpus[table_of]]


def _latency(corpus: Corpus) -> list[str]:
    names = _engines(corpus)

    def cell(name: str, kind: str) -> str:
        found = corpus["latency"][name].get(kind)
        return f"{number(found['p50'])} / {number(found['p95'])}" if found else NONE

    rows = ([kind.title, *(cell(name, kind.name) for name in names)] for kind in KINDS)
    return ["p50 / p95 in ms of CPU.", "", *table(["kind", *(ENGINES[name].title for name in names)], rows)]


def _ratios(corpus: Corpus) -> list[str]:
    ours = [name for name in _engines(corpus) if name.startswith("quoth")]
    if not ours:
        return []
    others = [name for name in _engines(corpus) if name not in ours]

    def cell(kind: str, other: str) -> str:
        return " / ".join(number(demands.ratio(corpus, name, other, kind)) for name in ours)

    segments = " / ".join(ENGINES[name].title.removeprefix("Quoth, ").removesuffix(" segments") for name in ours)
    rows = ([kind.title, *(cell(kind.name, other) for other in others)] for kind in KINDS)
    head = ["kind", *(f"× {ENGINES[name].title}" for name in others)]
    return [f"p50 of Quoth ({segments} segments) in p50 of the other.", "", *table(head, rows)]


def _touches(corpus: Corpus) -> list[str]:
    names = [name for name in _engines(corpus) if name in corpus.get("first", {})]
    if not names:
        return []

    def row(kind: str) -> Iterator[str]:
        for name in names:
            measured = [corpus[what][name][kind]["p50"] for what in ("latency", "new", "first")]
            yield " / ".join(map(number, measured))
        tantivy = corpus["latency"].get("tantivy", {}).get(kind)
        new = corpus["new"][names[0]][kind]["p50"]
        yield number(new / tantivy["p50"]) if tantivy else NONE

    rows = ([kind.title, *row(kind.name)] for kind in KINDS)
    head = ["kind", *(ENGINES[name].title for name in names), f"new words × tantivy ({ENGINES[names[0]].title})"]
    text = (
        "p50 in ms of CPU: warm / words that nobody asked for before / the very first search, with opening. The bytes "
        "are in memory."
    )
    return [text, "", *table(head, rows)]


def _bare(corpus: Corpus) -> list[str]:
    names = [name for name in corpus["latency"] if name.endswith(" bare")]
    ours = [name for name in names if name.startswith("quoth")]
    if not ours or "tantivy bare" not in names:
        return []

    def row(kind: str) -> Iterator[str]:
        yield from (number(corpus["latency"][name][kind]["p50"]) for name in names)
        yield " / ".join(number(demands.ratio(corpus, name, "tantivy bare", kind)) for name in ours)

    head = ["kind", *(ENGINES[name.removesuffix(" bare")].title for name in names), "Quoth × tantivy"]
    return ["p50 in ms of CPU, hits ranked and counted.", "", *table(head, ([k.title, *row(k.name)] for k in KINDS))]


def _building(corpus: Corpus) -> list[str]:
    def row(index: str) -> list[str]:
        built, opened = corpus["built"][index], corpus["opened"].get(index, {})
        return [
            next(entry.title for entry in ENGINES.values() if entry.index == index),
            number(demands.rate(corpus, index)),
            number(demands.rate(corpus, index, ready=True)),
            number(built["bytes"] / built["quotes"]),
            f"{number(built['peak'])} ({number(built['idle'])})",
            f"{number(opened.get('open'))} / {number(opened.get('answered'))}",
            number(opened.get("peak")),
        ]

    head = [
        "engine",
        "quotes / CPU s",
        "of finished documents",
        "bytes / quote",
        "peak MB building (before)",
        "ms to open / to have answered",
        "peak MB opened",
    ]
    indexes = dict.fromkeys(ENGINES[name].index for name in corpus["engines"])
    return table(head, (row(index) for index in indexes if index in corpus["built"]))


def _cold(corpus: Corpus) -> list[str]:
    library = corpus.get("library")
    if not library:
        return []
    rows = (
        [asked, f"{found['trips']:g}", f"{found['requests']:g}", number(found["kilobytes"]), number(found["ms"])]
        for asked, found in library["cold"].items()
    )
    text = (
        f"`quoth.open(…)` on {library['segments']} segments, each search from a process that has read nothing: "
        "round trips that wait for one another, requests, kilobytes and ms of CPU, p50. A whole search of two words "
        f"takes {number(library['p50'])} ms of CPU once warm (p95 {number(library['p95'])}), adding quotes through the "
        f"library {number(library['microseconds'])} µs a quote."
    )
    return [text, "", *table(["search", "round trips", "requests", "KB", "ms of CPU"], rows)]


def _agreement(corpus: Corpus) -> list[str]:
    names = [name for name in _engines(corpus) if corpus["agreement"].get(name)][1:]
    if not names:
        return []

    def cell(name: str, kind: str) -> str:
        found = corpus["agreement"][name].get(kind)
        return NONE if found is None else f"{number(found * 100)} %" if found else "same"

    rows = (
        [kind.title, f"{percentile(corpus['totals'][kind.name], 50):,}", *(cell(name, kind.name) for name in names)]
        for kind in KINDS
        if kind.name in corpus["totals"]
    )
    first = ENGINES[_engines(corpus)[0]].title
    text = (
        f"How far the total of a question is from that of {first}, at most; for a facet, the counts of its ten buckets "
        "too. To tantivy `U.S.` is two words, which shows in natural text only."
    )
    return [text, "", *table(["kind", "p50 of totals", *(ENGINES[name].title for name in names)], rows)]


def _machine(machine: dict[str, Any]) -> Iterator[str]:
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    yield f"{machine['cpu']}, {machine['cores']} cores, {machine['system']} on {machine['architecture']};"
    yield f"Python {machine['python']}, {versions}."
    yield ""


if __name__ == "__main__":
    write(json.loads(Path(sys.argv[1]).read_text("utf-8")), Path(sys.argv[2]))
