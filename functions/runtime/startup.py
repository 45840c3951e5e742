"""The start of a function: without collections of garbage, and without modules that nothing here uses.

Import it before everything else, and call `finished` when everything is loaded. The collections find no garbage, and
would take a tenth of the CPU time of a cold start.
"""

from __future__ import annotations

import gc
import sys
import typing
from collections.abc import Mapping
from types import ModuleType
from typing import Any

# By the package that would load them.
_STAND_INS: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    # For people who read numpy's documentation or annotate with its types: a tenth of its start.
    "numpy": {
        "numpy._core._add_newdocs": {},
        "numpy._core._add_newdocs_scalars": {},
        "numpy._typing": {"NDArray": list},
    },
    # For older Pythons: it loads `inspect`, 6 ms.
    "msgspec": {
        "typing_extensions": {
            "NotRequired": typing.NotRequired,
            "Required": typing.Required,
            "get_type_hints": typing.get_type_hints,
        }
    },
}
_made: list[str] = []


def _begin() -> None:
    gc.disable()
    for package, modules in _STAND_INS.items():
        for name, members in modules.items():
            if package not in sys.modules and name not in sys.modules:
                sys.modules[name] = ModuleType(name)
                sys.modules[name].__dict__.update(members)
                _made.append(name)


def finished() -> None:
    """Collect garbage from now on; what is loaded stays loaded, so no collection need look at it again."""
    for name in _made:
        sys.modules.pop(name, None)  # whoever needs the module from now on loads it
    _made.clear()
    gc.freeze()
    gc.enable()


_begin()
