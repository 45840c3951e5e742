"""The start of a function: without collections of garbage, and without modules that nothing here uses.

Import it before everything else, and call `finished` when everything is loaded. The collections find no garbage, and
would take a tenth of the CPU time of a cold start.
"""

from __future__ import annotations

import gc
import sys
import typing
from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import Any

# What stands for a module meanwhile, by the package that would load it.
_STAND_INS: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    # For people who read numpy's documentation or annotate with its types: a fifth of its start.
    "numpy": {
        "inspect": {"cleandoc": str, "signature": lambda _: None},
        "numpy._core._add_newdocs": {},
        "numpy._core._add_newdocs_scalars": {},
        "numpy._typing": {"NDArray": list},
    },
    # For older Pythons; it loads `inspect`, too.
    "msgspec": {
        "typing_extensions": {
            "NotRequired": typing.NotRequired,
            "Required": typing.Required,
            "get_type_hints": typing.get_type_hints,
        }
    },
}


class _StandIn(ModuleType):
    """Has what a module is loaded for; whatever else it is asked for, the real one has."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # the machinery of imports asks for these
            raise AttributeError(name)
        _remove(self)
        return getattr(import_module(self.__name__), name)


_made: list[_StandIn] = []


def _begin() -> None:
    gc.disable()
    for package, modules in _STAND_INS.items():
        for name in modules.keys() - sys.modules.keys() if package not in sys.modules else ():
            stand_in = sys.modules[name] = _StandIn(name)
            stand_in.__dict__.update(modules[name])
            _made.append(stand_in)


def _remove(stand_in: _StandIn) -> None:
    if sys.modules.get(stand_in.__name__) is stand_in:
        del sys.modules[stand_in.__name__]


def finished() -> None:
    """Collect garbage from now on; what is loaded stays loaded, so no collection need look at it again."""
    for stand_in in _made:
        _remove(stand_in)  # whoever needs the module from now on loads it
    gc.freeze()
    gc.enable()


_begin()
