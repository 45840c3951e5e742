"""The commands of `quoth slack`: set the Slack app up, and see its cards without Slack."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from typing import Any

from quoth.cli.render import bold
from quoth.cli.terminal import DONE, is_coloured, open_existing, print_json
from quoth.errors import QuothError


def declare(commands: Any, reading: argparse.ArgumentParser) -> None:
    """Add the commands to those of `quoth`; `reading` has --store and --json."""
    about = "Set up the Slack app, or show what it would answer."
    slack = commands.add_parser("slack", help=about, description=about)
    choices = slack.add_subparsers(title="commands", required=True, metavar="COMMAND")
    told = (
        "Print the manifest of the Slack app (version 2), for https://api.slack.com/apps; docs/slack.md has the steps."
    )
    manifest = choices.add_parser("manifest", help=told, description=told)
    manifest.set_defaults(run=_manifest)
    manifest.add_argument("--url", required=True, metavar="URL", help="the address of the API, https://…")
    manifest.add_argument("--pages", metavar="URL", help="the address of the pages, if they have one that readers know")
    manifest.add_argument("--name", default="Quoth", metavar="NAME", help="the name of the app (default: %(default)s)")
    manifest.add_argument("--link", action="store_true", help="print the address that makes the app in one click")
    told = "Show the card that /quote TEXT would get, here and as a link to Slack's Block Kit Builder; nothing is sent."
    simulate = choices.add_parser("simulate", help=told, description=told, parents=[reading])
    simulate.set_defaults(run=_simulate)
    simulate.add_argument("text", nargs="*", metavar="TEXT", help="the text after /quote")
    simulate.add_argument("--pages", default="", metavar="URL", help="link to the quotes' pages at this address")


def _manifest(options: argparse.Namespace) -> int:
    from functions.slack import manifest  # functions/ imports the library; only its commands import functions/

    made = manifest.manifest(options.url, options.pages, options.name)
    print(manifest.link(made) if options.link else json.dumps(made, indent=2))
    return DONE


def _simulate(options: argparse.Namespace) -> int:
    from functions.slack import conversation, manifest
    from functions.slack.turn import SlackTurn

    archive = open_existing(options)
    talk = conversation.Conversation(archive, options.pages.rstrip("/"), ("a simulation",), lambda *_: True)
    try:
        (message,) = talk.answer(SlackTurn("", " ".join(options.text)))
    except QuothError as error:
        if conversation.explained(error) is None:
            raise
        message = conversation.problem(error, "", is_command=True)
    blocks = message["blocks"]
    if options.json:
        print_json(message)
    else:
        print("\n".join([*_lines(blocks, colour=is_coloured()), "", manifest.builder_link(blocks)]))
    return DONE


def _lines(blocks: list[dict[str, Any]], *, colour: bool) -> Iterator[str]:
    """Yield a card as a terminal shows it; every text is one line already."""
    for block in blocks:
        if block["type"] == "rich_text":
            for part in block["elements"]:
                mark = "┃ " if part["type"] == "rich_text_quote" else ""
                yield mark + "".join(_shown(element, colour) for element in part["elements"])
        elif block["type"] == "actions":
            yield " ".join(f"[{element['text']['text']}]" for element in block["elements"])
            yield ""


def _shown(element: dict[str, Any], colour: bool) -> str:
    if element["type"] == "link":
        return f"{element['text']} ({element['url']})"
    is_bold = colour and element.get("style") == {"bold": True}
    return bold(element["text"]) if is_bold else str(element["text"])
