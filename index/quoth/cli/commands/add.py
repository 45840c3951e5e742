"""The commands that read articles and quotes: extract, index, import."""

from __future__ import annotations

import argparse
import contextlib
import itertools
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, BinaryIO

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
from quoth.errors import BadInput, BadQuery
from quoth.ingest import language, originals
from quoth.ingest.formats import articles as article_files
from quoth.ingest.formats import page, sources, strict_json
from quoth.ingest.formats.articles import Lenient
from quoth.ingest.formats.sources import Count, Source
from quoth.ingest.originals import Item
from quoth.ingest.tables import columns, elements, packed, records
from quoth.ingest.tables.columns import Agree, ColumnPlan
from quoth.quote import GivenQuote

if TYPE_CHECKING:
    from quoth.ingest.indexing import Report


MAX_LISTED_REFUSALS = 1_000  # with line and reason; for a wrong file, more would not help
MAX_ALIKE = 3  # printed refusals of one file with the same words; their number is printed at the end
ASKED_FROM = 1 << 18  # bytes of a file whose columns are guessed: some thousand quotes
_JSON_START = re.compile(rb'\{\s*"|\[\s*\{')  # of standard input; a text that begins so is hardly an article
_ARTICLE_ENDINGS = article_files.TEXT + article_files.JSON + article_files.JSONL + article_files.PAGES
_STANDARD_INPUT = "standard input"
_STANDARD_INPUT_TEXT = "standard input.txt"
# Reads sources lazily, one item or error at a time, and counts the bytes.
Read = Callable[[Iterable[Source], Count], Iterator[Item | BadInput]]


def extract(options: argparse.Namespace) -> int:
    """Print the attributed quotes of articles."""
    from quoth.extraction import extract

    code = DONE
    for article in read_articles(texts(options.files), _ignore):
        if isinstance(article, BadInput):
            code = fail(str(article), SOME_REFUSED)
            continue
        spoken = language.detected(article)
        extracted = extract(article, indirect=options.indirect, detected=spoken)
        if options.json:
            metadata = {name: value for name, value in articles.to_json(article).items() if name != "body"}
            if spoken is not None:
                metadata["language_detected"] = spoken
            print_json({"article": metadata, "quotes": [quotes.to_json(quote) for quote in extracted]})
        else:
            print(render.article(article, extracted, colour=is_coloured()))
    return code


def index(options: argparse.Namespace) -> int:
    """Add articles to the archive."""
    return _add(options, read_articles, texts(options.files), "articles")


def import_quotes(options: argparse.Namespace) -> int:
    """Add ready-made quotes to the archive."""
    inputs = _inputs(options.files, _STANDARD_INPUT)
    named = columns.given(options.map or ())
    consent = _Consent(inputs, is_given=options.yes)

    def read(sources: Iterable[Source], count: Count) -> Iterator[Item | BadInput]:
        return _read_quotes(sources, count, named, consent)

    return _add(options, read, inputs, "quotes")


class _Consent:
    """Shows how the columns of each file are read, and asks before many quotes are read by a guess."""

    def __init__(self, inputs: list[Source], *, is_given: bool) -> None:
        self._sizes = {source.name: sources.size([source]) for source in inputs}
        self._is_given = is_given
        self._shown: set[str] = set()

    def __call__(self, name: str, plan: ColumnPlan) -> None:
        """Go on, or raise `BadQuery`; a plan is shown once, also if the input is read twice."""
        line = f"{name}: {plan.sentence}"
        if line in self._shown:
            return
        self._shown.add(line)
        with tqdm.external_write_mode(file=sys.stderr):
            size = self._sizes.get(name)
            fail(line, DONE)
            if self._is_given or not plan.guessed or (size is not None and size < ASKED_FROM):
                return
            if size is None or not sys.stdin.isatty():  # the answer would be read from the pipe
                raise BadQuery("map", "the columns are a guess; name them as COLUMN=FIELD, or accept it with --yes")
            if not terminal.agrees("Import it so?"):
                raise BadQuery("map", "nothing was imported; name the columns as COLUMN=FIELD")


