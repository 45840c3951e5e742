"""Store addresses: `file:DIR` and `s3://bucket/prefix`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from quoth.effects import Effects
from quoth.errors import Refused
from quoth.storage.stores.protocol import Store

_S3 = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(/(?P<prefix>[^?#]*))?")
_FILE = re.compile(r"file:(//(?=/))?(?P<path>.+)", re.DOTALL)  # file:DIR and file:///DIR


def open_store(uri: str, reading: tuple[Mapping[str, str], Effects] | None = None) -> Store:
    """Return the store at an address; nothing is read or written yet.

    A caller that mostly reads S3 gives its environment and effects for `reading`: S3 is then read with the keys in it
    and without boto3, which only a write loads.

    >>> open_store("file:./archive").uri
    'file:archive'
    >>> open_store("archive")
    Traceback (most recent call last):
    quoth.errors.Refused: a store is file:DIR or s3://bucket/prefix, not 'archive'
    """
    if match := _FILE.fullmatch(uri):
        from quoth.storage.stores.directory import DirectoryStore  # Lambda functions do not need it

        try:
            return DirectoryStore(Path(match["path"]).expanduser())
        except RuntimeError as error:  # ~ of an unknown user
            raise Refused(f"cannot open {uri!r}: {error}") from None
    if match := _S3.fullmatch(uri):
        if reading is not None:
            from quoth.storage.stores.s3_reading import open_reader

            return open_reader(match["bucket"], match["prefix"] or "", *reading)
        from quoth.storage.stores.s3 import S3Store  # loading boto3 takes longer than a search

        return S3Store(match["bucket"], match["prefix"] or "")
    raise Refused(f"a store is file:DIR or s3://bucket/prefix, not {uri!r}")
