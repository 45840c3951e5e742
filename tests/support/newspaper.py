"""A small archive of invented news, with all that a page must show: long and short, sure and doubtful, denied."""

from __future__ import annotations

from datetime import UTC, datetime

from quoth.article import Article
from quoth.ingest.originals import Item
from quoth.quote import GivenQuote
from tests.support.events import ROOT

DEMO = ROOT / "demo" / "article.txt"

DAM = """\
Mayor promises that the dam will hold

“The dam will hold,” said Ada Okafor, the mayor, on Monday. “We looked at every stone of the wall, and nothing moved.”

The engineer Grace Mbeki was less certain. “I would not sleep below that wall in a wet spring,” she said. “It was \
built for the river of my grandmother, and the river has changed. We measured twice the flow of 1962 in March, and the \
gates were never made for it. If the council wants to hear that all is well, it should ask somebody else.”

“Nobody asked the fishermen,” Bo Lind complained.
"""

FERRY = """\
The ferry leaves at noon, or not at all

“The ferry will leave at noon every day,” said Bo Lind, a fisherman who has run it for thirty years. He called the new \
timetable “a work of fiction”.

Okafor denied that she had ever promised a bridge. “I never said that there would be a bridge,” the mayor told the \
press.

Lind said that the old lock was no longer safe for boats.
"""

BUDGET = """\
Council passes the budget after a long night

“We will not raise property taxes this year,” Ada Okafor said. “We will spend 30 million dollars on the dam, and not \
one dollar on a bridge.”

“The dam will hold,” the mayor repeated.

“It is a budget for people who do not live below the wall,” said Grace Mbeki.
"""

HARBOUR = """\
A quiet year in the harbour

“The dam will hold,” Okafor had said in the spring; in the autumn nobody wanted to bet on it.

“We counted forty boats, and forty came home,” said Harbour Master Ines Duarte. “That is the only number I care about.”

“You can hear the river at night now,” one resident said.
"""


def items() -> list[Item]:
    """Return the articles and ready-made quotes."""
    return [
        _article(DAM, "dam", "The Harbour Times", datetime(2025, 4, 7, tzinfo=UTC)),
        _article(FERRY, "ferry", "The Harbour Times", datetime(2025, 6, 19, tzinfo=UTC)),
        _article(BUDGET, "budget", "The Valley Courier", datetime(2025, 8, 12, tzinfo=UTC)),
        _article(HARBOUR, "harbour", "Coast & County", datetime(2025, 11, 3, tzinfo=UTC)),
        _article(DEMO.read_text("utf-8"), "kremlin", "The Continental", datetime(2025, 8, 15, tzinfo=UTC)),
        GivenQuote(text="I shall come back when the river is quiet.", speaker="Grace Mbeki", publisher="Coast & County",
                   published=datetime(2024, 12, 1, tzinfo=UTC), headline="Farewell to an engineer"),
        GivenQuote(text="There will be a bridge before I die.", denied_speaker="Ada Okafor",
                   publisher="The Valley Courier", published=datetime(2025, 6, 20, tzinfo=UTC),
                   headline="Did the mayor promise a bridge?", url="https://courier.example/bridge"),
        GivenQuote(text="The dam will hold.", speaker="Ada Okafor", publisher="The Upstream Post",
                   published=datetime(2025, 4, 8, tzinfo=UTC), headline="What the papers said",
                   url="https://upstream.example/papers"),
    ]  # fmt: skip


def _article(body: str, name: str, publisher: str, published: datetime) -> Article:
    return Article(
        body=body,
        headline=body.partition("\n")[0],
        url=f"https://news.example/{name}",
        publisher=publisher,
        published=published,
        language="en",
    )
