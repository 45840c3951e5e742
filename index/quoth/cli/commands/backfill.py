"""The commands of `quoth backfill`: hand in an archive of articles, and see how far its indexing is."""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import time
import uuid
from collections.abc import Iterator
from typing import Any, NamedTuple

from msgspec.structs import asdict, replace
from tqdm import tqdm

from quoth.answers.labels import count
from quoth.archive import Archive
from quoth.article import Article
from quoth.cli import terminal
from quoth.cli.commands import add
from quoth.cli.terminal import DONE, SOME_REFUSED, open_archive, print_json
from quoth.errors import BadInput, BadQuery, NotFound
from quoth.ingest import backfill
from quoth.ingest.backfill import BackfillProgress, BackfillState, BatchResult
from quoth.ingest.formats import articles as article_files
from quoth.ingest.formats import sources

MACHINE = "QUOTH_BACKFILL_MACHINE"
PRINTED = 20  # refusals; the rest is counted
EVERY = 5.0  # seconds between two looks
WIDTH = 30  # characters of a bar that stands still
_S3 = "s3://"


def declare(commands: Any, reading: argparse.ArgumentParser) -> None:
    """Add the commands to those of `quoth`; `reading` has --store and --json."""
    about = "Index an archive of articles on AWS, by the state machine of template.yaml (docs/backfill.md)."
    group = commands.add_parser("backfill", help=about, description=about)
    choices = group.add_subparsers(title="commands", required=True, metavar="COMMAND")
    told = "Hand in articles and start indexing them; started again, it does what is missing."
    start = choices.add_parser("start", help=told, description=told, parents=[reading])
    start.set_defaults(run=_start)
    start.add_argument(
        "files",
        nargs="*",
        metavar="FILE",
        help="as of `quoth index`, or s3://bucket/prefix of .jsonl objects; none: continue what --name handed in",
    )
    start.add_argument("--name", metavar="NAME", help="the name of the backfill (default: a hash of the names of FILE)")
    start.add_argument(
        "--machine",
        metavar="ARN",
        default=os.environ.get(MACHINE),
        help=f"the state machine: BackfillMachineArn of the stack (default: the environment variable {MACHINE})",
    )
    told = "Say how far a backfill is; without a name, list all."
    status = choices.add_parser("status", help=told, description=told, parents=[reading])
    status.set_defaults(run=_status)
    status.add_argument("name", nargs="?", metavar="NAME", help="the name that `start` has printed")
    status.add_argument("--follow", action="store_true", help="show the progress until the execution ends")


class _Handed(NamedTuple):
    """What was read and stored: the numbers of articles, and of those refused."""

    articles: int
    refused: int


def _start(options: argparse.Namespace) -> int:
    from functions.runtime import executions  # only this command needs Step Functions

    archive = open_archive(options)
    bucket = archive.store.uri.removeprefix(_S3)
    if not archive.store.uri.startswith(_S3):
        raise BadQuery("store", "must be s3://bucket for a backfill; `quoth index` adds to a directory")
    if "/" in bucket:
        raise BadQuery("store", "must be s3://bucket without a prefix: the indexer of the stack reads the whole bucket")
    if not options.machine:
        raise BadQuery("machine", f"is missing: BackfillMachineArn of the stack, or set {MACHINE}")
    if not options.files and not options.name:
        raise BadQuery("name", "is missing: give FILE, or the --name of a backfill to continue")
    name = backfill.check_name(options.name or backfill.name_of(options.files))
    state, tag = backfill.state(archive.store, name)
    if state.executions and executions.look(state.executions[-1]).status == executions.RUNNING:
        raise BadQuery("name", f"{name} is running; see `quoth backfill status {name}`")
    handed = _hand_in(archive, name, options.files) if options.files else _Handed(state.articles, state.refused)
    progress = backfill.progress(archive.store, name)
    if not progress.batches:
        raise NotFound(f"the backfill {name} has no article")
    state = replace(state, articles=handed.articles, refused=handed.refused)
    if progress.missing:
        number = len(state.executions) + 1
        key = backfill.write_run(archive.store, name, number, progress.missing)
        told = {"bucket": bucket, "key": key}
        execution = executions.start(options.machine, f"{name}-{number}-{uuid.uuid4().hex[:8]}", told)
        state = replace(state, executions=(*state.executions, execution))
    backfill.save(archive.store, name, state, tag)
    if options.json:
        print_json(_as_json(name, state, progress, backfill.results(archive.store, progress.done), None))
    elif progress.missing:
        print(f"{name}: {_batches(len(progress.missing))} of {progress.batches:,} started")
        print(f"see `quoth backfill status {name} --follow`")
    else:
        print(f"{name}: all {_batches(progress.batches)} are indexed; nothing is left to do")
    return SOME_REFUSED if handed.refused else DONE


