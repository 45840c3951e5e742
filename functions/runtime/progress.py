"""How far an upload is ingested, in an object of the store: the next attempt continues where the last one stopped."""

from __future__ import annotations

import msgspec

from quoth.errors import BadInput, Conflict, Damaged, NotFound, Unavailable
from quoth.hashes import sha256
from quoth.storage.stores.protocol import Store

MAX_SHOWN = 20  # errors of an upload; an alarm or a message carries no more
MAX_SENTENCE = 300  # characters of one error


class UploadProgress(msgspec.Struct, frozen=True):
    """The state of an upload of JSON lines. Every article before `position`, in bytes, is stored and queued.

    `lines` and `errors` are numbers; `shown` has the first errors as sentences.
    """

    position: int = 0
    lines: int = 0
    errors: int = 0
    shown: tuple[str, ...] = ()
    is_finished: bool = False

    def with_error(self, error: BadInput) -> UploadProgress:
        """Return the progress with one more error, which is shown if it is one of the first."""
        shown = self.shown
        if len(shown) < MAX_SHOWN:
            shown = (*shown, str(error)[:MAX_SENTENCE])
        return msgspec.structs.replace(self, errors=self.errors + 1, shown=shown)

    @property
    def report(self) -> str | None:
        """The errors in one message of bounded length; `None` if there is none.

        >>> UploadProgress(errors=1_000, shown=("line 2: body is missing",)).report
        '1,000 lines cannot be used: line 2: body is missing; and 999 more'
        """
        if not self.errors:
            return None
        more = self.errors - len(self.shown)
        count = "1 line" if self.errors == 1 else f"{self.errors:,} lines"
        return f"{count} cannot be used: " + "; ".join([*self.shown, *([f"and {more:,} more"] if more else [])])


def key_of(*upload: str) -> str:
    """Return the key of the progress of an upload: a hash of what distinguishes it from every other upload."""
    return f"uploads/{sha256(msgspec.json.encode(upload))}.json"


def load(store: Store, key: str) -> tuple[UploadProgress, str] | None:
    """Return the progress under a key with its ETag, `None` if there is none yet."""
    try:
        blob = store.get(key)
        return msgspec.json.decode(blob.data, type=UploadProgress), blob.etag
    except NotFound:
        return None
    except msgspec.DecodeError as error:
        raise Damaged(f"{key} cannot be read: {type(error).__name__}") from error


def begin(store: Store, key: str) -> tuple[UploadProgress, str]:
    """Write the first progress, before anything is queued: of two invocations at the same time only one succeeds."""
    start = UploadProgress()
    return start, save(store, key, start, None)


def save(store: Store, key: str, progress: UploadProgress, tag: str | None) -> str:
    """Write a progress over the one with the ETag `tag`, the first one if that is `None`; return its ETag.

    Raises `Unavailable` if another invocation has written meanwhile: it has queued the same lines, and the next
    attempt continues after them.
    """
    data = msgspec.json.encode(progress)
    try:
        return store.create(key, data) if tag is None else store.replace(key, data, tag)
    except Conflict as error:
        raise Unavailable("another invocation ingests the same upload") from error