def _add(options: argparse.Namespace, read: Read, inputs: list[Source], unit: str) -> int:
    """Add all readable items, commit by commit, and report the outcome."""
    archive = open_archive(options)
    tally = _Tally()
    with contextlib.ExitStack() as copies:
        if options.strict:
            inputs = [copies.enter_context(sources.repeatable(source)) for source in inputs]
            _check(read, inputs, tally)
        is_aborted = tally.refused > 0
        if not is_aborted:
            _add_all(archive, read, inputs, unit, tally)
    tally.close()
    if options.json:
        print_json({**tally.json(), "store": archive.store.uri})
    else:
        print(render.added(tally.counts, tally.refused, tally.quotes, unit, strict=is_aborted))
    return SOME_REFUSED if tally.refused else DONE


def _check(read: Read, inputs: list[Source], tally: _Tally) -> None:
    """Read everything, and keep only the refusals."""
    with reading_bar(inputs, "checking") as bar:
        for item in read(inputs, bar.update):
            if isinstance(item, BadInput):
                tally.refuse(item)


def _add_all(archive: Archive, read: Read, inputs: list[Source], unit: str, tally: _Tally) -> None:
    """Add all readable items while reading; memory holds the items of one commit at most."""
    with reading_bar(inputs, "adding") as bar:
        unshown = 0  # bytes read so far; the bar shows them when their items are done

        def count(number: int) -> None:
            nonlocal unshown
            unshown += number

        def add(batch: list[Item]) -> Report:
            nonlocal unshown
            share, unshown = unshown / len(batch), 0
            return archive.add(batch, lambda: bar.update(share))

        # `map` releases a batch before the next one is read; a loop variable would keep it alive.
        for report in map(add, originals.batches(tally.usable(read(inputs, count)))):
            tally.note(report)
            bar.set_postfix_str(f"{tally.items:,} {unit}")


def reading_bar(inputs: list[Source], description: str) -> tqdm[Any]:
    """Return a progress bar of the bytes of some inputs."""
    size = sources.size(file for source in inputs for file in sources.files(source, _ARTICLE_ENDINGS))
    return tqdm(total=size, desc=description, unit="B", unit_scale=True, disable=None, leave=False)


class _Tally:
    """Counts the outcomes of items, and prints each refusal as it occurs."""

    def __init__(self) -> None:
        self.counts = Counter[str]()
        self.quotes = 0
        self.refused = 0
        self._listed: list[BadInput] = []
        self._alike = Counter[tuple[str | None, str]]()

    @property
    def items(self) -> int:
        return self.counts.total()

    def usable(self, read: Iterable[Item | BadInput]) -> Iterator[Item]:
        """Yield the readable items, and count the others as refused."""
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
        if self.refused > MAX_LISTED_REFUSALS:
            return
        self._listed.append(error)
        key = (error.source, error.sentence)
        self._alike[key] += 1
        if self._alike[key] <= MAX_ALIKE:
            tqdm.write(terminal.sentence(str(error)), file=sys.stderr)  # above the bar, if there is one

    def close(self) -> None:
        """Print how many refusals were not printed."""
        for (source, sentence), number in self._alike.items():
            if number > MAX_ALIKE:
                fail(f"{source}: {number - MAX_ALIKE:,} more: {sentence}", SOME_REFUSED)
        if (more := self.refused - len(self._listed)) > 0:
            fail(f"{more:,} more were refused", SOME_REFUSED)

    def json(self) -> dict[str, Any]:
        refusals = [{"source": e.source, "line": e.line, "field": e.field, "detail": e.sentence} for e in self._listed]
        summary = {name: self.counts[name] for name in ("added", "replaced", "unchanged", "superseded")}
        return {**summary, "refused": refusals, "refused_count": self.refused, "quotes": self.quotes}


