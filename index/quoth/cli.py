"""The command `quoth`."""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

import quoth
from quoth import answers, citation, export, intake, render, terminal, upkeep
from quoth import article as articles
from quoth import quote as quotes
from quoth.archive import Archive
from quoth.article import Article
from quoth.engine.request import (
    COLLAPSES,
    DEFAULT_LIMIT,
    DEFAULT_TYPES,
    FACETS,
    MAX_LIMIT,
    SORTS,
    STATUSES,
    TYPES,
)
from quoth.errors import BadInput, BadQuery, NotFound, QuothError
from quoth.formats import articles as article_files
from quoth.formats import quotes as quote_files
from quoth.formats import sources
from quoth.formats.sources import Count, Source
from quoth.intake import Item
from quoth.quote import GivenQuote
from quoth.terminal import BAD_USAGE, DONE, INTERRUPTED, NOT_CONFIRMED, SOME_REFUSED, STORE_FAILED, fail, print_json

if TYPE_CHECKING:
    from quoth.indexing import Report

MOST_REFUSALS_TOLD = 1_000  # by line and reason; who hands in the wrong file is not helped by more

_ARTICLE_ENDINGS = article_files.TEXT + article_files.JSON + article_files.JSONL
_STANDARD_INPUT = "standard input"
_A_TEXT = "standard input.txt"

# Reads sources lazily, one item or error after the other, and counts the bytes.
Read = Callable[[Iterable[Source], Count], Iterator[Item | BadInput]]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that knows no curly marks shows \u201c
            stream.reconfigure(errors="backslashreplace")
    options = _parser().parse_args(argv)
    try:
        return int(options.run(options))
    except (BadQuery, NotFound) as error:
        return fail(str(error), BAD_USAGE)
    except BadInput as error:
        return fail(str(error), SOME_REFUSED)
    except QuothError as error:
        return fail(str(error), STORE_FAILED)
    except KeyboardInterrupt:
        return fail("stopped; what is committed stays, and running the command again goes on", INTERRUPTED)
    except BrokenPipeError:  # the reader of our output, such as `head`, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="quoth", description="Who said it, where, and how do we know?")
    parser.add_argument("--version", action="version", version=f"quoth {quoth.__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    plain = argparse.ArgumentParser(add_help=False)
    plain.add_argument("--json", action="store_true", help="print JSON, one value a line")
    stored = argparse.ArgumentParser(add_help=False)
    stored.add_argument(
        "--store",
        default=os.environ.get("QUOTH_STORE") or default_store(),
        help="file:DIR or s3://bucket/prefix (default: %(default)s, or the environment variable QUOTH_STORE)",
    )
    reading = argparse.ArgumentParser(add_help=False, parents=[plain, stored])
    adding = argparse.ArgumentParser(add_help=False, parents=[reading])
    adding.add_argument(
        "--strict",
        action="store_true",
        help="add nothing when anything cannot be read: all is read twice, a pipe from a copy in a temporary file",
    )

    def command(name: str, run: Any, about: str, parent: argparse.ArgumentParser) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=about, description=about, parents=[parent])
        made.set_defaults(run=run)
        return made

    extract = command("extract", _extract, "Print the attributed quotes of articles; nothing is stored.", plain)
    extract.add_argument("files", nargs="+", metavar="FILE", help=".txt, .json, .jsonl, a folder, or - for a text")
    extract.add_argument(
        "--indirect", action="store_true", help="also what somebody said in the reporter's words, without marks"
    )
    index = command("index", _index, "Extract the quotes of articles and add them to the archive.", adding)
    index.add_argument("files", nargs="+", metavar="FILE", help=".txt, .json, .jsonl, a folder, or - for a text")
    imported = command("import", _import, "Add ready-made quotes to the archive.", adding)
    imported.add_argument(
        "files", nargs="+", metavar="FILE", help="JSONL with text, speaker, and what else is known; - for stdin"
    )
    search = command("search", _search, "Find quotes: see docs/query-language.md for what WORDS may be.", reading)
    search.add_argument(
        "q",
        nargs="*",
        metavar="WORDS",
        help="words, “phrases”, -word (behind --), prefix*, a OR b, speaker:name; none: the newest",
    )
    for name, about in (
        ("speaker", "an id, or any spelling of a name"),
        ("publisher", "the name of a publisher"),
        ("type", f"{', '.join(TYPES)}, or several with commas between (default: {','.join(DEFAULT_TYPES)})"),
        ("language", "a BCP 47 tag; en stands for en-GB, too"),
        ("status", f"{', '.join(STATUSES)}"),
    ):
        search.add_argument(f"--{name}", action="append", metavar=name.upper(), help=f"{about}; may be given again")
    search.add_argument("--from", dest="from_", metavar="DATE", help="published on this day or later")
    search.add_argument("--to", metavar="DATE", help="published on this day or earlier")
    search.add_argument("--min-confidence", type=float, metavar="P", help="0 to 1; a speaker that was given passes any")
    search.add_argument("--sort", choices=SORTS, help="default: relevance, without words newest")
    search.add_argument("--facets", action="append", metavar="NAMES", help=f"count by {', '.join(FACETS)}")
    search.add_argument("--collapse", choices=COLLAPSES, default="none", help="show the best of each")
    search.add_argument(
        "--fuzzy", action="store_const", const="auto", default="off", help="what nobody said may match at one typo"
    )
    search.add_argument(
        "--limit", type=int, default=DEFAULT_LIMIT, metavar="N", help=f"at most N quotes, {MAX_LIMIT:,} at the most"
    )
    search.add_argument("--cursor", help="go on where a page ended: its next_cursor")
    search.add_argument("--format", choices=("csv", "jsonl"), help="rows to keep, in place of what a person reads")
    verify = command(
        "verify", _verify, "Say whether somebody said that; exit code 0 only if so, word for word or nearly.", reading
    )
    verify.add_argument("text", nargs="+", metavar="WORDS", help="what somebody is said to have said")
    verify.add_argument("--speaker", metavar="NAME", help="who is said to have said it: an id, or any spelling")
    speakers = command("speakers", _speakers, "Say who is quoted, the most quoted first.", reading)
    speakers.add_argument("prefix", nargs="?", metavar="NAME", help="the beginning of a name, in any spelling")
    speakers.add_argument("--limit", type=int, default=DEFAULT_LIMIT, metavar="N", help="at most N speakers")
    show = command("show", _show, "Show one quote where it stands, or cite it.", reading)
    show.add_argument("id", metavar="ID", help="of a quote (q_…)")
    show.add_argument("--format", choices=tuple(citation.FORMATS), help="cite it in this format")
    stats = command("stats", _stats, "Say what the archive holds.", reading)
    for asking in (search, verify, stats):
        asking.add_argument(
            "--as-of",
            type=terminal.positive,
            metavar="GENERATION",
            help="what a past generation holds, one that `quoth history` lists (default: the newest)",
        )
    upkeep.declare(command, reading, _open)
    serve = command(
        "serve", _serve, "Answer the HTTP API on this machine, with the functions that Lambda runs.", stored
    )
    serve.add_argument("--port", type=int, default=8000, help="on 127.0.0.1 (default: %(default)s)")
    return parser


