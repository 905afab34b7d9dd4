"""Modules that are imported at their first use instead of at the start of the program.

Importing OpenCV and tifffile takes a tenth of the time until the window is visible, and showing it needs
neither. Dozens of modules import them at their top, so a module that imports it on demand holds its place.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from importlib import import_module
from threading import RLock
from types import ModuleType
from typing import Any

_lock = RLock()


class DeferredModule(ModuleType):
    """Stands for the module of its name until an attribute is asked for."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # the import system looks for __spec__ and __path__
            raise AttributeError(name)
        value = getattr(load(self.__name__), name)
        setattr(self, name, value)
        return value


def defer(names: Iterable[str]) -> None:
    """Let the modules ``names`` be imported at their first use; those already imported stay as they are."""
    for name in names:
        sys.modules.setdefault(name, DeferredModule(name))


def load(name: str) -> ModuleType:
    """Import a deferred module now, once; threads that need it meanwhile wait."""
    with _lock:
        found = sys.modules.get(name)
        if found is not None and not isinstance(found, DeferredModule):
            return found
        sys.modules.pop(name, None)
        try:
            return import_module(name)
        except BaseException:
            sys.modules[name] = found or DeferredModule(name)
            raise
