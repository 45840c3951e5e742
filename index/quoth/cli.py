"""The command `quoth`."""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

import quoth
from quoth import article as articles
from quoth import quote as quotes
from quoth import render
from quoth.archive import Archive
from quoth.article import Article
from quoth.engine.page import coverage_json, page_json
from quoth.engine.request import DEFAULT_LIMIT, MAX_LIMIT
from quoth.errors import BadInput, BadQuery, QuothError
from quoth.formats import articles as article_files
from quoth.formats import quotes as quote_files
from quoth.intake import Item
from quoth.quote import GivenQuote

if TYPE_CHECKING:
    from quoth.indexing import Outcome

DONE, SOME_REFUSED, BAD_USAGE, STORE_FAILED, INTERRUPTED = 0, 1, 2, 3, 130

# One commit makes one segment: fewer and larger ones search faster, smaller ones lose less when interrupted.
ITEMS_A_COMMIT = 2_000


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that knows no curly marks shows \u201c
            stream.reconfigure(errors="backslashreplace")
    options = _parser().parse_args(argv)
    try:
        return int(options.run(options))
    except BadQuery as error:
        return _fail(str(error), BAD_USAGE)
    except BadInput as error:
        return _fail(str(error), SOME_REFUSED)
    except QuothError as error:
        return _fail(str(error), STORE_FAILED)
    except KeyboardInterrupt:
        return _fail("stopped; what is committed stays, and running the command again goes on", INTERRUPTED)
    except BrokenPipeError:  # the reader of our output, such as `head`, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE


def _fail(sentence: str, code: int) -> int:
    print(f"quoth: {render.one_line(sentence)}", file=sys.stderr)
    return code


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
    adding.add_argument("--strict", action="store_true", help="add nothing when anything cannot be read")

    def command(name: str, run: Any, about: str, parent: argparse.ArgumentParser) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=about, description=about, parents=[parent])
        made.set_defaults(run=run)
        return made

    extract = command("extract", _extract, "Print the attributed quotes of articles; nothing is stored.", plain)
    extract.add_argument("files", nargs="+", metavar="FILE", help=".txt, .json, .jsonl, a folder, or - for a text")
    index = command("index", _index, "Extract the quotes of articles and add them to the archive.", adding)
    index.add_argument("files", nargs="+", metavar="FILE", help=".txt, .json, .jsonl, a folder, or - for a text")
    imported = command("import", _import, "Add ready-made quotes to the archive.", adding)
    imported.add_argument(
        "files", nargs="+", metavar="FILE", help="JSONL with text, speaker, and what else is known; - for stdin"
    )
    search = command("search", _search, "Find quotes: words by their stem, “phrases” as written.", reading)
    search.add_argument("q", nargs="*", metavar="WORDS", help="without words the newest quotes come first")
    search.add_argument("--speaker", help="an id, or any spelling of a name")
    search.add_argument("--from", dest="from_", metavar="DATE", help="published on this day or later")
    search.add_argument("--to", metavar="DATE", help="published on this day or earlier")
    search.add_argument(
        "--limit", type=int, default=DEFAULT_LIMIT, metavar="N", help=f"at most N quotes, {MAX_LIMIT} at the most"
    )
    command("stats", _stats, "Say what the archive holds.", reading)
    serve = command(
        "serve", _serve, "Answer the HTTP API on this machine, with the functions that Lambda runs.", stored
    )
    serve.add_argument("--port", type=int, default=8000, help="on 127.0.0.1 (default: %(default)s)")
    return parser


def default_store() -> str:
    """Return the archive of this user: a directory under the data home."""
    home = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return f"file:{Path(home).expanduser() / 'quoth'}"


def _extract(options: argparse.Namespace) -> int:
    from quoth.extraction import extract

    code = DONE
    for article in _read_articles(options.files):
        if isinstance(article, BadInput):
            code = _fail(str(article), SOME_REFUSED)
            continue
        found = extract(article)
        if options.json:
            about = {name: value for name, value in articles.to_json(article).items() if name != "body"}
            _print_json({"article": about, "quotes": [quotes.to_json(quote) for quote in found]})
        else:
            print(render.article(article, found, colour=_colour()))
    return code


def _index(options: argparse.Namespace) -> int:
    return _add(options, list(_read_articles(options.files)), "articles")


