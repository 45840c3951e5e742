"""Index quotes in segments, and answer a request with a page of hits. Only this package imports Whoosh."""

import functools
import sys
from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import Any


class _StandIn(ModuleType):
    """Has what Whoosh takes from a module while it loads; for whatever it is asked later, it loads that module."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or sys.modules.get(self.__name__) is self:
            raise AttributeError(name)
        return getattr(import_module(self.__name__), name)


def _later(module: str, name: str) -> Any:
    """Return a function that loads the module of another one when it is called."""

    def call(*args: Any, **options: Any) -> Any:
        return getattr(import_module(module), name)(*args, **options)

    return call


# What Whoosh takes from other modules while it loads, and the engine never uses: a tenth of a cold start.
_STAND_INS: Mapping[str, Mapping[str, Any]] = {
    # The distribution imports asyncio for coroutines that Whoosh does not have; the standard library has the same.
    "cached_property": {"cached_property": functools.cached_property},
    "html": {"escape": _later("html", "escape")},
    "tempfile": {},
    "urllib.request": {"urlretrieve": _later("urllib.request", "urlretrieve")},
    "calendar": {},
    # Words of other languages, and patterns, for queries and analyzers that are not ours.
    "whoosh.lang.dmetaphone": {"double_metaphone": _later("whoosh.lang.dmetaphone", "double_metaphone")},
    "whoosh.lang.morph_en": {"variations": _later("whoosh.lang.morph_en", "variations")},
}


def _load_whoosh() -> None:
    """Load what reads Whoosh's files, and its queries, with stand-ins that nobody else gets to see."""
    made = []
    for name, members in _STAND_INS.items():
        if name not in sys.modules:
            stand_in = sys.modules[name] = _StandIn(name)
            stand_in.__dict__.update(members)
            made.append(name)
    try:
        from whoosh import query, reading  # noqa: F401
    finally:
        for name in made:
            del sys.modules[name]


_load_whoosh()
