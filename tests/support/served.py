"""The archive that the functions serve, wherever a test has it, as another process reads and damages it."""

from __future__ import annotations

import os

from quoth.archive import Archive, open_archive


def stored() -> Archive:
    """Return the archive that the functions serve, opened anew."""
    return open_archive(os.environ["QUOTH_STORE"])


def keys(prefix: str) -> list[str]:
    return [entry.key for entry in stored().store.list(prefix).entries]


def damage(prefix: str) -> str:
    """Write rubbish over the one object with a prefix; return its name."""
    (key,) = keys(prefix)
    write_over(key, b"rubbish")
    return key.split("/")[-1]


def write_over(key: str, data: bytes) -> None:
    store = stored().store
    store.replace(key, data, store.get(key).etag)


def delete(prefix: str) -> list[str]:
    """Remove every object with a prefix; return their names."""
    found = keys(prefix)
    for key in found:
        stored().store.delete(key)
    return [key.split("/")[-1] for key in found]
