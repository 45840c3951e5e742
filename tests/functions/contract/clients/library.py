"""A program with the library as somebody would write it: mypy and pyright take its lines, and refuse its mistakes.

A mistake has a comment that allows it; without the mistake that comment is an error of its own.
"""

from datetime import date

import quoth

archive = quoth.open("file:archive")
archive.add(quoth.Article(body="“No,” said Ada.", published="2025-08"))
archive.add(
    [quoth.GivenQuote(text="No.", speaker="Ada", published=date(2025, 8, 11)), {"text": "No.", "speaker": "Bo"}]
)

page = archive.search("dam hold", speaker=["Okafor"], from_="2025-08", to=date(2025, 9, 1), limit=5)
for hit in page:
    name: str | None = hit.quote.speaker.name if hit.quote.speaker else None
count: int = page.total + len(page)
first: quoth.Quote = page[0].quote
rows: list[dict[str, object]] = page.to_dicts()
verdict: str = archive.verify("the dam would hold", speaker="Okafor").verdict
words: list[str] = [quote.text for quote in quoth.extract("“No,” said Ada.", indirect=True)]

archive.search("dam", speeker="Okafor")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
archive.search("dam", sort="best")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
archive.search("dam", limit="5")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
quoth.Article(text="“No,” said Ada.")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
quoth.extract("“No,” said Ada.", indrect=True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
page.hitz  # type: ignore[attr-defined]  # noqa: B018  # pyright: ignore[reportAttributeAccessIssue]
