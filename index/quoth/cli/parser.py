"""The command line: commands, arguments and help texts."""

from __future__ import annotations

import argparse
import difflib
import os
import re
import sys
from collections.abc import Sequence
from typing import Any

import quoth
from quoth import citation
from quoth.answers.rows import ROW_FORMATS
from quoth.cli import terminal
from quoth.cli.commands import add, ask, backfill, check, completion, export, maintain, reports, slack, tags
from quoth.engine.query.filters import FILTERS, Filter, parameter
from quoth.engine.query.request import (
    COLLAPSES,
    DEFAULT_LIMIT,
    FACETS,
    FUZZIES,
    MATCHES,
    MAX_FACET,
    MAX_LIMIT,
    PERIODS,
    SORTS,
)
from quoth.text import timestamps

HOST, PORT = "127.0.0.1", 8000  # of `quoth serve`

_WORDED = frozenset({"search", "export"})  # the commands with the words of a search

# An excluded word or phrase, which is no option: options of one letter have no value, and others begin with --.
_EXCLUSION = re.compile(r"-[\w“„«\"'].+", re.DOTALL)


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse a command line; exits with a message if it is wrong.

    The words of a search may stand before, between and behind its options, and a word may begin with -.

    >>> parse(["search", "land", "--limit", "3", "-war", "swap"]).q
    ['land', '-war', 'swap']
    """
    parser = build()
    given = list(sys.argv[1:] if arguments is None else arguments)
    # An argument that begins with a space is no option for argparse.
    spaced = [f" {one}" if _EXCLUSION.fullmatch(one) and not _is_number(one) else one for one in given]
    _check_command(parser, given)
    options, others = parser.parse_known_args(spaced if not _WORDED.isdisjoint(given) else given)
    is_words = options.run in (ask.search, export.run) and not any(other.startswith("-") for other in others)
    if others and not is_words:
        known = [option for action in getattr(options, "parser", parser)._actions for option in action.option_strings]
        parser.error(f"unrecognized arguments: {' '.join(others)}{_did_you_mean(others, known)}")
    if options.run in (ask.search, export.run):
        options.q = [word.removeprefix(" ") for word in (*options.q, *others)]
    return options


def _check_command(parser: argparse.ArgumentParser, given: Sequence[str]) -> None:
    """Exit with the nearest command if the first word is none, in place of a list of all."""
    known = [
        name for action in parser._actions if isinstance(action, argparse._SubParsersAction) for name in action.choices
    ]
    words = list(given)
    while words and words[0].startswith("-"):
        del words[: 2 if words[0] == "--store" else 1]
    if words and words[0] not in known:
        suggestion = _did_you_mean(words[:1], known) or f"; the commands are {', '.join(known)}"
        parser.error(f"{words[0][:40]!r} is no command{suggestion}")


def _did_you_mean(given: Sequence[str], known: Sequence[str]) -> str:
    """Return the nearest known word to one of those given, as the end of a sentence; nothing if none is near.

    >>> _did_you_mean(["--limmit=3"], ["--limit", "--store"]), _did_you_mean(["x"], ["--limit"])
    ('; did you mean --limit?', '')
    """
    near = (difflib.get_close_matches(one.partition("=")[0], known, 1) for one in given)
    return next((f"; did you mean {found[0]}?" for found in near if found), "")


def _is_number(argument: str) -> bool:
    """Whether an argument is a negative number, the value of an option."""
    return argument[1:].replace(".", "").isdigit()


def build() -> argparse.ArgumentParser:
    """Return the parser of the whole command line; `options.run` is the function of the command."""
    parser = argparse.ArgumentParser(prog="quoth", description="Who said it, where, and how do we know?")
    parser.add_argument("--version", action="version", version=f"quoth {quoth.__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    plain = argparse.ArgumentParser(add_help=False)
    plain.add_argument("--json", action="store_true", help="print JSON, one value a line")
    stored = argparse.ArgumentParser(add_help=False)
    # Before the command or after it. A default of the second would overrule the first.
    store = os.environ.get("QUOTH_STORE") or terminal.default_store()
    shown = store.replace("%", "%%")
    about = f"file:DIR or s3://bucket/prefix (default: {shown}, or the environment variable QUOTH_STORE)"
    parser.add_argument("--store", metavar="URI", default=store, help=about)
    stored.add_argument("--store", metavar="URI", default=argparse.SUPPRESS, help=about)
    reading = argparse.ArgumentParser(add_help=False, parents=[plain, stored])
    adding = argparse.ArgumentParser(add_help=False, parents=[reading])
    adding.add_argument(
        "--strict",
        action="store_true",
        help="add nothing if any item is refused: reads the input twice, a pipe from a temporary copy",
    )

    def command(name: str, run: Any, about: str, parent: argparse.ArgumentParser) -> argparse.ArgumentParser:
        subparser = commands.add_parser(name, help=about, description=about, parents=[parent])
        subparser.set_defaults(run=run, parser=subparser)
        return subparser

    extract = command("extract", add.extract, "Print the attributed quotes of articles; nothing is stored.", plain)
    extract.add_argument("files", nargs="+", metavar="FILE", help=".txt, .json, .jsonl, .html, a folder, or -")
    extract.add_argument(
        "--indirect", action="store_true", help="also print statements in the reporter's words, without quotation marks"
    )
    index = command("index", add.index, "Extract the quotes of articles and add them to the archive.", adding)
    index.add_argument("files", nargs="+", metavar="FILE", help=".txt, .json, .jsonl, .html, a folder, or -")
    imported = command("import", add.import_quotes, "Add ready-made quotes to the archive.", adding)
    imported.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="JSONL, a JSON list, CSV or TSV, also compressed (docs/articles.md has the fields); - for standard input",
    )
    imported.add_argument(
        "--map",
        action="append",
        metavar="COLUMN=FIELD",
        help="the field of a quote that a column means; without FIELD the column is left out; repeatable",
    )
    imported.add_argument(
        "--yes", action="store_true", help="do not ask whether guessed columns are right; required without a terminal"
    )
    search = command("search", ask.search, "Search quotes; docs/query-language.md describes WORDS.", reading)
    _add_query(search)
    search.add_argument("--facets", action="append", metavar="NAMES", help=f"count by {', '.join(FACETS)}")
    search.add_argument(
        "--facet-size", type=terminal.positive, metavar="N", help=f"at most N values of each, up to {MAX_FACET:,}"
    )
    search.add_argument("--collapse", choices=COLLAPSES, default="none", help="show only the best hit of each group")
    search.add_argument(
        "--limit", type=int, default=DEFAULT_LIMIT, metavar="N", help=f"at most N quotes, up to {MAX_LIMIT:,}"
    )
    search.add_argument("--cursor", metavar="CURSOR", help="continue after a page: its next_cursor")
    search.add_argument("--format", choices=tuple(ROW_FORMATS), help="print rows of data instead of text")
    exported = command("export", export.run, "Write every quote of a search, as rows of data.", stored)
    _add_query(exported)
    export.declare(exported)
    verify = command(
        "verify",
        ask.verify,
        "Check whether somebody said that; exit code 0 only for an exact or near match.",
        reading,
    )
    verify.add_argument("text", nargs="+", metavar="WORDS", help="the remembered quote")
    verify.add_argument("--speaker", metavar="NAME", help="the claimed speaker: an id, or any spelling of a name")
    verify.add_argument(
        "--receipt", metavar="FILE", help="write the verdict with its evidence to a file, for `quoth recheck`"
    )
    checks = check.declare(command, reading)
    speakers = command("speakers", ask.speakers, "List the speakers, the most quoted first.", reading)
    speakers.add_argument("prefix", nargs="?", metavar="NAME", help="a prefix of a name, in any spelling")
    speakers.add_argument("--limit", type=int, default=DEFAULT_LIMIT, metavar="N", help="at most N speakers")
    speakers.add_argument("--by", choices=PERIODS, help="a table of their quotes by time")
    speakers.add_argument("--format", choices=("csv",), help="print a table for a spreadsheet instead of text")
    show = command("show", ask.show, "Show one quote in its context, or cite it.", reading)
    show.add_argument("id", metavar="ID", help="the id of a quote (q_…)")
    show.add_argument("--format", choices=tuple(citation.FORMATS), help="cite it in this format")
    stats = command("stats", ask.stats, "Print the contents of the archive, in numbers.", reading)
    for query in (search, exported, verify, *checks, speakers, show, stats):
        query.add_argument(
            "--as-of",
            type=terminal.generation,
            metavar="GENERATION",
            help="query a past generation that `quoth history` lists, or a tag (default: the newest)",
        )
    backfill.declare(commands, reading)
    maintain.declare(command, reading)
    tags.declare(command, reading)
    reports.declare(command, reading)
    slack.declare(commands, reading)
    serve = command(
        "serve",
        ask.serve,
        "Serve the pages and the HTTP API on this machine, with the functions that Lambda runs.",
        stored,
    )
    serve.add_argument("--port", type=int, metavar="PORT", default=PORT, help="the port (default: %(default)s)")
    serve.add_argument(
        "--host",
        metavar="ADDRESS",
        default=HOST,
        help="the address to listen on (default: %(default)s); on 0.0.0.0 others can read and change the archive",
    )
    serve.add_argument(
        "--allow-origin",
        action="append",
        metavar="ORIGIN",
        help="the pages of this origin may ask, such as https://example.org; * for every page; repeatable",
    )
    serve.add_argument(
        "--public-url",
        metavar="URL",
        help="the address of the pages behind a proxy of yours, for cards and embeds (default: that of this server)",
    )
    mcp = command("mcp", ask.mcp, "Answer an agent over standard input and output (docs/agents.md).", stored)
    mcp.add_argument(
        "--public-url",
        metavar="URL",
        default="",
        help="the address of the archive's pages, for quotes whose article has no address",
    )
    completion.declare(command)
    return parser


def _add_query(command: argparse.ArgumentParser) -> None:
    """Add the words, the filters and the order of a search to a command."""
    command.add_argument(
        "q",
        nargs="*",
        metavar="WORDS",
        help="words, “phrases”, -word, prefix*, a OR b, speaker:name; without words: the newest quotes",
    )
    for name, row in FILTERS.items():
        _add_filter(command, name, row)
    command.add_argument("--sort", choices=SORTS, help="default: relevance, or newest without words")
    command.add_argument(
        "--fuzzy", choices=FUZZIES, default="auto", help="off: match no word within one typo of one that no quote has"
    )
    command.add_argument(
        "--match", choices=MATCHES, default="best", help="all: every word must be in the text of the quote"
    )


def _add_filter(command: argparse.ArgumentParser, name: str, row: Filter) -> None:
    """Add the option of a search filter to a command."""
    option = f"--{parameter(name).replace('_', '-')}"
    about = row.description[0].lower() + row.description[1:].rstrip(".")
    match row.kind:
        case "names" | "words":
            values = f": {', '.join(row.words)}" if row.words else ""
            command.add_argument(
                option, dest=name, action="append", metavar=parameter(name).upper(), help=f"{about}{values}; repeatable"
            )
        case "moment":
            command.add_argument(option, dest=name, type=timestamps.as_iso, metavar="DATE", help=about)
        case "share":
            command.add_argument(option, dest=name, type=float, metavar="P", help=f"0 to 1: {about}")
