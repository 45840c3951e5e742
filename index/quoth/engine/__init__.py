"""Index quotes in segments, and answer a request with a page of hits. Only this package imports Whoosh."""

import functools
import sys
from types import ModuleType


def _load_whoosh() -> None:
    """Load what reads Whoosh's files without asyncio, which it takes a cold start 20 ms to load.

    Whoosh takes one name of the distribution cached-property, which imports asyncio for coroutines that Whoosh does not
    have. The standard library has the same; nobody else gets to see it here.
    """
    if "cached_property" in sys.modules:
        return
    stand_in = ModuleType("cached_property")
    stand_in.cached_property = functools.cached_property  # type: ignore[attr-defined]
    sys.modules["cached_property"] = stand_in
    try:
        from whoosh import reading  # noqa: F401
    finally:
        del sys.modules["cached_property"]


_load_whoosh()