def _inputs(names: Iterable[str], standard_input: str) -> list[Source]:
    return [sources.named(name, standard_input) for name in names]


def texts(names: Sequence[str]) -> list[Source]:
    """Return the sources of articles, without the sidecars of others: `quoth index news/*` names both."""
    sidecars = {article_files.sidecar_of(name) for name in names}
    return _inputs((name for name in names if name not in sidecars), _STANDARD_INPUT_TEXT)


def read_articles(inputs: Iterable[Source], count: Count) -> Iterator[Article | BadInput]:
    """Yield the articles of files and folders, and an error for each that cannot be used; `count` gets bytes."""
    reduce = Lenient(_leave_out)
    for source in inputs:
        try:
            for file in sources.files(source, _ARTICLE_ENDINGS):
                yield from _articles_of(file, count, reduce)
        except OSError as error:
            yield _unreadable(source, error)


def _leave_out(names: tuple[str, ...]) -> None:
    with tqdm.external_write_mode(file=sys.stderr):
        fail(f"leaving out {', '.join(name[:40] for name in names)}: no field of an article", DONE)


def _articles_of(source: Source, count: Count, reduce: Lenient) -> Iterator[Article | BadInput]:
    try:
        with sources.opened(source) as file:
            suffix = PurePath(source.name).suffix.lower()
            bare = packed.head(file).lstrip()
            if suffix in article_files.JSON and bare.startswith(b"["):
                yield from elements.read(source.name, file, count, lambda value: article_files.from_json(reduce(value)))
            elif suffix in article_files.JSONL:
                yield from article_files.read_lines(source.name, sources.lines(file, count), reduce=reduce)
            elif suffix in article_files.PAGES or (source.path is None and page.looks_like(bare)):
                data = sources.whole(file, count, page.MAX_PAGE)
                yield page.read(data, article_files.beside(source.name, _sidecar(source), reduce))
            elif source.path is None and _JSON_START.match(bare):
                yield from _typed(file, count, reduce, is_list=bare.startswith(b"["))
            else:
                data = sources.whole(file, count)
                yield from article_files.read_file(source.name, data, _sidecar(source), reduce)
    except BadInput as error:  # of a page, or of its sidecar
        yield error if error.source else error.at(source.name)
    except OSError as error:
        yield _unreadable(source, error)


def _typed(file: BinaryIO, count: Count, reduce: Lenient, *, is_list: bool) -> Iterator[Article | BadInput]:
    """Yield the articles of JSON on standard input: a list, an object a line, or one object."""
    if is_list:
        yield from elements.read(_STANDARD_INPUT, file, count, lambda value: article_files.from_json(reduce(value)))
        return
    lines = sources.lines(file, count)
    first = next(lines)
    if _is_json(first):
        yield from article_files.read_lines(_STANDARD_INPUT, itertools.chain([first], lines), reduce=reduce)
        return
    rest = sources.whole(file, count)
    for article in article_files.read_file("-.json", first + b"\n" + rest, reduce=reduce):
        yield article.at(_STANDARD_INPUT) if isinstance(article, BadInput) else article


def _is_json(line: bytes) -> bool:
    try:
        strict_json.loads(line)
    except BadInput:
        return False
    return True


def _sidecar(source: Source) -> bytes | None:
    name = None if source.path is None else article_files.sidecar_of(str(source.path))
    if name is None or not Path(name).exists():
        return None
    return sources.contained(Path(name), source.folder).read_bytes()


def _read_quotes(
    inputs: Iterable[Source], count: Count, named: Mapping[str, str], agree: Agree
) -> Iterator[GivenQuote | BadInput]:
    for source in inputs:
        try:
            with sources.opened(source) as file:
                yield from records.read(source.name, file, count, named, agree)
        except OSError as error:
            yield _unreadable(source, error)


def _unreadable(source: Source, error: OSError) -> BadInput:
    return BadInput(f"cannot be read: {error.strerror}", source=source.name)


def _ignore(_: object) -> None:
    pass
