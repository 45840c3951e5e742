"""The commands that read articles and quotes: extract, index, import."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from quoth import article as articles
from quoth import quote as quotes
from quoth.archive import Archive
from quoth.article import Article
from quoth.cli import render, terminal
from quoth.cli.terminal import (
    DONE,
    SOME_REFUSED,
    fail,
    is_coloured,
    open_archive,
    print_json,
)
from quoth.errors import BadInput
from quoth.ingest import originals
from quoth.ingest.formats import articles as article_files
from quoth.ingest.formats import quotes as quote_files
from quoth.ingest.formats import sources
from quoth.ingest.formats.sources import Count, Source
from quoth.ingest.originals import Item
from quoth.quote import GivenQuote

if TYPE_CHECKING:
    from quoth.ingest.indexing import Report


MOST_REFUSALS_TOLD = 1_000  # by line and reason; who hands in the wrong file is not helped by more
_ARTICLE_ENDINGS = article_files.TEXT + article_files.JSON + article_files.JSONL
_STANDARD_INPUT = "standard input"
_A_TEXT = "standard input.txt"
# Reads sources lazily, one item or error after the other, and counts the bytes.
Read = Callable[[Iterable[Source], Count], Iterator[Item | BadInput]]


def extract(options: argparse.Namespace) -> int:
    """Print the attributed quotes of articles."""
    from quoth.extraction import extract

    code = DONE
    for article in _read_articles(_named(options.files, _A_TEXT), _ignore):
        if isinstance(article, BadInput):
            code = fail(str(article), SOME_REFUSED)
            continue
        found = extract(article, indirect=options.indirect)
        if options.json:
            about = {name: value for name, value in articles.to_json(article).items() if name != "body"}
            print_json({"article": about, "quotes": [quotes.to_json(quote) for quote in found]})
        else:
            print(render.article(article, found, colour=is_coloured()))
    return code


def index(options: argparse.Namespace) -> int:
    """Add articles to the archive."""
    return _add(options, _read_articles, _named(options.files, _A_TEXT), "articles")


def import_quotes(options: argparse.Namespace) -> int:
    """Add ready-made quotes to the archive."""
    return _add(options, _read_quotes, _named(options.files, _STANDARD_INPUT), "quotes")


def _add(options: argparse.Namespace, read: Read, named: list[Source], unit: str) -> int:
    """Add what can be read, commit by commit, and report what became of it."""
    archive = open_archive(options)
    tally = _Tally()
    with contextlib.ExitStack() as copies:
        if options.strict:
            named = [copies.enter_context(sources.repeatable(source)) for source in named]
            _check(read, named, tally)
        holds_back = tally.refused > 0
        if not holds_back:
            _add_all(archive, read, named, unit, tally)
    tally.close()
    if options.json:
        print_json({**tally.json(), "store": archive.store.uri})
    else:
        print(render.added(tally.counts, tally.refused, tally.quotes, unit, strict=holds_back))
    return SOME_REFUSED if tally.refused else DONE


def _check(read: Read, named: list[Source], tally: _Tally) -> None:
    """Read everything and keep nothing but what is refused."""
    with _bar(named, "checking") as bar:
        for item in read(named, bar.update):
            if isinstance(item, BadInput):
                tally.refuse(item)


def _add_all(archive: Archive, read: Read, named: list[Source], unit: str, tally: _Tally) -> None:
    """Add what can be read as it is read; no more than one commit's items are held."""
    with _bar(named, "adding") as bar:
        unshown = 0  # bytes that were read; the bar shows them as their items are done

        def count(number: int) -> None:
            nonlocal unshown
            unshown += number

        def add(batch: list[Item]) -> Report:
            nonlocal unshown
            share, unshown = unshown / len(batch), 0
            return archive.add(batch, lambda: bar.update(share))

        # `map` lets go of a batch before the next one is read; a loop's variable would hold it.
        for report in map(add, originals.batches(tally.usable(read(named, count)))):
            tally.note(report)
            bar.set_postfix_str(f"{tally.items:,} {unit}")


def _bar(named: list[Source], doing: str) -> tqdm[Any]:
    size = sources.size(file for source in named for file in sources.files(source, _ARTICLE_ENDINGS))
    return tqdm(total=size, desc=doing, unit="B", unit_scale=True, disable=None, leave=False)


class _Tally:
    """Counts what became of items, and says what is refused as it comes."""

    def __init__(self) -> None:
        self.counts = Counter[str]()
        self.quotes = 0
        self.refused = 0
        self._told: list[BadInput] = []

    @property
    def items(self) -> int:
        return self.counts.total()

    def usable(self, read: Iterable[Item | BadInput]) -> Iterator[Item]:
        """Yield what could be read."""
        for item in read:
            if isinstance(item, BadInput):
                self.refuse(item)
            else:
                yield item

    def note(self, report: Report) -> None:
        for outcome in report.outcomes:
            self.counts[outcome.verdict] += 1
            if outcome.verdict in ("added", "replaced"):
                self.quotes += outcome.quotes
            elif (error := outcome.error) is not None:
                self.refuse(error)

    def refuse(self, error: BadInput) -> None:
        self.refused += 1
        if self.refused <= MOST_REFUSALS_TOLD:
            self._told.append(error)
            tqdm.write(terminal.sentence(str(error)), file=sys.stderr)  # above the bar, if there is one

    def close(self) -> None:
        """Say how many more were refused than were told."""
        if (more := self.refused - len(self._told)) > 0:
            fail(f"{more:,} more were refused", SOME_REFUSED)

    def json(self) -> dict[str, Any]:
        told = [{"source": e.source, "line": e.line, "field": e.field, "detail": e.sentence} for e in self._told]
        summary = {name: self.counts[name] for name in ("added", "replaced", "unchanged", "superseded")}
        return {**summary, "refused": told, "refused_count": self.refused, "quotes": self.quotes}


def _named(names: Iterable[str], standard_input: str) -> list[Source]:
    return [sources.named(name, standard_input) for name in names]


def _read_articles(named: Iterable[Source], count: Count) -> Iterator[Article | BadInput]:
    for source in named:
        try:
            for file in sources.files(source, _ARTICLE_ENDINGS):
                yield from _articles_of(file, count)
        except OSError as error:
            yield _unreadable(source, error)


def _articles_of(source: Source, count: Count) -> Iterator[Article | BadInput]:
    try:
        with sources.opened(source) as file:
            if PurePath(source.name).suffix.lower() in article_files.JSONL:
                yield from article_files.read_lines(source.name, sources.lines(file, count))
            else:
                data = sources.whole(file, count)
                yield from article_files.read_file(source.name, data, _sidecar(source))
    except OSError as error:
        yield _unreadable(source, error)


def _sidecar(source: Source) -> bytes | None:
    name = None if source.path is None else article_files.sidecar_of(str(source.path))
    return Path(name).read_bytes() if name is not None and Path(name).exists() else None


def _read_quotes(named: Iterable[Source], count: Count) -> Iterator[GivenQuote | BadInput]:
    for source in named:
        try:
            with sources.opened(source) as file:
                yield from quote_files.read_lines(source.name, sources.lines(file, count))
        except OSError as error:
            yield _unreadable(source, error)


def _unreadable(source: Source, error: OSError) -> BadInput:
    return BadInput(f"cannot be read: {error.strerror}", source=source.name)


def _ignore(_: object) -> None:
    pass
