"""Store addresses: `file:DIR` and `s3://bucket/prefix`."""

from __future__ import annotations

import re
from pathlib import Path

from quoth.errors import Refused
from quoth.storage.stores.protocol import Store

_S3 = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(/(?P<prefix>[^?#]*))?")
_FILE = re.compile(r"file:(//(?=/))?(?P<path>.+)", re.DOTALL)  # file:DIR and file:///DIR


def open_store(uri: str) -> Store:
    """Return the store at an address; nothing is read or written yet.

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
        from quoth.storage.stores.s3 import S3Store  # loading boto3 takes longer than a search

        return S3Store(match["bucket"], match["prefix"] or "")
    raise Refused(f"a store is file:DIR or s3://bucket/prefix, not {uri!r}")
