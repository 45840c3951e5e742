"""A segment: quotes in, one file out, and arrays over its bytes. The file is described in docs/segment-format.md."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quoth.engine.segment.writer import Built, build, merge

__all__ = ["Built", "build", "merge"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # A process that searches writes no segments, and starts sooner without what does.
    from quoth.engine.segment import writer

    return getattr(writer, name)
