"""Simulate the waits of a function for S3, in virtual time: nothing sleeps.

A round is over when its last request is answered; requests wait for one of a few connections. A request waits for its
first byte, then its bytes arrive at the speed of a stream. A function's own network may be slower than all its streams.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

# S3's time to the first byte, in milliseconds, by the share of requests that are faster: median, 99th and 99.9th
# percentile as measured and published by turbopuffer in 2026; the ends are guesses.
FIRST_BYTE = ((0.0, 48.0), (0.5, 63.0), (0.99, 78.0), (0.999, 118.0), (1.0, 400.0))
SAMPLES = 1_000


@dataclass(frozen=True, slots=True)
class Network:
    """What lies between a function and S3: bytes a millisecond of a stream and of all together, and connections.

    In milliseconds: `connect` is the wait for a new connection with TLS; `handshake` and `cpu` are the computing for a
    connection and for a request, which no other can use meanwhile, measured with http.client and TLS on one vCPU.
    """

    stream: float = 80_000.0
    function: float = 62_500.0
    connections: int = 8
    connect: float = 4.0
    handshake: float = 1.4
    cpu: float = 0.45


def first_byte(share: float) -> float:
    """Return the time to the first byte that a share of requests is below.

    >>> first_byte(0.5), round(first_byte(0.995), 1)
    (63.0, 100.2)
    """
    place = max(1, bisect_right(FIRST_BYTE, (share, float("inf"))))
    (low, least), (high, most) = FIRST_BYTE[place - 1 : place + 1] if place < len(FIRST_BYTE) else FIRST_BYTE[-2:]
    return least + (most - least) * (share - low) / (high - low)


def waiting(rounds: Sequence[Sequence[int]], network: Network, rng: random.Random, *, is_new: bool = True) -> float:
    """Return the milliseconds of some rounds, each with the bytes of its requests; `is_new` without open connections.

    >>> quick = Network(connect=0, handshake=0, cpu=0, connections=2)
    >>> median = type("Median", (), {"random": lambda self: 0.5})()
    >>> [round(waiting(rounds, quick, median)) for rounds in ([[0]], [[0], [0]], [[0, 0]], [[0, 0, 0]], [[625_000]])]
    [63, 126, 63, 126, 73]
    """
    total, opened = 0.0, 0 if is_new else network.connections
    for sizes in rounds:
        busy = [0.0] * min(network.connections, len(sizes))
        heapify(busy)
        for number, size in enumerate(sizes):
            start = heappop(busy) + (network.connect if number >= opened and number < network.connections else 0.0)
            heappush(busy, start + first_byte(rng.random()) + size / network.stream)
        total += network.handshake * max(0, len(busy) - opened)
        opened = max(opened, len(busy))
        # Whatever the streams do, the function's own network takes all bytes.
        through = first_byte(0.5) + sum(sizes) / network.function
        total += max(*busy, through) + network.cpu * len(sizes)
    return total


def percentiles(
    rounds: Sequence[Sequence[int]], cpu: float, network: Network, *, is_new: bool = True, seed: int = 1
) -> tuple[float, float]:
    """Return the median and the 95th percentile of the time that an answer takes, `cpu` of computing included."""
    rng = random.Random(seed)
    times = sorted(waiting(rounds, network, rng, is_new=is_new) + cpu for _ in range(SAMPLES))
    return times[SAMPLES // 2], times[SAMPLES * 95 // 100]