def _open(options: argparse.Namespace) -> Archive:
    """Open the archive; what is read of a far one is kept for the next command."""
    home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return quoth.open(options.store, cache=Path(home).expanduser() / "quoth")


def _asked(options: argparse.Namespace) -> Archive:
    """Open the archive for a question, as it is or as it was."""
    archive = _open(options)
    return archive if options.as_of is None else archive.at(options.as_of)


def default_store() -> str:
    """Return the archive of this user: a directory under the data home."""
    home = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return f"file:{Path(home).expanduser() / 'quoth'}"


def _extract(options: argparse.Namespace) -> int:
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
            print(render.article(article, found, colour=_colour()))
    return code


def _index(options: argparse.Namespace) -> int:
    return _add(options, _read_articles, _named(options.files, _A_TEXT), "articles")


def _import(options: argparse.Namespace) -> int:
    return _add(options, _read_quotes, _named(options.files, _STANDARD_INPUT), "quotes")


def _add(options: argparse.Namespace, read: Read, named: list[Source], unit: str) -> int:
    """Add what can be read, commit by commit, and report what became of it."""
    archive = _open(options)
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
        for report in map(add, intake.batches(tally.usable(read(named, count)))):
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


def _search(options: argparse.Namespace) -> int:
    began = time.perf_counter()
    names = ("speaker", "publisher", "type", "language", "status", "from_", "to", "min_confidence", "sort", "facets")
    more = ("collapse", "fuzzy", "limit", "cursor")
    asked = {name: getattr(options, name) for name in (*names, *more)}
    page = _asked(options).search(" ".join(options.q) or None, **asked)
    took_ms = round((time.perf_counter() - began) * 1000)
    if options.format == "csv":
        print("".join(export.csv_lines(hit.quote for hit in page.hits)), end="")
    elif options.format == "jsonl":
        for hit in page.hits:
            print_json(answers.to_json(answers.hit(hit)))
    elif options.json:
        print_json(answers.to_json(answers.page(page, took_ms)))
    else:
        print(render.page(page, took_ms, colour=_colour()))
    return DONE


def _verify(options: argparse.Namespace) -> int:
    checked = _asked(options).verify(" ".join(options.text), options.speaker)
    if options.json:
        print_json(answers.to_json(answers.verdict(checked)))
    else:
        print(render.verification(checked, colour=_colour()))
    found = checked.verification
    is_theirs = found.speaker_matches is True or options.speaker is None
    return DONE if found.verdict in ("exact", "near") and is_theirs else NOT_CONFIRMED


def _speakers(options: argparse.Namespace) -> int:
    found = _open(options).speakers(options.prefix, options.limit)
    print_json(answers.to_json(answers.people(found))) if options.json else print(render.people(found))
    return DONE


def _show(options: argparse.Namespace) -> int:
    detail = _open(options).detail(options.id)
    if options.format is not None:
        print(citation.FORMATS[options.format].cite(detail.quote, detail.edition.generation), end="")
    elif options.json:
        print_json(answers.to_json(answers.detail(detail)))
    else:
        print(render.detail(detail, colour=_colour()))
    return DONE


def _stats(options: argparse.Namespace) -> int:
    archive = _asked(options)
    coverage = archive.stats()
    if options.json:
        print_json({**answers.to_json(answers.coverage(coverage)), "store": archive.store.uri})
    else:
        print(render.coverage(coverage, archive.store.uri))
    return DONE


def _serve(options: argparse.Namespace) -> int:
    from functions import local  # the edge loads the library; this one command loads the edge

    return local.serve(options.store, options.port)


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
                yield from article_files.read(source.name, data, _sidecar(source))
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


def _colour() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ
