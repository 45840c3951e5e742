"""The start of a function: without collections of garbage, and without modules that nothing here uses.

Import it before everything else, and call `finished` when everything is loaded. The collections find no garbage, and
would take a tenth of the CPU time of a cold start.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any

# What numpy loads for people who read its documentation or annotate with its types: a tenth of its start.
_STAND_INS: Mapping[str, Mapping[str, Any]] = {
    "numpy._core._add_newdocs": {},
    "numpy._core._add_newdocs_scalars": {},
    "numpy._typing": {"NDArray": list},
}

gc.disable()
_made = [name for name in _STAND_INS if "numpy" not in sys.modules]
for _name in _made:
    sys.modules[_name] = ModuleType(_name)
    sys.modules[_name].__dict__.update(_STAND_INS[_name])


def finished() -> None:
    """Collect garbage from now on; what is loaded stays loaded, so no collection need look at it again."""
    for name in _made:
        sys.modules.pop(name, None)
    gc.freeze()
    gc.enable()
