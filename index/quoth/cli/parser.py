"""What may be typed: the commands, their arguments and their help."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING, Any

import quoth
from quoth import citation
from quoth.cli import add, ask, maintain, terminal
from quoth.engine.query.request import (
    COLLAPSES,
    DEFAULT_LIMIT,
    DEFAULT_TYPES,
    FACETS,
    MAX_LIMIT,
    SORTS,
    STATUSES,
    TYPES,
)

if TYPE_CHECKING:
    pass


def build() -> argparse.ArgumentParser:
    """Return the parser of the whole command line; `options.run` is the command that was typed."""
    parser = argparse.ArgumentParser(prog="quoth", description="Who said it, where, and how do we know?")
    parser.add_argument("--version", action="version", version=f"quoth {quoth.__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    plain = argparse.ArgumentParser(add_help=False)
    plain.add_argument("--json", action="store_true", help="print JSON, one value a line")
    stored = argparse.ArgumentParser(add_help=False)
    stored.add_argument(
        "--store",
        default=os.environ.get("QUOTH_STORE") or terminal.default_store(),
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

    extract = command("extract", add.extract, "Print the attributed quotes of articles; nothing is stored.", plain)
    extract.add_argument("files", nargs="+", metavar="FILE", help=".txt, .json, .jsonl, a folder, or - for a text")
    extract.add_argument(
        "--indirect", action="store_true", help="also what somebody said in the reporter's words, without marks"
    )
    index = command("index", add.index, "Extract the quotes of articles and add them to the archive.", adding)
    index.add_argument("files", nargs="+", metavar="FILE", help=".txt, .json, .jsonl, a folder, or - for a text")
    imported = command("import", add.import_quotes, "Add ready-made quotes to the archive.", adding)
    imported.add_argument(
        "files", nargs="+", metavar="FILE", help="JSONL with text, speaker, and what else is known; - for stdin"
    )
    search = command("search", ask.search, "Find quotes: see docs/query-language.md for what WORDS may be.", reading)
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
        "verify",
        ask.verify,
        "Say whether somebody said that; exit code 0 only if so, word for word or nearly.",
        reading,
    )
    verify.add_argument("text", nargs="+", metavar="WORDS", help="what somebody is said to have said")
    verify.add_argument("--speaker", metavar="NAME", help="who is said to have said it: an id, or any spelling")
    speakers = command("speakers", ask.speakers, "Say who is quoted, the most quoted first.", reading)
    speakers.add_argument("prefix", nargs="?", metavar="NAME", help="the beginning of a name, in any spelling")
    speakers.add_argument("--limit", type=int, default=DEFAULT_LIMIT, metavar="N", help="at most N speakers")
    show = command("show", ask.show, "Show one quote where it stands, or cite it.", reading)
    show.add_argument("id", metavar="ID", help="of a quote (q_…)")
    show.add_argument("--format", choices=tuple(citation.FORMATS), help="cite it in this format")
    stats = command("stats", ask.stats, "Say what the archive holds.", reading)
    for asking in (search, verify, stats):
        asking.add_argument(
            "--as-of",
            type=terminal.positive,
            metavar="GENERATION",
            help="what a past generation holds, one that `quoth history` lists (default: the newest)",
        )
    maintain.declare(command, reading, terminal.open_archive)
    serve = command(
        "serve", ask.serve, "Answer the HTTP API on this machine, with the functions that Lambda runs.", stored
    )
    serve.add_argument("--port", type=int, default=8000, help="on 127.0.0.1 (default: %(default)s)")
    return parser
