"""Segments: build, merge, read and check the files of quotes that docs/segment-format.md describes."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quoth.engine.segment.checking import SegmentContents, check
    from quoth.engine.segment.writing.writer import BuiltSegment, build, merge

__all__ = ["BuiltSegment", "SegmentContents", "build", "check", "merge"]

# A process that searches neither writes nor checks segments, and starts faster without these modules.
_MODULES = {
    "BuiltSegment": "writing.writer",
    "build": "writing.writer",
    "merge": "writing.writer",
    "SegmentContents": "checking",
    "check": "checking",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
