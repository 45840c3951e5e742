"""Refusals: why something that was accepted is not in the index, in an object for its sender to read.

There is at most one for each original, under a key made of the original's: so their number is bounded by what was sent,
and no text of an article is in any of them. A rule of the bucket deletes them after some months. They decide nothing:
the status of an article comes from the ledger first (see `status`), so that a late success needs no clean-up.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime
from typing import Final, Literal

import msgspec

from quoth.errors import Conflict, Damaged, NotFound
from quoth.ingest import originals
from quoth.ingest.originals import KeptArticle
from quoth.storage.stores.protocol import Store

PREFIX = "refusals/"

RefusalCode = Literal["clash", "damaged", "failed"]

SENTENCES: Final[dict[RefusalCode, str]] = {
    "clash": "the index has this version with another text; send it with a higher version",
    "damaged": "it was stored, and cannot be read any more; send it again with a higher version",
    "failed": "it could not be indexed, however often that was tried; an operator can try again",
}

_IMPORT = re.compile(r"imports/(?P<sha256>[0-9a-f]{64})\.jsonl")


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why an article (`a_…`) or a batch of ready-made quotes (`i_…`) is not in the index, and since when.

    `version` is that of the article, `None` for a batch, whose quotes have versions of their own.
    """

    item: str
    version: int | None
    code: RefusalCode
    why: str
    time: datetime


def key_of(original: str) -> str | None:
    """Return the key of the refusal of an original, `None` if the original belongs to nothing that can be asked for.

    >>> key_of(f"imports/{'0' * 64}.jsonl") == f"refusals/i_{'0' * 64}.json"
    True
    """
    if (match := _IMPORT.fullmatch(original)) is not None:
        return f"{PREFIX}i_{match['sha256']}.json"
    return PREFIX + original.removeprefix("articles/") if originals.of_key(original) else None


def record(store: Store, original: str, code: RefusalCode, time: datetime) -> bool:
    """Store the refusal of an original, over an earlier one for another reason; false if nobody could ask for it."""
    key = key_of(original)
    if key is None:
        return False
    kept = originals.of_key(original)
    item, version = (kept.article, kept.version) if kept else (key.removeprefix(PREFIX).removesuffix(".json"), None)
    data = msgspec.json.encode(Refusal(item=item, version=version, code=code, why=SENTENCES[code], time=time))
    try:
        store.create(key, data)
    except Conflict:
        _replace(store, key, data, code)
    return True


def _replace(store: Store, key: str, data: bytes, code: RefusalCode) -> None:
    with suppress(Conflict, NotFound):  # another delivery of the same message has told it, or the bucket deleted it
        blob = store.get(key)
        with suppress(Damaged):
            if read(key, blob.data).code == code:  # the first time stays
                return
        store.replace(key, data, blob.etag)


def of_original(store: Store, original: str) -> Refusal | None:
    """Return the refusal of an original, if there is one; raises `Damaged`."""
    key = key_of(original)
    try:
        return None if key is None else read(key, store.get(key).data)
    except NotFound:
        return None


def refused(store: Store, article: str) -> list[KeptArticle]:
    """Return what was refused of an article, by its key: it may have been refused because its original is gone."""
    found = (
        originals.of_key(f"articles/{entry.key.removeprefix(PREFIX)}")
        for entry in store.list(f"{PREFIX}{article}/").entries
    )
    return [kept for kept in found if kept is not None]


def read(key: str, data: bytes) -> Refusal:
    """Return the refusal of an object; raises `Damaged` if it is none."""
    try:
        return msgspec.json.decode(data, type=Refusal)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Damaged(f"{key} cannot be read: {type(error).__name__}") from None
