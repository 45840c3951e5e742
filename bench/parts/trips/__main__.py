"""Measure what each kind of question reads of an archive in S3, and how long it waits: `python -m bench.parts.trips`.

Rounds, requests and bytes are counted on seeded archives; the waits are simulated in virtual time. What ten million
quotes cost is estimated. The report is a part of docs/performance.md.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from bench import report
from bench.parts.trips import archives, asked, partition
from bench.parts.trips.asked import Cost
from bench.parts.trips.network import Network, percentiles
from bench.parts.trips.partition import Measured
from bench.report import number, table
from quoth.storage.stores.s3_reading import PARALLEL

ROOT = Path(__file__).resolve().parents[3]
WORK = ROOT / "build" / "bench"
PAGE = ROOT / "docs" / "performance.md"
SIZES = (10_000, 100_000, 1_000_000)
ESTIMATED = 10_000_000
WITHIN = 1_000.0  # milliseconds, at the median

NETWORK = Network(connections=PARALLEL)
# As fast as the issue assumes: only each stream has a limit.
UNLIMITED = Network(connections=PARALLEL, function=float("inf"))
CONNECTIONS = (8, 16, 32, 64)
# How many functions may share ten million quotes, and the questions that are simulated so.
FUNCTIONS = (10, 20)
SHARED = (
    *("a rare word", "a common word", "two words", "two words, match=all", "a phrase", "a prefix", "a name"),
    *("a word by a speaker", "a word and dates", "two words, facets", "the page, two words", "five words of a quote"),
)

HEAD = """\
## Cold data

What a process reads that has nothing but the address of an archive in S3, and how long it waits. `make
bench SIZES=1000000` writes this part ([bench/parts/trips](../bench/parts/trips/__main__.py)); decision
[0050](decisions/0050-cold-data.md) has the reasons. The seeded archives have four segments of equal size, or twenty,
which no compaction has merged, and one more with 200 articles. A maintained archive of a million quotes has some
fourteen, of which three have nine tenths of it. A round is what is asked for together; it waits for the round before.
Questions are asked from nothing, and with a warm snapshot: after one search on the page.
"""

WAITS = """\
### How long it waits

Simulated in virtual time, not measured: {connections} connections; 63 ms to the first byte at the median, 78 at the
99th percentile, 118 at 99.9 (published figures for S3 in 2026); 80 MB/s a stream, and 62.5 MB/s for all streams of a
function together. In Python a new connection takes 1.4 ms of CPU, a request .45, and the engine what was measured in
this run; none of it overlaps. The process itself has started already ([docs/cold-start.md](cold-start.md)).
Milliseconds, p50 / p95. “Streams alone” is without the limit of the function.
"""

TEN = """\
### Ten million quotes

