"""Ten million quotes, which were not measured: what one function would read, and what several would that share them.

A question costs the sum of what it costs in each segment, and what a segment costs grows by its quotes on a straight
line through two measured sizes. What does not grow with segments, such as ten stored quotes, stays as it is.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from bench.parts.trips.asked import Cost
from bench.parts.trips.network import SAMPLES, Network, waiting

# Compaction makes no segment larger than 256 MiB: some 400,000 quotes.
FULL = 400_000
# Milliseconds until a function that was called by another one begins, and for its answer to come back: a guess, on the
# high side for a function that is there, and far too low for one that has to start.
CALL = 40.0
# Of the answer of a partition: counting and merging what the partitions found.
MERGE = 5.0


@dataclass(frozen=True, slots=True)
class Measured:
    """The cost of a question in an archive of `segments` equal segments with `quotes` quotes together."""

    quotes: int
    segments: int
    cost: Cost


def estimated(small: Measured, large: Measured, quotes: int) -> Cost:
    """Return what a question costs in an archive of full segments, from its costs in two smaller ones."""
    segments = max(large.segments, -(-quotes // FULL))
    size, (first, second) = quotes / segments, (one.quotes / one.segments for one in (small, large))
    at = (size - first) / (second - first)

    def line(one: float, other: float) -> float:
        """Return what a segment costs by what it costs in both archives; a larger one never costs less."""
        return max(other, one + (other - one) * at) if size > second else one + (other - one) * at

    rounds = []
    few, many = small.cost.rounds, large.cost.rounds
    for number, sizes in enumerate(many):
        before = few[number] if number < len(few) else sizes
        if len(sizes) < large.segments:  # it is not asked of every segment
            rounds.append(sizes if number else tuple(round(one * segments / large.segments) for one in sizes))
            continue
        each = line(sum(before) / small.segments, sum(sizes) / large.segments)
        requests = round(len(sizes) / large.segments * segments)
        rounds.append((round(each * segments / requests),) * requests)
    cpu = line(small.cost.cpu / small.segments, large.cost.cpu / large.segments) * segments
    return Cost(tuple(rounds), cpu)


def fan_out(leaf: Cost, partitions: int, network: Network, *, seed: int = 1) -> tuple[float, float]:
    """Return the median and the 95th percentile of a question that some functions share, one for each partition.

    `leaf` is what a partition costs by itself. The first function reads the manifest and the frequencies of all words,
    calls the others, and reads the ten quotes when the slowest has answered; they read the rest, except those.
    """
    rng = random.Random(seed)
    own, quotes = leaf.rounds[1:-1], leaf.rounds[-1:]
    frequencies = (sum(leaf.rounds[1]) // max(1, len(leaf.rounds[1])),)  # as large as the dictionaries of one segment
    times = []
    for _ in range(SAMPLES):
        first = waiting([*leaf.rounds[:1], frequencies], network, rng)
        slowest = max(waiting(own, network, rng) for _ in range(partitions))
        last = waiting(quotes, network, rng, is_new=False)
        times.append(first + CALL + slowest + leaf.cpu + MERGE + last)
    times.sort()
    return times[SAMPLES // 2], times[SAMPLES * 95 // 100]


def largest(small: Measured, large: Measured, network: Network, within: float, sizes: Sequence[int]) -> int:
    """Return the largest of some sizes whose estimated median is within so many milliseconds, 0 if none is."""
    fitting = 0
    for quotes in sizes:
        cost, rng = estimated(small, large, quotes), random.Random(1)
        times = sorted(waiting(cost.rounds, network, rng) for _ in range(SAMPLES // 10))
        if times[len(times) // 2] + cost.cpu <= within:
            fitting = quotes
    return fitting