def _import(options: argparse.Namespace) -> int:
    return _add(options, list(_read_quotes(options.files)), "quotes")


def _add(options: argparse.Namespace, read: Sequence[Item | BadInput], unit: str) -> int:
    """Add what could be read, commit by commit, and report what became of each item."""
    bad = [item for item in read if isinstance(item, BadInput)]
    good = [item for item in read if not isinstance(item, BadInput)]
    if bad and options.strict:
        good = []
    archive = quoth.open(options.store)
    outcomes: list[Outcome] = []
    with tqdm(total=len(good), unit=f" {unit}", disable=None, leave=False) as bar:
        for some in _chunks(good, ITEMS_A_COMMIT):
            outcomes += archive.add(some, bar.update).outcomes
    errors = bad + [outcome.error for outcome in outcomes if outcome.error is not None]
    for error in errors:
        _fail(str(error), SOME_REFUSED)
    counts = Counter[str](outcome.verdict for outcome in outcomes)
    added = sum(outcome.quotes for outcome in outcomes if outcome.verdict in ("added", "replaced"))
    if options.json:
        summary = {name: counts[name] for name in ("added", "replaced", "unchanged", "superseded")}
        refused = [{"source": e.source, "line": e.line, "field": e.field, "detail": e.sentence} for e in errors]
        _print_json({**summary, "refused": refused, "quotes": added, "store": archive.store.uri})
    else:
        print(render.added(counts, len(errors), added, unit, strict=bool(bad) and options.strict))
    return SOME_REFUSED if errors else DONE


def _search(options: argparse.Namespace) -> int:
    began = time.perf_counter()
    words = " ".join(options.q) or None
    page = quoth.open(options.store).search(
        words, speaker=options.speaker, from_=options.from_, to=options.to, limit=options.limit
    )
    took_ms = round((time.perf_counter() - began) * 1000)
    if options.json:
        _print_json(page_json(page, took_ms))
    else:
        print(render.page(page, took_ms, colour=_colour()))
    return DONE


def _stats(options: argparse.Namespace) -> int:
    archive: Archive = quoth.open(options.store)
    coverage = archive.stats()
    if options.json:
        _print_json({**coverage_json(coverage), "store": archive.store.uri})
    else:
        print(render.coverage(coverage, archive.store.uri))
    return DONE


def _serve(options: argparse.Namespace) -> int:
    from functions import local  # the edge loads the library; this one command loads the edge

    return local.serve(options.store, options.port)


def _read_articles(names: Iterable[str]) -> Iterator[Article | BadInput]:
    for name in names:
        if name == "-":
            yield from article_files.read("standard input.txt", sys.stdin.buffer.read())
            continue
        path = Path(name)
        for file in _articles_in(path) if path.is_dir() else [path]:
            try:
                sidecar = article_files.sidecar_of(str(file))
                beside = Path(sidecar).read_bytes() if sidecar is not None and Path(sidecar).exists() else None
                yield from article_files.read(str(file), file.read_bytes(), beside)
            except OSError as error:
                yield BadInput(f"cannot be read: {error.strerror}", source=str(file))


def _articles_in(folder: Path) -> list[Path]:
    """Return the articles below a folder. A JSON beside a text of the same name is its sidecar, not an article."""
    endings = article_files.TEXT + article_files.JSON + article_files.JSONL
    files = sorted(file for file in folder.rglob("*") if file.suffix.lower() in endings and file.is_file())
    sidecars = {article_files.sidecar_of(str(file)) for file in files}
    return [file for file in files if str(file) not in sidecars]


def _read_quotes(names: Iterable[str]) -> Iterator[GivenQuote | BadInput]:
    for name in names:
        try:
            if name == "-":
                yield from quote_files.read_lines("standard input", sys.stdin.buffer)
                continue
            with Path(name).open("rb") as file:
                yield from quote_files.read_lines(name, file)
        except OSError as error:
            yield BadInput(f"cannot be read: {error.strerror}", source=name)


def _chunks(items: Sequence[Item], size: int) -> Iterator[list[Item]]:
    rest = iter(items)
    while some := list(islice(rest, size)):
        yield some


def _print_json(value: dict[str, Any]) -> None:
    print(json.dumps(value, ensure_ascii=False))


def _colour() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ
