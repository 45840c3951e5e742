"""Charts from the server, as SVG: quotes over time, whose bars are links."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from functions.pages.parts import words
from quoth.answers.labels import count
from quoth.answers.markup import Markup, element
from quoth.engine.page import Bucket

# More months than that are shown as years; each year leads to its months.
MOST_MONTHS = 48
LEAST_MONTHS = 12
HEIGHT = 48
# Units of a bar and the space beside it.
STEP = 8
LEAST = 2  # the height of the smallest bar: one quote among thousands is still seen


def timeline(months: Iterable[Bucket], years: Iterable[Bucket], link: Callable[[str], str]) -> Markup | None:
    """Return quotes over time, `None` without dates; `link` returns the address for a month or a year.

    The values are those of facets, the newest first, without empty periods.
    """
    counts = {bucket.value: bucket.quotes for bucket in months}
    periods = list(_months(counts)) if counts else []
    if len(periods) > MOST_MONTHS:
        counts = {bucket.value: bucket.quotes for bucket in years}
        periods = [f"{year:04}" for year in range(int(min(counts)), int(max(counts)) + 1)]
    if not periods:
        return None
    return element(
        "figure",
        _bars(periods, counts, link),
        element(
            "figcaption",
            element("span", words.period(periods[0])),
            element("span", words.period(periods[-1])),
        ),
        class_="timeline",
    )


def _months(counts: dict[str, int]) -> Iterable[str]:
    """Yield the months from the first to the last, and at least a year of them."""
    first, last = _month(min(counts)), _month(max(counts))
    for place in range(min(first, last - LEAST_MONTHS + 1), last + 1):
        yield f"{place // 12:04}-{place % 12 + 1:02}"


def _month(value: str) -> int:
    return int(value[:4]) * 12 + int(value[5:7]) - 1


def _bars(periods: Sequence[str], counts: dict[str, int], link: Callable[[str], str]) -> Markup:
    most = max(counts.values())
    bars = []
    for place, period in enumerate(periods):
        number = counts.get(period, 0)
        if not number:
            continue
        height = max(LEAST, round(number / most * HEIGHT))
        label = f"{words.period(period)}: {count(number, 'quote')}"
        # The first shape is the whole column: a small bar is as easy to hit as a large one.
        shape = f"M{place * STEP} 0h{STEP}v{HEIGHT}h-{STEP}z"
        bar = element("rect", x=f"{place * STEP + 1}", y=f"{HEIGHT - height}", width=f"{STEP - 2}", height=f"{height}")
        bars.append(
            element(
                "a",
                element("title", label),
                element("path", d=shape),
                bar,
                href=link(period),
                rel="nofollow",
                aria_label=label,
            )
        )
    return element(
        "svg",
        *bars,
        viewBox=f"0 0 {len(periods) * STEP} {HEIGHT}",
        preserveAspectRatio="none",
        role="group",
        aria_label="Quotes over time",
    )


def counts(title: str, buckets: Sequence[Bucket], link: Callable[[Bucket], str]) -> Markup | None:
    """Return the values of a facet as a list of links with counts, `None` without values."""
    if not buckets:
        return None
    rows = [
        element(
            "li",
            element("a", words.bucket(bucket), href=link(bucket), rel="nofollow"),
            " ",
            element("span", f"{bucket.quotes:,}", class_="n"),
        )
        for bucket in buckets
    ]
    return element("section", element("h2", title), element("ul", rows), class_="facet")
