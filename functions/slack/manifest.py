"""The app manifest that sets up the Slack app: command, buttons, and the domain of the pages.

Source: docs.slack.dev, "App manifest reference", version 2.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote, urlsplit

from quoth.errors import BadQuery

MAX_NAME = 35  # characters of an app's name

_ADDRESS = re.compile(r"https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~-]+)*/?")
_NEW_APP = "https://api.slack.com/apps?new_app=1&manifest_json="


def manifest(url: str, pages: str | None = None, name: str = "Quoth") -> dict[str, Any]:
    """Return the manifest for an API at `url`, with pages at `pages`; raises `BadQuery` naming an option.

    Slack sends mentions and links of a command with their names and addresses (`should_escape`), which
    `functions.slack.markup` reads. The links of the pages' domain unfurl by the pages' own OpenGraph tags: the app asks
    for no event, and so for no more than the permission to have a command.
    """
    api = _address("--url", url)
    domain = urlsplit(_address("--pages", pages)).hostname if pages is not None else None
    if not 0 < len(name.strip()) <= MAX_NAME:
        raise BadQuery("--name", f"must have 1 to {MAX_NAME} characters, not {len(name.strip())}")
    return {
        "_metadata": {"major_version": 2, "minor_version": 1},
        "display_information": {
            "name": name.strip(),
            "description": "Who said it, where, and how do we know?",
            "background_color": "#1f2933",
        },
        "features": {
            "bot_user": {"display_name": name.strip(), "always_online": False},
            "slash_commands": [
                {
                    "command": "/quote",
                    "url": f"{api}/v1/slack/command",
                    "description": "Find who said it, or whether they did",
                    "usage_hint": "words | verify words by name | who name | help",
                    "should_escape": True,
                }
            ],
            **({} if domain is None else {"unfurl_domains": [domain]}),
        },
        "oauth_config": {"scopes": {"bot": ["commands"]}},
        "settings": {
            "interactivity": {"is_enabled": True, "request_url": f"{api}/v1/slack/action"},
            "org_deploy_enabled": False,
            "socket_mode_enabled": False,
            "token_rotation_enabled": False,
        },
    }


def link(made: dict[str, Any]) -> str:
    """Return the address that opens Slack's form for a new app with a manifest."""
    return _NEW_APP + quote(json.dumps(made, separators=(",", ":")), safe="")


def builder_link(blocks: list[dict[str, Any]]) -> str:
    """Return the address that shows blocks in Slack's Block Kit Builder."""
    shown = json.dumps({"blocks": blocks}, ensure_ascii=False, separators=(",", ":"))
    return "https://app.slack.com/block-kit-builder/#" + quote(shown, safe="")


def _address(option: str, url: str) -> str:
    if not _ADDRESS.fullmatch(url):
        raise BadQuery(option, f"must be like https://quotes.example.org, or with a path, not {url[:80]!r}")
    return url.rstrip("/")
