"""What makes the searches of an archive slower than they need be, and the command that helps."""

from __future__ import annotations

from collections.abc import Iterator

from quoth.storage.maintenance import compaction
from quoth.storage.manifest import Manifest


def advice(manifest: Manifest) -> Iterator[str]:
    """Yield a sentence for each thing that could be better.

    >>> list(advice(Manifest()))
    ['the archive is empty: add articles with `quoth index FILE`']
    """
    if not manifest.segments:
        yield "the archive is empty: add articles with `quoth index FILE`"
    elif merged := compaction.plan(manifest):
        yield (
            f"{len(merged):,} of the {len(manifest.segments):,} segments can be merged or shortened, and every search "
            "reads each of them: run `quoth compact`"
        )