def _hand_in(archive: Archive, name: str, files: list[str]) -> _Handed:
    """Read every article, and store those that are not stored yet, batch by batch."""
    articles = refused = 0
    present = frozenset(backfill.stored(archive.store, name))
    with _reading_bar(files) as bar:

        def usable() -> Iterator[Article]:
            nonlocal refused
            for item in itertools.chain.from_iterable(_read(one, bar) for one in files):
                if isinstance(item, Article):
                    yield item
                    continue
                refused += 1
                if refused <= PRINTED:
                    tqdm.write(terminal.sentence(str(item)), file=sys.stderr)

        for batch in backfill.batches(usable()):
            backfill.keep(archive.store, name, batch, present)
            articles += len(batch)
            bar.set_postfix_str(f"{articles:,} articles")
    if refused > PRINTED:
        terminal.fail(f"{refused - PRINTED:,} more were refused", SOME_REFUSED)
    return _Handed(articles, refused)


def _reading_bar(files: list[str]) -> tqdm[Any]:
    """Return a bar of the bytes of all files; with objects in S3 among them, their number is unknown."""
    if any(name.startswith(_S3) for name in files):
        return tqdm(desc="handing in", unit="B", unit_scale=True, disable=None, leave=False)
    return add.reading_bar(add.texts(files), "handing in")


def _read(name: str, bar: tqdm[Any]) -> Iterator[Article | BadInput]:
    if not name.startswith(_S3):
        yield from add.read_articles(add.texts([name]), bar.update)
        return
    from quoth.storage.stores.s3 import S3Store

    bucket, _, prefix = name.removeprefix(_S3).partition("/")
    inputs = S3Store(bucket)
    found = [key for key in inputs.names(prefix) if key.lower().endswith(article_files.JSONL)]
    if not found:
        yield BadInput("has no .jsonl object", source=name)
    for key in found:
        _, etag, _ = inputs.describe(key)
        with inputs.open(key, etag) as file:
            yield from article_files.read_lines(f"{_S3}{bucket}/{key}", sources.lines(file, bar.update))


def _status(options: argparse.Namespace) -> int:
    store = open_archive(options).store
    if options.name is None:
        names = backfill.names(store)
        for name in names:
            print_json({"name": name}) if options.json else print(name)
        if not names and not options.json:
            print("no backfill was started")
        return DONE
    state, tag = backfill.state(store, options.name)
    if tag is None:
        raise NotFound(f"no backfill has the name {options.name}")
    progress, execution = _look(store, options.name, state)
    if options.follow:
        with tqdm(total=progress.batches, unit="batch", disable=None, leave=False) as bar:
            while execution is not None and execution["status"] == "RUNNING":
                bar.update(len(progress.done) - bar.n)
                time.sleep(EVERY)
                progress, execution = _look(store, options.name, state)
    results = backfill.results(store, progress.done)
    if options.json:
        print_json(_as_json(options.name, state, progress, results, execution))
    else:
        print("\n".join(_lines(options.name, state, progress, results, execution)))
    return DONE


def _look(store: Any, name: str, state: BackfillState) -> tuple[BackfillProgress, dict[str, Any] | None]:
    """Return how far a backfill is, and its last execution."""
    from functions.runtime import executions

    if not state.executions:
        return backfill.progress(store, name), None
    now = executions.look(state.executions[-1])  # first: what it has finished has its result then
    told = {"arn": state.executions[-1], "status": now.status, "cause": now.cause, "batches": dict(now.batches)}
    return backfill.progress(store, name), told


def _as_json(
    name: str,
    state: BackfillState,
    progress: BackfillProgress,
    results: BatchResult,
    execution: dict[str, Any] | None,
) -> dict[str, Any]:
    return {
        "name": name,
        "articles": state.articles,
        "refused_when_read": state.refused,
        "batches": progress.batches,
        "done": len(progress.done),
        "missing": progress.missing[:PRINTED],
        "results": asdict(results),
        "executions": list(state.executions),
        "execution": execution,
    }


def _lines(
    name: str,
    state: BackfillState,
    progress: BackfillProgress,
    results: BatchResult,
    execution: dict[str, Any] | None,
) -> Iterator[str]:
    share = len(progress.done) / max(1, progress.batches)
    bar = "█" * int(share * WIDTH)
    yield f"{name}: {bar:░<{WIDTH}} {share:.0%}, {len(progress.done):,} of {_batches(progress.batches)}"
    told = {name: value for name, value in asdict(results).items() if value and name not in ("articles", "quotes")}
    verdicts = ", ".join(f"{value:,} {name}" for name, value in told.items())
    yield f"{results.articles:,} of {count(state.articles, 'article')}" + (f": {verdicts}" if verdicts else "")
    yield count(results.quotes, "quote")
    if execution is not None:
        counts = ", ".join(f"{number:,} {name}" for name, number in execution["batches"].items() if number)
        yield f"execution {len(state.executions)}: {execution['status'].lower()}" + (f"; {counts}" if counts else "")
        if execution["cause"]:
            yield f"cause: {execution['cause']}"
        if execution["status"] != "RUNNING" and progress.missing:
            missing = _batches(len(progress.missing))
            yield f"{missing} missing: `quoth backfill start --name {name}` starts them again"


def _batches(number: int) -> str:
    return "1 batch" if number == 1 else f"{number:,} batches"
