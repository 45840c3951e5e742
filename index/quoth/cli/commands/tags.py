"""The commands for generations that a publication cites: tag, untag, tags."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import Any

from quoth.cli.commands.maintain import CommandFactory, days
from quoth.cli.terminal import DONE, open_existing, positive, print_json
from quoth.storage import history
from quoth.storage.history import Tag
from quoth.text import timestamps

_NEWEST = "newest"


def declare(command: CommandFactory, parent: argparse.ArgumentParser) -> None:
    """Add the commands of this module; `parent` has --store and --json."""
    made = command(
        "tag",
        _tag,
        "Keep a generation under a name, for a publication that cites it: --as-of NAME finds it for ever.",
        parent,
    )
    made.add_argument(
        "generation", type=_generation, metavar="GENERATION", help="a generation that `quoth history` lists, or newest"
    )
    made.add_argument("name", metavar="NAME", help="small letters, digits, dots, hyphens and underscores; no number")
    made.add_argument("--days", type=days, default=history.DAYS, metavar="N", help="as for `quoth collect`")
    given_up = command("untag", _untag, "Give a tag up: `quoth collect` may then delete its generation.", parent)
    given_up.add_argument("name", metavar="NAME", help="a tag that `quoth tags` lists")
    command("tags", _tags, "List the tags.", parent)


def _generation(text: str) -> int | None:
    return None if text == _NEWEST else positive(text)


def _tag(options: argparse.Namespace) -> int:
    archive = open_existing(options)
    generation = archive.edition().generation if options.generation is None else options.generation
    tag = archive.tag(generation, options.name, days=options.days)
    if options.json:
        print_json({"tag": tag.name, "generation": tag.generation, "store": archive.store.uri})
    else:
        print(f"tagged: generation {tag.generation} stays as {tag.name} until `quoth untag {tag.name}`")
    return DONE


def _untag(options: argparse.Namespace) -> int:
    archive = open_existing(options)
    archive.untag(options.name)
    if options.json:
        print_json({"untagged": options.name, "store": archive.store.uri})
    else:
        print(f"untagged: {options.name}; `quoth collect` may delete its generation")
    return DONE


def _tags(options: argparse.Namespace) -> int:
    archive = open_existing(options)
    tags = archive.tags()
    if options.json:
        print_json({"tags": [_as_json(tag) for tag in tags], "store": archive.store.uri})
    elif tags:
        print(f"{'tag':<24}  {'generation':>10}  {'tagged (UTC)':<19}  {'quotes':>12}")
        print("\n".join(map(_row, tags)))
    else:
        print("No generation has a tag: `quoth tag GENERATION NAME` makes one.")
    return DONE


def _as_json(tag: Tag) -> dict[str, Any]:
    quotes = None if tag.manifest is None else tag.manifest.quotes
    when = timestamps.to_rfc3339(_moment(tag))
    return {
        "name": tag.name,
        "generation": tag.generation,
        "tagged": when,
        "quotes": quotes,
        "broken_in": tag.broken_in,
        "unfinished": tag.is_unfinished,
    }


def _row(tag: Tag) -> str:
    state = f"broken in generation {tag.broken_in}" if tag.manifest is None else f"{tag.manifest.quotes:>12,}"
    if tag.is_unfinished:
        state = "not finished"
    return f"{tag.name:<24}  {tag.generation:>10}  {_moment(tag):%Y-%m-%d %H:%M:%S}  {state}"


def _moment(tag: Tag) -> datetime:
    return datetime.fromtimestamp(int(tag.tagged or 0), UTC)
