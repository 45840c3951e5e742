"""A segment: quotes in, one file out, and arrays over its bytes. The file is described in docs/segment-format.md."""

from quoth.engine.segment.writer import Built, build, merge

__all__ = ["Built", "build", "merge"]
