"""The limits of what anybody may send, a remembered quote or a draft, by the API or by a form; and may get."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, TypeVar

from functions.http import problem
from functions.http.request import raw_body
from quoth.archive import Archive
from quoth.errors import QuothError
from quoth.storage.stores.protocol import SparingStore

if TYPE_CHECKING:
    from quoth.checking.drafts import ArticleDraft
    from quoth.checking.report import CheckReport

# Bytes of the largest body: a thousand usual rows have 1.6 million. docs/cost.md says what they cost. Lambda passes on
# up to 6 MiB of JSON, in which no byte of a body takes more than three.
MAX_RESPONSE = 2_000_000
# The largest draft, in bytes, and the most of its quotes that are verified: a long feature has 30 KB and 60 quotes.
MAX_DRAFT = 64 * 1024
MAX_CHECKED = 100
# Seconds for the quotes of a draft. The quotes that are left then are answered as unchecked, also if the function has
# only RESERVED_SECONDS left: one verification may take a second of CPU, and wait for the store.
CHECK_SECONDS = 5.0
RESERVED_SECONDS = 3.0

T = TypeVar("T")
Checker = Callable[["ArticleDraft", Iterable[str]], "CheckReport"]


def small_body(event: dict[str, Any], most: int = MAX_DRAFT) -> bytes:
    """Return the body of a request; raises `TooLarge`."""
    data = raw_body(event)
    if len(data) > most:
        raise problem.TooLarge(f"the body is {len(data):,} bytes long; the limit is {most:,}")
    return data


def checker(archive: Archive, context: Any) -> Checker:
    """Return a function that checks a draft within the limits; its time begins now."""
    end = time.monotonic() + min(CHECK_SECONDS, context.get_remaining_time_in_millis() / 1000 - RESERVED_SECONDS)

    def check(draft: ArticleDraft, without: Iterable[str]) -> CheckReport:
        store = archive.store
        with store.sparing() if isinstance(store, SparingStore) else nullcontext():  # see docs/cost.md
            return archive.check(draft, without=without, most=MAX_CHECKED, may_continue=lambda: time.monotonic() < end)

    return check


def private(answer: Callable[[], T]) -> T:
    """Return an answer; an unexpected error keeps its place in the code, not its message, which may quote a draft."""
    try:
        return answer()
    except QuothError:
        raise
    except Exception as error:
        if problem.is_invalid(error):
            raise
        raise RuntimeError(type(error).__name__).with_traceback(error.__traceback__) from None
