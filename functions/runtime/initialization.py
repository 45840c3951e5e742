"""What a function does before its first request, while Lambda counts no answer's time.

It opens the index. With SnapStart Lambda then copies the whole process, and lets copies go on, hours later and many at
a time: each must be as if it alone had started.
"""

from __future__ import annotations

import gc
import os
import random
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module

from functions.runtime import records, settings
from quoth.errors import QuothError
from quoth.storage.stores.s3_reading import S3ReadingStore

# Set by Lambda: on-demand, provisioned-concurrency or snap-start. A local server has none.
TYPE = "AWS_LAMBDA_INITIALIZATION_TYPE"
SECONDS = 2.0  # for the index; Lambda ends an initialization after 10

# Modules that requests load when they need them: a copy has them already.
LATER = (
    "functions.http.agents.endpoint",
    "functions.http.feeds",
    "functions.http.models",
    "functions.http.openapi.document",
    "functions.pages.site",
    "quoth.answers.rows",
    "quoth.checking.check",
    "quoth.checking.drafts",
    "quoth.context",
    "quoth.departures",
    "quoth.engine.guide.explanation",
    "quoth.engine.verify.verify",
    "quoth.ingest.originals",
)


def begin(environment: Mapping[str, str] = os.environ) -> None:
    """Open the index, if Lambda starts this function; with SnapStart make it fit to be copied."""
    kind = environment.get(TYPE)
    if kind is None:
        return
    open_index()
    if kind == "snap-start":
        # The module is in Lambda's runtime for Python, and nowhere else.
        hooks = import_module("snapshot_restore_py")
        hooks.register_before_snapshot(before_copy)
        hooks.register_after_restore(after_copy)


def open_index() -> None:
    """Open the newest generation, which the first request then finds open.

    If the store fails, or does not answer in time, that is no failure of the start: the first request tries again.
    """

    def try_it() -> None:
        with suppress(QuothError):
            settings.archive(settings.current().store).edition()

    opening = threading.Thread(target=try_it, daemon=True)
    opening.start()
    opening.join(SECONDS)


def before_copy() -> None:
    """Load what later requests may need, and close the connections: their other ends are not copied."""
    for module in LATER:
        import_module(module)
    records.logger()
    _forget_connections()
    gc.collect()
    gc.freeze()


def after_copy() -> None:
    """Take new randomness; the index is asked for again by every request anyway, and keys know their end."""
    random.seed()
    ssl.RAND_add(os.urandom(32), 32.0)
    _forget_connections()


def _forget_connections() -> None:
    with suppress(QuothError):
        store = settings.archive(settings.current().store).store
        if isinstance(store, S3ReadingStore):
            store.forget()
