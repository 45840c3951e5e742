"""The maintenance commands: withdraw, compact, collect, history, rollback, restore, reindex, scrub, doctor.

Each may be stopped at any moment and run again: finished work stays, and the archive is consistent in between.
"""

from __future__ import annotations

import argparse
import math
import platform
import sys
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import quoth
from quoth.archive import Archive
from quoth.cli import render
from quoth.cli.render import Generation
from quoth.cli.terminal import (
    BAD_USAGE,
    DONE,
    SOME_REFUSED,
    agrees,
    fail,
    open_archive,
    open_existing,
    positive,
    print_json,
    steps,
)
from quoth.errors import Damaged, NotFound
from quoth.storage import history, snapshot
from quoth.storage import manifest as manifests
from quoth.storage.history import ManifestCopy, Tag
from quoth.storage.maintenance import checkup, rollback
from quoth.storage.manifest import Manifest
from quoth.storage.stores.protocol import StoredObject
from quoth.text import timestamps

Run = Callable[[argparse.Namespace], int]

_HIGHEST_ABOVE = 10**9

_HARMLESS = "Stopping it at any moment is harmless; running it again continues."


class CommandFactory(Protocol):
    """Makes the parser of a command; see parser.py."""

    def __call__(self, name: str, run: Run, about: str, parent: argparse.ArgumentParser) -> argparse.ArgumentParser: ...


def declare(command: CommandFactory, parent: argparse.ArgumentParser) -> None:
    """Add the commands of this module; `parent` has --store and --json."""

    def add(
        name: str,
        run: Callable[[Archive, argparse.Namespace], int],
        about: str,
        opened: Callable[[argparse.Namespace], Archive] = open_existing,
    ) -> argparse.ArgumentParser:
        subparser = command(name, lambda options: run(opened(options), options), about, parent)
        subparser.epilog = _HARMLESS
        return subparser

    subparser = add(
        "withdraw",
        _withdraw,
        "Withdraw an article or a ready-made quote, so that no search finds it any more.",
        open_archive,  # may begin an archive, as an addition: a withdrawal in advance is one
    )
    subparser.add_argument(
        "name", metavar="NAME", help="an article's id or URL, or a key (a_…); of a ready-made quote its id (q_…)"
    )
    subparser.add_argument(
        "--version",
        type=positive,
        metavar="N",
        help="the highest version to withdraw (default: the current one); a later, higher version is accepted",
    )
    command(
        "doctor",
        lambda options: _doctor(open_existing(options), options),
        "Say which version runs on which archive, and what would make searches faster; exit code 0 if nothing would.",
        parent,
    )
    subparser = add("compact", _compact, "Merge small segments, and drop retired quotes from their files.")
    subparser.add_argument(
        "--erase",
        action="store_true",
        help="also write every file again that still has words of a withdrawn or replaced quote, "
        "and break the tags that hold withdrawn ones",
    )
    subparser = add(
        "collect",
        _collect,
        "Delete files that no kept generation needs. Files younger than an hour are never deleted.",
    )
    subparser.add_argument("--dry-run", action="store_true", help="only report what would be deleted")
    subparser.add_argument(
        "--days",
        type=days,
        default=history.DAYS,
        metavar="N",
        help="keep past generations for N days: all for an hour, then the last of each hour for a day, then the last "
        f"of each day (default: {history.DAYS:g})",
    )
    subparser = add("history", _history, "List the past generations that are kept, oldest first.")
    subparser.add_argument("--long", action="store_true", help="also the contents of each, at one request each")
    subparser = add("rollback", _rollback, "Restore a past generation, as the newest generation.")
    subparser.add_argument(
        "generation", type=positive, metavar="GENERATION", help="a generation that `quoth history` lists"
    )
    subparser.add_argument(
        "--yes", action="store_true", help="do not ask for confirmation; required without a terminal"
    )
    subparser.add_argument("--days", type=days, default=history.DAYS, metavar="N", help="as for `quoth collect`")
    subparser.add_argument(
        "--restore-withdrawn",
        action="store_true",
        help="also restore what was withdrawn since; it stays withdrawn else",
    )
    subparser = add(
        "restore", _restore, "Restore a lost or damaged manifest.json from a saved one, as the newest generation."
    )
    subparser.add_argument(
        "file", metavar="FILE", help="a good manifest: an old version of manifest.json, a backup, or a copy in history/"
    )
    subparser.add_argument(
        "--above",
        type=_reachable,
        default=0,
        metavar="GENERATION",
        help="the highest generation that a reader has served; needed only if the history is lost too, and the error "
        "of that reader names it",
    )
    subparser = add(
        "reindex",
        _reindex,
        "Carry the archive over into a new store, from its originals: after the analysis of text has changed.",
    )
    subparser.add_argument(
        "--into",
        required=True,
        metavar="STORE",
        help="the new store; an interrupted run is continued",
    )
    add("scrub", _scrub, "Read every file and check it against its hashes; exit code 1 if any is damaged.")


