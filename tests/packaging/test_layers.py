"""The core knows no Qt: said by a fresh interpreter, for every module there is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

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
