"""A plot as SVG without a plotting library: one small panel per kind of query, with logarithmic axes.

It must be readable on white and on black. The reader's system selects one of its two sets of colours, and the page
around it may differ from that, so the plot has its own background.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 260, 190  # of a panel's plot area
LEFT, TOP, GAP_X, GAP_Y = 66, 96, 56, 72
COLUMNS = 3

# Okabe and Ito's colours, which colour-blind readers can distinguish, lighter on black; and a mark each, for print.
COLOURS = (
    ("#0072b2", "#56b4e9"),
    ("#d55e00", "#ff9d5c"),
    ("#009e73", "#2fd3a3"),
    ("#a3528a", "#e29ccb"),
    ("#6b6b6b", "#b5b5b5"),
)
MARKS = ("circle", "square", "diamond", "triangle", "cross")
_SHAPES: dict[str, list[tuple[float, float]]] = {
    "square": [(-1, -1), (1, -1), (1, 1), (-1, 1)],
    "diamond": [(0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)],
    "triangle": [(0, -1.2), (1.2, 1), (-1.2, 1)],
    "cross": [(-1.1, -0.4), (-0.4, -0.4), (-0.4, -1.1), (0.4, -1.1), (0.4, -0.4), (1.1, -0.4), (1.1, 0.4),
              (0.4, 0.4), (0.4, 1.1), (-0.4, 1.1), (-0.4, 0.4), (-1.1, 0.4)],
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Series:
    """A line: its name, and its points (number of quotes, milliseconds)."""

    name: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """One plot area with its lines, which have the same names in the same order in all panels."""

    title: str
    series: tuple[Series, ...]


@dataclass(frozen=True, slots=True)
class Scale:
    """A logarithmic axis, which maps a value to a position between 0 and `length`."""

    low: float
    high: float
    length: float

    def __call__(self, value: float) -> float:
        return self.length * math.log(value / self.low) / math.log(self.high / self.low)

    @property
    def decades(self) -> list[float]:
        """The powers of ten on the axis."""
        first, last = math.ceil(math.log10(self.low) - 1e-9), math.floor(math.log10(self.high) + 1e-9)
        return [10.0**power for power in range(first, last + 1)]


def draw(panels: Sequence[Panel]) -> str:
    """Return the plot as SVG."""
    points = [point for panel in panels for series in panel.series for point in series.points]
    across = _scale([x for x, _ in points], WIDTH, margin=1.4)
    up = _scale([y for _, y in points], HEIGHT, margin=1.3)
    rows = -(-len(panels) // COLUMNS)
    width = LEFT + COLUMNS * (WIDTH + GAP_X) - GAP_X + 24
    height = TOP + rows * (HEIGHT + GAP_Y) - 20
    body = [
        *_legend([series.name for series in panels[0].series if _is_drawn(series.name, panels)], panels),
        *(line for place, panel in enumerate(panels) for line in _panel(place, panel, across, up, points)),
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
            ' role="img" aria-labelledby="title">',
            '<title id="title">CPU time of a query against the size of the index, by kind of query</title>',
            f"<style>{_STYLE}</style>",
            f'<rect class="back" width="{width}" height="{height}" rx="6"/>',
            *body,
            "</svg>",
            "",
        ]
    )


def _scale(values: Sequence[float], length: float, margin: float) -> Scale:
    """Return an axis for the values, with a margin on both sides."""
    if not values:
        return Scale(1.0, 10.0, length)
    return Scale(min(values) / margin, max(values) * margin, length)


def _panel(place: int, panel: Panel, across: Scale, up: Scale, points: Sequence[tuple[float, float]]) -> Iterator[str]:
    left = LEFT + place % COLUMNS * (WIDTH + GAP_X)
    top = TOP + place // COLUMNS * (HEIGHT + GAP_Y)
    yield f'<g transform="translate({left} {top})">'
    yield f'<text class="title" x="0" y="-10">{escape(panel.title)}</text>'
    yield f'<rect class="plane" width="{WIDTH}" height="{HEIGHT}"/>'
    for value in up.decades:
        y = _place(HEIGHT - up(value))
        yield f'<line class="grid" x2="{WIDTH}" y1="{y}" y2="{y}"/>'
        yield f'<text class="tick" x="-8" y="{y}" dy="0.35em" text-anchor="end">{_milliseconds(value)}</text>'
    for size in sorted({x for x, _ in points}):
        x = _place(across(size))
        yield f'<line class="grid" x1="{x}" x2="{x}" y2="{HEIGHT}"/>'
        yield f'<text class="tick" x="{x}" y="{HEIGHT + 18}" text-anchor="middle">{_count(size)}</text>'
    # Draw Quoth last, on top of the others.
    for number, series in reversed(list(enumerate(panel.series))):
        places = [(across(x), HEIGHT - up(y)) for x, y in series.points]
        if len(places) > 1:
            path = " ".join(f"{_place(x)},{_place(y)}" for x, y in places)
            yield f'<polyline class="line c{number}" points="{path}"/>'
        yield from (_mark(number, x, y) for x, y in places)
    if place % COLUMNS == 0:
        yield (
            f'<text class="axis" transform="translate(-46 {HEIGHT / 2:g}) rotate(-90)" text-anchor="middle">'
            "ms of CPU, p50</text>"
        )
    yield f'<text class="axis" x="{WIDTH / 2:g}" y="{HEIGHT + 36}" text-anchor="middle">quotes</text>'
    yield "</g>"


def _legend(names: Sequence[str], panels: Sequence[Panel]) -> Iterator[str]:
    order = [series.name for series in panels[0].series]
    yield f'<text class="head" x="{LEFT}" y="24">CPU time of a query against the size of the index</text>'
    x = float(LEFT)
    for name in names:
        number = order.index(name)
        yield f'<line class="line c{number}" x1="{x:g}" x2="{x + 22:g}" y1="46" y2="46"/>'
        yield _mark(number, x + 11, 46)
        yield f'<text class="name" x="{x + 29:g}" y="46" dy="0.35em">{escape(name)}</text>'
        x += 29 + 7.2 * len(name) + 22


def _is_drawn(name: str, panels: Sequence[Panel]) -> bool:
    return any(series.points for panel in panels for series in panel.series if series.name == name)


def _mark(number: int, x: float, y: float) -> str:
    kind, size = MARKS[number % len(MARKS)], 4.5
    if kind == "circle":
        return f'<circle class="mark c{number}" cx="{_place(x)}" cy="{_place(y)}" r="{size}"/>'
    path = " ".join(f"{_place(x + a * size)},{_place(y + b * size)}" for a, b in _SHAPES[kind])
    return f'<polygon class="mark c{number}" points="{path}"/>'


def _place(value: float) -> str:
    return f"{value:.1f}"


def _milliseconds(value: float) -> str:
    """Return a power of ten as a label.

    >>> _milliseconds(0.01), _milliseconds(1000.0)
    ('0.01', '1,000')
    """
    return f"{value:,.0f}" if value >= 1 else f"{value:g}"


def _count(value: float) -> str:
    """Return a number of quotes as a short label.

    >>> _count(20_000), _count(1_000_000), _count(500)
    ('20k', '1M', '500')
    """
    for unit, name in ((1_000_000, "M"), (1_000, "k")):
        if value >= unit:
            return f"{value / unit:.3g}{name}"
    return f"{value:g}"


def _colours(dark: bool) -> str:
    return "".join(
        f".line.c{number}{{stroke:{pair[dark]}}}.mark.c{number}{{fill:{pair[dark]}}}"
        for number, pair in enumerate(COLOURS)
    )


_STYLE = (
    "text{font-family:system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif;fill:#24292f}"
    ".back{fill:#ffffff}.head{font-size:16px;font-weight:600}.title{font-size:14px;font-weight:600}.name{font-size:13px}"
    ".tick,.axis{font-size:11.5px;fill:#57606a}"
    ".plane{fill:none;stroke:#8c959f;stroke-width:1}.grid{stroke:#8c959f;stroke-opacity:.3;stroke-width:1}"
    ".line{fill:none;stroke-width:2}.mark{stroke:none}"
    + _colours(False)
    + "@media (prefers-color-scheme:dark){text{fill:#e6edf3}.back{fill:#0d1117}.tick,.axis{fill:#9ba6b1}"
    + _colours(True)
    + "}"
)