def days(text: str) -> float:
    """Parse an argument that is a number of days."""
    with suppress(ValueError):
        if 0 <= (days := float(text)) < math.inf:
            return days
    raise argparse.ArgumentTypeError(f"must be a number of days of at least 0, not {text!r}")


def _reachable(text: str) -> int:
    # The number of a generation has twelve digits in the names of the history; a typing error must not use them up.
    if (generation := positive(text)) > _HIGHEST_ABOVE:
        raise argparse.ArgumentTypeError(f"must be at most {_HIGHEST_ABOVE:,}, not {text!r}")
    return generation


def _withdraw(archive: Archive, options: argparse.Namespace) -> int:
    outcome = archive.withdraw(options.name, options.version)
    tags = [tag.name for tag in archive.holding(outcome.key, outcome.version)]
    if options.json:
        members = {"key": outcome.key, "version": outcome.version, "verdict": outcome.verdict, "tags": tags}
        print_json({**members, "store": archive.store.uri})
    else:
        print(render.withdrawn(outcome.key, outcome.version, outcome.verdict))
        if tags:
            print(f"its words stay in what is tagged {', '.join(tags)}, until `quoth compact --erase` breaks the tags")
    return SOME_REFUSED if outcome.verdict == "superseded" else DONE


def _compact(archive: Archive, options: argparse.Namespace) -> int:
    broken: list[Tag] = []
    with steps("compacting", "merges") as bar:
        merges = archive.compact(lambda _: bar.update(), erase=options.erase, broken=broken.append)
    newest = _generation(snapshot.load(archive.store).manifest)
    if options.json:
        outcome = {"merges": merges, "broken_tags": [tag.name for tag in broken], "generation": newest.number}
        print_json({**outcome, **_counts(newest), "store": archive.store.uri})
    else:
        print(render.compacted(merges, newest))
        for tag in broken:
            print(f"broken: the tag {tag.name} of generation {tag.generation}, which has words of what was withdrawn")
    return DONE


def _collect(archive: Archive, options: argparse.Namespace) -> int:
    with steps("listing" if options.dry_run else "deleting", "objects") as bar:
        report = archive.collect(days=options.days, dry_run=options.dry_run, done=bar.update)
    if options.json:
        objects = {"dry_run": options.dry_run, "deleted": _sum(report.deleted), "kept": _sum(report.kept)}
        scope = {"generations": report.generations, "is_complete": report.is_complete}
        print_json({**objects, **scope, "store": archive.store.uri})
    else:
        print(render.collected(report, dry_run=options.dry_run))
    return DONE


def _doctor(archive: Archive, options: argparse.Namespace) -> int:
    """Print what runs on which archive, how long a search takes, and what would make it faster."""
    newest = snapshot.load(archive.store).manifest
    took = [_timed(lambda: archive.search(limit=1)) for _ in range(2)]
    advice = list(checkup.advice(newest))
    versions = {"quoth": quoth.__version__, "python": platform.python_version()}
    if options.json:
        told = {"first_search_ms": took[0], "next_search_ms": took[1], "advice": advice, "store": archive.store.uri}
        print_json({**versions, "generation": newest.generation, **_counts(_generation(newest)), **told})
    else:
        print(render.doctor(versions, archive.store.uri, _generation(newest), took, advice))
    return SOME_REFUSED if advice else DONE


