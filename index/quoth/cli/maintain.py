"""The commands of who looks after an archive: withdraw, compact, collect, history, rollback, scrub.

Each may be stopped at any moment, and run again: what it has done is done, and the archive is whole in between.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Protocol

from quoth.archive import Archive
from quoth.cli import render
from quoth.cli.render import Generation
from quoth.cli.terminal import BAD_USAGE, DONE, SOME_REFUSED, fail, positive, print_json, steps
from quoth.errors import NotFound
from quoth.storage import history, snapshot
from quoth.storage.history import ManifestCopy
from quoth.storage.maintenance import garbage
from quoth.storage.manifest import Manifest
from quoth.storage.stores.protocol import StoredObject
from quoth.text import timestamps

Run = Callable[[argparse.Namespace], int]

_HARMLESS = "Stopping it at any moment is harmless; running it again goes on."


class CommandFactory(Protocol):
    """Makes the parser of a command; see cli.py."""

    def __call__(self, name: str, run: Run, about: str, parent: argparse.ArgumentParser) -> argparse.ArgumentParser: ...


def declare(
    command: CommandFactory, parent: argparse.ArgumentParser, open_archive: Callable[[argparse.Namespace], Archive]
) -> None:
    """Add the commands of this module; `parent` has --store and --json, `open_archive` opens what they name."""

    def add(name: str, run: Callable[[Archive, argparse.Namespace], int], about: str) -> argparse.ArgumentParser:
        made = command(name, lambda options: run(open_archive(options), options), about, parent)
        made.epilog = _HARMLESS
        return made

    made = add("withdraw", _withdraw, "Take back an article or a ready-made quote: nothing of it is found any more.")
    made.add_argument(
        "name", metavar="NAME", help="an article's id or URL, or a key (a_…, or q_… of a ready-made quote)"
    )
    made.add_argument(
        "--version",
        type=positive,
        metavar="N",
        help="the highest version to take back (default: the one that stands); a higher one may come and be found",
    )
    add("compact", _compact, "Merge small segments, and leave out of their files what can no longer be found.")
    made = add(
        "collect",
        _collect,
        "Delete the files that no kept generation needs. What is younger than an hour is never touched.",
    )
    made.add_argument("--dry-run", action="store_true", help="only say what would be deleted")
    made.add_argument(
        "--days",
        type=_days,
        default=garbage.DAYS,
        metavar="N",
        help="keep past generations for N days: all for an hour, then the last of each hour for a day, then the last "
        f"of each day (default: {garbage.DAYS:g})",
    )
    made = add("history", _history, "List the past generations that are kept, oldest first.")
    made.add_argument("--long", action="store_true", help="with what each of them holds, at one request each")
    made = add("rollback", _rollback, "Make the archive what it was in a past generation, as its newest generation.")
    made.add_argument("generation", type=positive, metavar="GENERATION", help="one that `quoth history` lists")
    made.add_argument("--yes", action="store_true", help="do not ask; needed where there is no terminal to ask on")
    made.add_argument("--days", type=_days, default=garbage.DAYS, metavar="N", help="as you say it to `quoth collect`")
    add("scrub", _scrub, "Read every file and hold it against what vouches for it; exit code 1 when one is damaged.")


def _days(text: str) -> float:
    with suppress(ValueError):
        if 0 <= (days := float(text)) < math.inf:
            return days
    raise argparse.ArgumentTypeError(f"must be a number of days from 0 on, not {text!r}")


def _withdraw(archive: Archive, options: argparse.Namespace) -> int:
    became = archive.withdraw(options.name, options.version)
    if options.json:
        told = {"key": became.key, "version": became.version, "verdict": became.verdict}
        print_json({**told, "store": archive.store.uri})
    else:
        print(render.withdrawn(became.key, became.version, became.verdict))
    return SOME_REFUSED if became.verdict == "superseded" else DONE


def _compact(archive: Archive, options: argparse.Namespace) -> int:
    with steps("compacting", "merges") as bar:
        merges = archive.compact(bar.update)
    newest = _generation(snapshot.load(archive.store).manifest)
    if options.json:
        print_json({"merges": merges, "generation": newest.number, **_held(newest), "store": archive.store.uri})
    else:
        print(render.compacted(merges, newest))
    return DONE


def _collect(archive: Archive, options: argparse.Namespace) -> int:
    with steps("looking" if options.dry_run else "deleting", "objects") as bar:
        collected = archive.collect(days=options.days, dry_run=options.dry_run, done=bar.update)
    if options.json:
        what = {"dry_run": options.dry_run, "deleted": _sum(collected.deleted), "kept": _sum(collected.kept)}
        whole = {"generations": collected.generations, "is_complete": collected.is_complete}
        print_json({**what, **whole, "store": archive.store.uri})
    else:
        print(render.collected(collected, dry_run=options.dry_run))
    return DONE


def _sum(entries: Collection[StoredObject]) -> dict[str, int]:
    return {"objects": len(entries), "bytes": sum(entry.size for entry in entries)}


def _history(archive: Archive, options: argparse.Namespace) -> int:
    # A lost race leaves a second copy of a generation: the last one counts, as it does for a rollback.
    copies = {copy.generation: copy for copy in archive.history()}
    newest = _generation(snapshot.load(archive.store).manifest)
    past = [_past(archive, copy, read=options.long) for copy in copies.values() if copy.generation < newest.number]
    if options.json:
        print_json({"generations": [_as_json(g) for g in past], "newest": _as_json(newest), "store": archive.store.uri})
    else:
        print(render.generations(past, newest))
    return DONE


def _past(archive: Archive, copy: ManifestCopy, *, read: bool) -> Generation:
    replaced = datetime.fromtimestamp(int(copy.modified), UTC)
    held = None
    if read:
        with suppress(NotFound):  # a collector was quicker
            held = history.read_copy(archive.store, copy)
    return Generation(copy.generation, replaced) if held is None else _generation(held, replaced)


def _generation(held: Manifest, replaced: datetime | None = None) -> Generation:
    size = sum(segment.size for segment in held.segments)
    return Generation(held.generation, replaced, held.quotes, len(held.segments), size)


def _as_json(one: Generation) -> dict[str, Any]:
    return {"generation": one.number, "replaced": timestamps.to_rfc3339(one.replaced), **_held(one)}


def _held(one: Generation) -> dict[str, int | None]:
    return {"quotes": one.quotes, "segments": one.segments, "bytes": one.bytes}


def _rollback(archive: Archive, options: argparse.Namespace) -> int:
    newest = _generation(snapshot.load(archive.store).manifest)
    older = _generation(history.find_generation(archive.store, options.generation))
    is_newest = older.number == newest.number
    if not (options.yes or is_newest):
        if not sys.stdin.isatty():
            return fail("rollback asks before it goes on; where there is no terminal to ask on, say --yes", BAD_USAGE)
        if not _agrees(render.rollback_question(older, newest)):
            return fail("nothing was changed", SOME_REFUSED)
    became = newest.number if is_newest else archive.rollback(older.number, days=options.days)
    if options.json:
        print_json({"generation": became, "holds": older.number, "before": newest.number, "store": archive.store.uri})
    else:
        print(render.rolled_back(older, newest, became))
    return DONE


def _agrees(question: str) -> bool:
    """Ask on the error output, since the answer of the command belongs on the other one."""
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _scrub(archive: Archive, options: argparse.Namespace) -> int:
    with steps("reading", "objects") as bar:
        scrubbed = archive.scrub(bar.update)
    if options.json:
        told = asdict(scrubbed) | {"findings": [finding._asdict() for finding in scrubbed.findings]}
        print_json({**told, "ids": f"{scrubbed.ids:016x}", "store": archive.store.uri})
    else:
        print(render.scrubbed(scrubbed))
    return SOME_REFUSED if scrubbed.findings else DONE
