"""The start of a function, without the collections of garbage that find none: a tenth of the CPU time of a cold start.

Import it before everything else, and call `finished` when everything is loaded.
"""

from __future__ import annotations

import gc

gc.disable()


def finished() -> None:
    """Collect garbage from now on; what is loaded stays loaded, so no collection need look at it again."""
    gc.freeze()
    gc.enable()