def _timed(search: Callable[[], object]) -> int:
    """Return the milliseconds that a call takes."""
    began = time.perf_counter()
    search()
    return round((time.perf_counter() - began) * 1000)


def _sum(entries: Collection[StoredObject]) -> dict[str, int]:
    return {"objects": len(entries), "bytes": sum(entry.size for entry in entries)}


def _history(archive: Archive, options: argparse.Namespace) -> int:
    # A lost race leaves a second copy of a generation: the last one counts, as for a rollback.
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
    manifest = None
    if read:
        with suppress(NotFound):  # a collector has deleted it since
            manifest = history.read_copy(archive.store, copy)
    return Generation(copy.generation, replaced) if manifest is None else _generation(manifest, replaced)


def _generation(manifest: Manifest, replaced: datetime | None = None) -> Generation:
    size = sum(segment.size for segment in manifest.segments)
    return Generation(manifest.generation, replaced, manifest.quotes, len(manifest.segments), size)


def _as_json(generation: Generation) -> dict[str, Any]:
    replaced = timestamps.to_rfc3339(generation.replaced)
    return {"generation": generation.number, "replaced": replaced, **_counts(generation)}


def _counts(generation: Generation) -> dict[str, int | None]:
    return {"quotes": generation.quotes, "segments": generation.segments, "bytes": generation.bytes}


def _rollback(archive: Archive, options: argparse.Namespace) -> int:
    current = snapshot.load(archive.store).manifest
    newest, older = _generation(current), _generation(history.find_generation(archive.store, options.generation))
    is_newest = older.number == newest.number
    kept = None if options.restore_withdrawn else len(rollback.withdrawn_after(current, older.number))
    if not (options.yes or is_newest):
        if not sys.stdin.isatty():
            return fail("rollback asks for confirmation; without a terminal, pass --yes", BAD_USAGE)
        if not agrees(render.rollback_question(older, newest, kept)):
            return fail("nothing was changed", SOME_REFUSED)
    result = newest.number
    if not is_newest:
        result = archive.rollback(older.number, days=options.days, restore_withdrawn=options.restore_withdrawn)
    if options.json:
        outcome = {"generation": result, "holds": older.number, "before": newest.number, "withdrawals_kept": kept or 0}
        print_json({**outcome, "store": archive.store.uri})
    else:
        print(render.rolled_back(older, newest, result, kept))
    return DONE


def _restore(archive: Archive, options: argparse.Namespace) -> int:
    try:
        saved = manifests.from_bytes(Path(options.file).read_bytes())
    except OSError as error:
        return fail(f"cannot read {options.file}: {error.strerror}", BAD_USAGE)
    except Damaged as error:
        return fail(f"{options.file} is not a good manifest: {error}", BAD_USAGE)
    result = archive.restore(saved, above=options.above)
    if options.json:
        print_json({"generation": result, "holds": saved.generation, "store": archive.store.uri})
    else:
        print(render.restored(_generation(saved), result))
    return DONE


def _reindex(archive: Archive, options: argparse.Namespace) -> int:
    into = quoth.open(options.into)
    if into.store.uri == archive.store.uri:
        return fail("an archive cannot be carried over into itself; name a new store", BAD_USAGE)
    with steps("indexing", "originals") as bar:
        report = archive.reindex(into, bar.reset, bar.update)
    newest = _generation(snapshot.load(into.store).manifest)
    if options.json:
        print_json({**asdict(report), "generation": newest.number, **_counts(newest), "store": into.store.uri})
    else:
        print(render.reindexed(report, newest, into.store.uri))
    return SOME_REFUSED if report.missing else DONE


def _scrub(archive: Archive, options: argparse.Namespace) -> int:
    with steps("reading", "objects") as bar:
        report = archive.scrub(bar.update)
    if options.json:
        members = asdict(report) | {"findings": [finding._asdict() for finding in report.findings]}
        print_json({**members, "ids": f"{report.ids:016x}", "store": archive.store.uri})
    else:
        print(render.scrubbed(report))
    return SOME_REFUSED if report.findings else DONE
