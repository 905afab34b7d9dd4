"""The core knows no Qt, and no modules import each other in a circle."""

from __future__ import annotations

import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp

ROOT = Path(__file__).parents[2]

EVERY_MODULE = """
import pkgutil, importlib, sys, warnings
warnings.simplefilter("ignore")
import imagest_core
names = [module.name for module in pkgutil.walk_packages(imagest_core.__path__, "imagest_core.")]
for name in names:
    if not name.endswith("__main__"):
        importlib.import_module(name)
print(len(names), sorted(m for m in sys.modules if m.split(".")[0] in ("PySide6", "shiboken6", "app")))
"""


def test_no_module_of_the_core_imports_qt_or_the_application():
    done = subprocess.run(
        [sys.executable, "-c", EVERY_MODULE],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=280,
    )
    count, loaded = done.stdout.split(maxsplit=1)
    assert int(count) > 30
    assert loaded.strip() == "[]"


NESTED = ("imagest_core.painting.metadata.stale_values", "imagest_core.painting.tiff.stale")
"""A value of a TIFF file may be an EXIF block, which is a TIFF file."""
BY_NAME = ("imagest_core.restoration.request", "imagest_core.restoration.engines.registry")
"""Engines read the request, and a request looks up the parameters of its engine by name."""


def test_no_modules_import_each_other_in_a_circle():
    """Imports within functions and for type checking count, too."""
    graph = grimp.build_graph("imagest_core", "app", "scripts")
    imports = {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}
    for importer, imported in (NESTED, BY_NAME):
        assert imported in imports[importer]
        imports[importer] = imports[importer] - {imported}
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        raise AssertionError(" → ".join(error.args[1])) from None
