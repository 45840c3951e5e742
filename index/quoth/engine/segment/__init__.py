"""A segment: quotes in, one file out, and arrays over its bytes. The file is described in docs/segment-format.md."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quoth.engine.segment.checking import SegmentContents, check
    from quoth.engine.segment.writing.writer import BuiltSegment, build, merge

__all__ = ["BuiltSegment", "SegmentContents", "build", "check", "merge"]

# A process that searches neither writes nor checks segments, and starts sooner without what does.
_HOMES = {
    "Built": "writing.writer",
    "build": "writing.writer",
    "merge": "writing.writer",
    "Checked": "checking",
    "check": "checking",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
