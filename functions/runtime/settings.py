"""The settings of a function, read once from the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import msgspec

from quoth.archive import Archive, open_archive
from quoth.errors import Refused

_WEB_ADDRESS = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._~-]+)*/?")


class Settings(msgspec.Struct, frozen=True):
    """The settings of a function.

    `queue_url` is an SQS queue, or `local:` for the queue inside this process; `export_queue_url` is that of the export
    jobs. The signing secret itself is only set on a laptop; in AWS `slack_secret_parameter` names it in SSM's Parameter
    Store. `slack_teams` are the ids of the workspaces that may ask, all if it is empty. `public_url` is the address of
    the pages as readers know it, if it is known, without a final slash. Search engines may index the quotes' pages
    only with `is_indexed`, and agents get answers at /mcp with `serves_agents`. `function` is the name that this
    function has in Lambda.
    """

    store: str
    queue_url: str = ""
    export_queue_url: str = ""
    inbox_bucket: str = ""
    slack_secret_parameter: str = ""
    slack_signing_secret: str = ""
    slack_teams: frozenset[str] = frozenset()
    public_url: str = ""
    is_indexed: bool = False
    function: str = ""
    serves_agents: bool = True


def from_environment(environment: Mapping[str, str]) -> Settings:
    """Return the settings in an environment; raises `Refused` if it names no store.

    >>> from_environment({"QUOTH_STORE": "s3://archive"}).store
    's3://archive'
    """
    if not environment.get("QUOTH_STORE"):
        raise Refused("the environment variable QUOTH_STORE is not set: file:DIR or s3://bucket/prefix")
    return Settings(
        store=environment["QUOTH_STORE"],
        queue_url=environment.get("QUOTH_QUEUE_URL", ""),
        export_queue_url=environment.get("QUOTH_EXPORT_QUEUE_URL", ""),
        inbox_bucket=environment.get("QUOTH_INBOX_BUCKET", ""),
        slack_secret_parameter=environment.get("QUOTH_SLACK_SECRET_PARAMETER", ""),
        slack_signing_secret=environment.get("QUOTH_SLACK_SIGNING_SECRET", ""),
        slack_teams=frozenset(environment.get("QUOTH_SLACK_TEAMS", "").replace(",", " ").split()),
        public_url=_public(environment.get("QUOTH_PUBLIC_URL", "")),
        is_indexed=environment.get("QUOTH_INDEX_PAGES") == "true",
        function=environment.get("AWS_LAMBDA_FUNCTION_NAME", ""),  # set by Lambda
        serves_agents=environment.get("QUOTH_AGENTS") != "closed",
    )


def _public(url: str) -> str:
    """Return the public address without its final slash; raises `Refused` for what is no address of the web.

    >>> _public("https://quotes.example.org/"), _public("")
    ('https://quotes.example.org', '')
    """
    if url and not _WEB_ADDRESS.fullmatch(url):
        raise Refused(f"the public address must be like https://quotes.example.org or with a path, not {url[:80]!r}")
    return url.rstrip("/")


@cache
def base_path() -> str:
    """Return the path of the public address, which the gateway leaves before each path, without a final slash."""
    return urlsplit(os.environ.get("QUOTH_PUBLIC_URL", "")).path.rstrip("/")


def cache_options(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the cache options for an archive: a quarter of a function's memory, and some of its disk."""
    size = environment.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")  # in MB; set by Lambda
    return {"memory": int(size) * 2**20 // 4, "cache": "/tmp/quoth"} if size else {}  # noqa: S108 - this process's own


@cache
def current() -> Settings:
    """Return the settings of this process."""
    return from_environment(os.environ)


@cache
def archive(store: str) -> Archive:
    """Return the archive of a store, opened once, so that its segments stay cached between requests."""
    reads_with = os.environ if os.environ.get("QUOTH_MOSTLY_READS") == "true" else None
    return open_archive(store, reads_with=reads_with, **cache_options(os.environ))
