"""The report: docs/performance.md and its plot, from the measurements of bench.run.

`python -m bench.report RESULTS FOLDER` writes it again from existing results.
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

`make bench` writes this page; edit [bench/report.py](../bench/report.py) instead. Each corpus was measured in one run
on one machine, with all engines taking turns, so ratios are more reliable than milliseconds. Times are CPU
milliseconds on one core, from a prepared query to ten stored quotes; a ratio below 1 means that Quoth is faster.
`make bench SIZES=1000000 KEEP=1` adds a million quotes.
"""

HOW = """\
## Method and limits

- **Corpora.** The seeded corpora have invented words, each drawn independently by Zipf's law: 27.5 words a quote,
  60,000 different words, 5,000 speakers, 50 publishers, ten years of dates
  ([bench/corpora/seeded.py](../bench/corpora/seeded.py)). No two words go together, so phrases are as hard as
  possible. The natural corpus is English prose from an installed package
  ([bench/corpora/natural.py](../bench/corpora/natural.py)) with random speakers.
- **Queries.** Eight of each kind, drawn from the corpus. Common words occur in about 20 % of the quotes, middling
  words (the second word of AND, OR, NOT and multi-field) in about 6 %, rare words in ten quotes. OR 5 has two common
  words and three middling ones. Multi-field is the query of Quoth's own search: every stem must match, and exact word
  forms add to the score.
- **The clock.** All engines run in one process on one core. They take turns, kind by kind, in another order in each
  repetition; garbage is collected between repetitions. p50 and p95 are over variants and repetitions. Query objects
  are built in advance, for every engine.
- **Memory.** All engines are warm: Quoth caches decoded postings and stored quotes of earlier queries (256 MB),
  tantivy and SQLite keep their files in memory, and tantivy caches a hundred blocks of stored documents. “Cold caches”
  above shows what Quoth's caches save; “Without stored fields” shows what reading stored quotes costs.
- **The same work.** tantivy counts all matches, which is its default, as Quoth does; *no count* lets it skip blocks.
  Its fields are Quoth's: words with positions, stems without, the same columns, the same JSON. It has one writer
  thread and one segment. A facet takes two searches, since its Python package cannot return hits and facets in one
  pass. FTS5 does not count and has no fuzzy search; both of its indexes have positions. bm25s has only single terms
  and OR. Whoosh runs with Quoth's schema and weighting, on small corpora. Quoth, Whoosh and FTS5 score the matches of
  a prefix; tantivy gives all of them the same score.
- **Building** starts with quotes in memory and ends with files on disk: CPU time of all threads, in a separate
  process. “From finished documents” leaves out the Python time for JSON and columns, for Quoth only for the JSON.
- **Not measured**: concurrent searches, other processors, S3 itself.
"""


# Between these lines stands the part of the page that bench.parts.trips writes.
PART = ("<!-- cold data: bench.parts.trips -->", "<!-- end of cold data -->")


def write(results: Results, folder: Path) -> list[Path]:
    """Write the page and its plot into a folder; return both. The part of another program stays."""
    folder.mkdir(parents=True, exist_ok=True)
    page, drawing = folder / "performance.md", folder / "performance.svg"
    part = part_of(page.read_text("utf-8")) if page.exists() else None
    page.write_text(with_part(render(results), part) if part else render(results), "utf-8")
    drawing.write_text(plot.draw(panels(results)), "utf-8")
    return [page, drawing]


def part_of(page: str) -> str | None:
    r"""Return the part of a page that another program has written, without the lines around it.

    >>> part_of(with_part("# Page\n\n## Method and limits\n", "## Part"))
    '## Part'
    """
    _, begin, rest = page.partition(PART[0])
    return rest.partition(PART[1])[0].strip() if begin else None


def with_part(page: str, part: str) -> str:
    """Return a page with the part of another program, in place of an older one or before the method."""
    before, begin, rest = page.partition(PART[0])
    after = rest.partition(PART[1])[2].lstrip() if begin else ""
    if not begin:
        before, heading, rest = page.partition("## Method and limits")
        after = heading + rest
    return f"{before}{PART[0]}\n\n{part.strip()}\n\n{PART[1]}\n\n{after}"


def render(results: Results) -> str:
    """Return the page."""
    corpora: list[Corpus] = results["corpora"]
    parts = [
        HEAD,
        *_section("Do the demands hold?", _judged(corpora)),
        "![Latency against index size, by kind of query](performance.svg)\n",
        *_section("Latency", _by_corpus(corpora, _latency)),
        *_section("Ratios", _by_corpus(corpora, _ratios)),
        *_section("Cold caches", _by_corpus(corpora, _touches)),
        *_section("Without stored fields", _by_corpus(corpora, _bare)),
        *_section("Building, size, memory and opening", _by_corpus(corpora, _building)),
        *_section("Cold searches in a store", _by_corpus(corpora, _cold)),
        *_section("Do the answers agree?", _by_corpus(corpora, _agreement)),
        HOW,
        *_section("Machine", _machine(results["machine"])),
    ]
    return "\n".join(parts)


