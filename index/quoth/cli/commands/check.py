"""The commands that check drafts and receipts: check, recheck."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tqdm import tqdm

import quoth
from quoth.answers import build
from quoth.checking.formats import FORMATS as INPUTS
from quoth.cli import render
from quoth.cli.commands.maintain import CommandFactory
from quoth.cli.terminal import (
    BAD_USAGE,
    DONE,
    NOT_CONFIRMED,
    fail,
    is_coloured,
    open_existing,
    open_generation,
    print_json,
)
from quoth.engine.searcher import VerifyResult
from quoth.errors import BadInput, BadQuery
from quoth.ingest.formats import sources, strict_json

ENGINE = f"quoth {quoth.__version__}"
FORMATS = ("text", "md", "html")

_STANDARD_INPUT = "standard input"


def declare(command: CommandFactory, parent: argparse.ArgumentParser) -> tuple[argparse.ArgumentParser, ...]:
    """Add the commands of this module; return those that can query a past generation."""
    drafts = command(
        "check",
        check,
        "Verify every quote of a draft; exit code 0 only if all are confirmed or settled by hand.",
        parent,
    )
    drafts.add_argument(
        "drafts", nargs="+", metavar="DRAFT", help="text, Markdown, HTML or ninjs; - for standard input"
    )
    drafts.add_argument("--format", choices=FORMATS, default="text", help="of the report (default: %(default)s)")
    drafts.add_argument(
        "--input", choices=INPUTS, help="the format of the drafts (default: by the name of the file, else by its text)"
    )
    drafts.add_argument(
        "--ignore",
        action="append",
        metavar="FILE",
        help="quotes that are settled by hand: an id (c_…) or the words of a quote a line; # begins a comment; "
        "repeatable",
    )
    drafts.add_argument(
        "--without",
        action="append",
        metavar="PUBLISHER",
        help="leave out the quotes of this publisher, as those of the draft itself always are; repeatable",
    )
    receipts = command(
        "recheck",
        recheck,
        "Hold receipts of `quoth verify --receipt` against the archive; exit code 0 only if every verdict still "
        "stands.",
        parent,
    )
    receipts.add_argument("receipts", nargs="+", metavar="FILE", help="a receipt; - for standard input")
    return (drafts,)


def check(options: argparse.Namespace) -> int:
    """Print the report on drafts; exit code 0 only if every quote is confirmed or settled by hand."""
    from quoth.answers.reports import markdown, page, text
    from quoth.checking import drafts  # with the extraction, which no other command here needs

    try:
        settled = [line for name in options.ignore or () for line in _settled(name)]
    except BadInput as error:
        return fail(str(error), BAD_USAGE)
    archive = open_generation(options)
    code, reports = DONE, []
    for name in options.drafts:
        source = sources.named(name, _STANDARD_INPUT)
        try:
            draft = drafts.read(_read(name), options.input, "" if name == "-" else name)
            with _bar() as bar:
                report = archive.check(draft, without=options.without or (), begin=bar.reset, done=bar.update)
        except BadInput as error:
            code = fail(str(error.at(source.name)), BAD_USAGE)
            continue
        report = report.ignoring(settled)
        code = code if report.is_confirmed else code or NOT_CONFIRMED
        if options.json:
            print_json({"draft": source.name, **build.to_json(build.check(report))})
        reports.append((source.name, report))
    if not options.json and reports:
        match options.format:
            case "md":
                print(markdown.write(reports), end="")
            case "html":
                print(page.write(reports), end="")
            case _:
                print(text.write(reports, render.bold if is_coloured() else str), end="")
    return code


def recheck(options: argparse.Namespace) -> int:
    """Hold receipts against the archive as it is; exit code 0 only if every verdict still stands."""
    from quoth.checking import receipts

    archive = open_existing(options)
    code = DONE
    for name in options.receipts:
        try:
            receipt = receipts.from_bytes(_read(name))
        except BadInput as error:
            code = fail(str(error.at(sources.named(name, _STANDARD_INPUT).name)), BAD_USAGE)
            continue
        result = archive.verify(receipt.question.text, receipt.question.speaker)
        told = receipts.recheck(receipt, result, archive.get, ENGINE)
        code = code if told.standing == "still_so" else code or NOT_CONFIRMED
        if options.json:
            answer = build.to_json(build.verification(result))
            print_json({"receipt": name, "standing": told.standing, "why": told.why, "verification": answer})
        else:
            print(render.recheck(name, told, colour=is_coloured()))
    return code


def write_receipt(name: str, result: VerifyResult) -> None:
    """Write the receipt of a verdict to a file; raises `BadQuery` if that is not possible."""
    from quoth.checking import receipts

    receipt = receipts.issue(result, ENGINE, datetime.now(UTC).replace(microsecond=0))
    try:
        Path(name).write_bytes(receipts.to_bytes(receipt))
    except OSError as error:
        raise BadQuery("--receipt", f"{name} cannot be written: {error.strerror}") from error


def _settled(name: str) -> list[str]:
    from quoth.checking import report

    try:
        return report.settled_lines(strict_json.decode(_read(name)))
    except BadInput as error:
        raise error.at(name) from None


def _read(name: str) -> bytes:
    source = sources.named(name, _STANDARD_INPUT)
    try:
        with sources.opened(source) as file:
            return sources.whole(file, lambda _: None)
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}") from None


def _bar() -> tqdm[Any]:
    return tqdm(total=0, desc="checking", unit=" quotes", disable=None, leave=False)