Estimated from the bytes of 100,000 and a million quotes, not measured: {segments} segments of 400,000 quotes, the
largest that compaction makes. In one function, and in ten or twenty that share them and that a first one calls, all of
which have started already: a design that is not built ([0050](decisions/0050-cold-data.md)). Milliseconds, p50 / p95.
"""


class Rows(NamedTuple):
    """What the questions of one archive cost, by kind, each with variants: from nothing, and with a warm snapshot."""

    cold: dict[str, list[Cost]]
    warm: dict[str, list[Cost]]

    def typical(self, kind: str, *, warm: bool = False) -> Cost:
        """Return the cost of the variant that has the median of bytes."""
        costs = sorted((self.warm if warm else self.cold)[kind], key=lambda cost: cost.bytes)
        return costs[len(costs) // 2]

    def rounds(self, kind: str) -> str:
        """Return the most rounds of a kind, from nothing and with a warm snapshot."""
        return " / ".join(str(max(len(cost.rounds) for cost in some[kind])) for some in (self.cold, self.warm))


def measure(folder: Path, name: str) -> Rows:
    """Ask all questions of an archive."""
    cold, warm = defaultdict[str, list[Cost]](list), defaultdict[str, list[Cost]](list)
    before = [asked.warm_up()]
    for question in asked.questions(folder):
        cold[question.kind].append(asked.cost(folder / name, question))
        warm[question.kind].append(asked.cost(folder / name, question, before))
    return Rows(dict(cold), dict(warm))


def page(few: dict[int, Rows], many: Rows, largest: int) -> Iterator[str]:
    """Yield the lines of the report; `many` is the largest archive in twenty segments."""
    kinds = list(few[largest].cold)
    yield HEAD
    yield from _reads(kinds, few, many, largest)
    yield ""
    yield WAITS.format(connections=NETWORK.connections)
    yield from _waits(kinds, few, many, largest)
    yield ""
    yield from _connections(few[largest], many, largest)
    if largest == SIZES[-1] and len(few) > 1:
        yield ""
        yield TEN.format(segments=-(-ESTIMATED // partition.FULL))
        yield from _ten(kinds, few, sorted(few)[-2], largest)


def _reads(kinds: Sequence[str], few: dict[int, Rows], many: Rows, largest: int) -> Iterator[str]:
    yield "### What it reads"
    yield ""
    yield "Requests and kilobytes from nothing, of the variant with the median of bytes; the most rounds of any."
    yield ""
    head = ["question", "rounds, warm", *(f"{size:,}" for size in few), f"{largest:,} in twenty segments"]
    rows = []
    for kind in kinds:
        every = [*(rows_.typical(kind) for rows_ in few.values()), many.typical(kind)]
        rounds = few[largest].rounds(kind)
        rows.append([kind, rounds, *(f"{cost.requests}, {cost.bytes / 1e3:,.0f}" for cost in every)])
    yield from table(head, rows)


def _waits(kinds: Sequence[str], few: dict[int, Rows], many: Rows, largest: int) -> Iterator[str]:
    head = ["question", *(f"{size:,}" for size in few), "streams alone", "with a warm snapshot", "in twenty segments"]
    rows = []
    for kind in kinds:
        last = few[largest]
        cells = [_spread(rows_.typical(kind), NETWORK) for rows_ in few.values()]
        cells += [_spread(last.typical(kind), UNLIMITED), _spread(last.typical(kind, warm=True), NETWORK, is_new=False)]
        rows.append([kind, *cells, _spread(many.typical(kind), NETWORK)])
    yield from table(head, rows)
    yield ""
    slow = [kind for kind in kinds if _median(few[largest].typical(kind), NETWORK) > WITHIN]
    late = [kind for kind in kinds if _median(few[largest].typical(kind), UNLIMITED) > WITHIN]
    yield (
        f"Of {len(kinds)} kinds, {len(kinds) - len(late)} are answered from {largest:,} quotes within a second at the"
        f" median with streams alone, and {len(kinds) - len(slow)} with the limit of the function"
        f"{'; not: ' + ', '.join(slow) if slow else ''}."
    )


def _connections(few: Rows, many: Rows, largest: int) -> Iterator[str]:
    yield f"The same for {largest:,} quotes by the number of connections, p50:"
    yield ""
    kinds = ("a rare word", "two words", "five words of a quote", "verify a quote")
    rows = []
    for title, some in (("", few), (" in twenty segments", many)):
        for kind in kinds:
            every = (Network(connections=each) for each in CONNECTIONS)
            rows.append([kind + title, *(f"{_median(some.typical(kind), each):,.0f}" for each in every)])
    yield from table(["question", *map(str, CONNECTIONS)], rows)


def _ten(kinds: Iterable[str], few: dict[int, Rows], small: int, large: int) -> Iterator[str]:
    rows = []
    sizes = range(1_000_000, ESTIMATED + 1, 500_000)
    for kind in kinds:
        less, more = (Measured(size, archives.SEGMENTS["few"], few[size].typical(kind)) for size in (small, large))
        cost = partition.estimated(less, more, ESTIMATED)
        shared = ["–"] * len(FUNCTIONS)
        if kind in SHARED:
            leaves = [(each, partition.estimated(less, more, ESTIMATED // each)) for each in FUNCTIONS]
            shared = [_pair(partition.fan_out(leaf, each, NETWORK)) for each, leaf in leaves]
        fitting = partition.largest(less, more, NETWORK, WITHIN, sizes)
        figures = [f"{cost.requests:,}", f"{cost.bytes / 1e6:,.0f}", number(cost.cpu), _spread(cost, NETWORK)]
        rows.append([kind, *figures, *shared, f"{fitting:,}" if fitting else f"fewer than {sizes[0]:,}"])
    named = (f"{each} functions" for each in FUNCTIONS)
    yield from table(
        ["question", "requests", "MB", "ms of CPU", "one function", *named, "quotes within a second"], rows
    )


def _spread(cost: Cost, network: Network, *, is_new: bool = True) -> str:
    return _pair(percentiles(cost.rounds, cost.cpu, network, is_new=is_new))


def _pair(times: tuple[float, float]) -> str:
    return " / ".join(f"{time:,.0f}" for time in times)


def _median(cost: Cost, network: Network) -> float:
    return percentiles(cost.rounds, cost.cpu, network)[0]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write the part of the page."""
    parser = argparse.ArgumentParser(prog="python -m bench.parts.trips", description=__doc__)
    parser.add_argument("--out", type=Path, default=PAGE, help="the page to write the part into")
    parser.add_argument("--sizes", type=int, nargs="*", default=list(SIZES), help="quotes of the seeded archives")
    options = parser.parse_args(arguments)
    few: dict[int, Rows] = {}
    for size in sorted(options.sizes):
        folder = WORK / f"trips-{size}"
        archives.prepare(folder, size)
        few[size] = measure(folder, "few")
        print(f"measured {size:,} quotes")
    largest = max(few)
    many = measure(WORK / f"trips-{largest}", "many")
    part = "\n".join(page(few, many, largest))
    print(part)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    whole = options.out.read_text("utf-8") if options.out.exists() else "# Performance\n\n## Method and limits\n"
    options.out.write_text(report.with_part(whole, part), "utf-8")


if __name__ == "__main__":
    main()
