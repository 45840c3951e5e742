"""The style sheet, the scripts and the icon, each with a version that is a hash of its content."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import NamedTuple

from quoth.errors import NotFound

MEDIA_TYPES = {
    "page.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "embed.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}


class StaticAsset(NamedTuple):
    """A file that pages load: its content, its type, and the version in its address."""

    content: bytes
    media_type: str
    version: str


@cache
def asset(name: str) -> StaticAsset:
    """Return a file by its name; raises `NotFound`."""
    media_type = MEDIA_TYPES.get(name)
    if media_type is None:
        raise NotFound(f"no file is named {name[:80]}")
    content = (Path(__file__).parent / name).read_bytes()
    return StaticAsset(content, media_type, hashlib.sha256(content).hexdigest()[:12])


@cache
def version() -> str:
    """Return the version of all files, and of the modules that make the pages: a cached page is of one version."""
    files = sorted(path for path in Path(__file__).parents[1].rglob("*") if path.suffix in (".py", ".css", ".js"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]