def summary(results: Results) -> str:
    """Return the demands and whether they hold, for the terminal; the latency if no corpus is large enough for them."""
    corpora: list[Corpus] = results["corpora"]
    return "\n".join(_judged(corpora)) or "\n".join(_by_corpus(corpora, _latency))


def replaced(corpora: Sequence[Corpus], new: Corpus) -> list[Corpus]:
    """Return the corpora with one added or replaced: seeded corpora by size, then natural text."""
    others = [corpus for corpus in corpora if (corpus["name"], corpus["quotes"]) != (new["name"], new["quotes"])]
    return sorted([*others, new], key=lambda corpus: (corpus["name"] != "synthetic", corpus["quotes"]))


def panels(results: Results) -> list[plot.Panel]:
    """Return the plots: medians against the number of quotes, for the seeded corpora."""
    corpora = sorted((c for c in results["corpora"] if c["name"] == "synthetic"), key=lambda c: int(c["quotes"]))

    def line(engine: str, kind: str) -> plot.Series:
        medians = [(c["quotes"], c["latency"].get(engine, {}).get(kind)) for c in corpora]
        return plot.Series(ENGINES[engine].title, tuple((size, cell["p50"]) for size, cell in medians if cell))

    return [plot.Panel(TITLES[kind], tuple(line(engine, kind) for engine in PLOTTED_ENGINES)) for kind in PLOTTED]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a Markdown table; all columns but the first are numbers."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return ["| " + " | ".join(line) + " |" for line in lines] + [""]


def number(value: float | None) -> str:
    """Return a number with three significant digits.

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
    body = list(lines)
    if body:
        yield f"## {title}\n"
        yield "\n".join(body)


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
    """Yield a cell for each setting; a value that was measured only in another setting goes into the last cell."""
    others = [name for name in line.reached if name not in demands.SETTINGS]
    for name in demands.SETTINGS if not others else [None, *others]:
        if name is None or name not in line.reached:
            yield NONE
        else:
            value = f"{number(line.reached[name])}{line.unit}"
            yield f"{value} holds" if line.holds(name) else f"**{value} misses**"


def _engines(corpus: Corpus, part: str = "latency") -> list[str]:
    return [name for name in ENGINES if name in corpus[part]]


def _latency(corpus: Corpus) -> list[str]:
    names = _engines(corpus)

    def cell(name: str, kind: str) -> str:
        times = corpus["latency"][name].get(kind)
        return f"{number(times['p50'])} / {number(times['p95'])}" if times else NONE

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
    return [f"p50 of Quoth ({segments} segments) divided by p50 of the other engine.", "", *table(head, rows)]


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
        "p50 in ms of CPU: warm / words that were not searched before / the first search, including opening. The bytes "
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
    rows = ([kind.title, *row(kind.name)] for kind in KINDS)
    return ["p50 in ms of CPU, with hits ranked and counted, but not read.", "", *table(head, rows)]


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
        "from finished documents",
        "bytes / quote",
        "peak MB building (before)",
        "ms to open / to first answer",
        "peak MB opened",
    ]
    indexes = dict.fromkeys(ENGINES[name].index for name in corpus["engines"])
    return table(head, (row(index) for index in indexes if index in corpus["built"]))


def _cold(corpus: Corpus) -> list[str]:
    library = corpus.get("library")
    if not library:
        return []
    rows = (
        [kind, f"{costs['trips']:g}", f"{costs['requests']:g}", number(costs["kilobytes"]), number(costs["ms"])]
        for kind, costs in library["cold"].items()
    )
    text = (
        f"`quoth.open(…)` on {library['segments']} segments, each search with empty caches: sequential round trips, "
        "requests, kilobytes and ms of CPU, p50. A whole search of two words "
        f"takes {number(library['p50'])} ms of CPU once warm (p95 {number(library['p95'])}); adding quotes through the "
        f"library takes {number(library['microseconds'])} µs a quote."
    )
    return [text, "", *table(["search", "round trips", "requests", "KB", "ms of CPU"], rows)]


def _agreement(corpus: Corpus) -> list[str]:
    names = [name for name in _engines(corpus) if corpus["agreement"].get(name)][1:]
    if not names:
        return []

    def cell(name: str, kind: str) -> str:
        difference = corpus["agreement"][name].get(kind)
        return NONE if difference is None else f"{number(difference * 100)} %" if difference else "same"

    rows = (
        [kind.title, f"{percentile(corpus['totals'][kind.name], 50):,}", *(cell(name, kind.name) for name in names)]
        for kind in KINDS
        if kind.name in corpus["totals"]
    )
    first = ENGINES[_engines(corpus)[0]].title
    text = (
        f"The largest difference between the total of a query and that of {first}; for a facet, the counts of its ten "
        "buckets are compared too. tantivy splits `U.S.` into two words, which matters in natural text only."
    )
    return [text, "", *table(["kind", "p50 of totals", *(ENGINES[name].title for name in names)], rows)]


def _machine(machine: dict[str, Any]) -> Iterator[str]:
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    yield f"{machine['cpu']}, {machine['cores']} cores, {machine['system']} on {machine['architecture']};"
    yield f"Python {machine['python']}, {versions}."
    yield ""


if __name__ == "__main__":
    write(json.loads(Path(sys.argv[1]).read_text("utf-8")), Path(sys.argv[2]))
