from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from imagest_core.deferred import DeferredModule, defer, load
from imagest_core.models.memory import _linux, available_memory


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "slow_to_import.py").write_text("VALUE = 7\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, "slow_to_import", None)
    del sys.modules["slow_to_import"]
    return "slow_to_import"


def test_a_deferred_module_is_imported_at_its_first_use(module):
    defer([module])
    slow_to_import = importlib.import_module(module)

    assert isinstance(slow_to_import, DeferredModule)
    assert slow_to_import.VALUE == 7
    assert not isinstance(sys.modules[module], DeferredModule)
    with pytest.raises(AttributeError):
        slow_to_import.nothing  # noqa: B018 - the access is the test


def test_a_module_that_is_imported_already_stays(module):
    slow_to_import = importlib.import_module(module)

    defer([module])
    assert load(module) is slow_to_import


def test_a_missing_module_is_missed_at_its_first_use():
    defer(["there_is_no_such_module"])
    try:
        with pytest.raises(ModuleNotFoundError):
            sys.modules["there_is_no_such_module"].value  # noqa: B018 - the access is the test
    finally:
        del sys.modules["there_is_no_such_module"]


def test_available_memory_is_what_the_system_says(tmp_path):
    (tmp_path / "meminfo").write_text("MemTotal: 9 kB\nMemAvailable:  2048 kB\n")
    assert _linux(tmp_path / "meminfo") == 2048 * 1024
    assert _linux(tmp_path / "missing") is None
    assert sys.platform != "linux" or available_memory()


def test_showing_the_window_imports_neither_opencv_nor_tifffile(tmp_path):
    code = (
        "from app.quick_start import prepare, DEFERRED; prepare()\n"
        "from app.main import Program, make_application\n"
        "from imagest_core.deferred import DeferredModule\n"
        "import sys\n"
        "application = make_application(); program = Program(application); program.window.show()\n"
        "application.processEvents()\n"
        "print([name for name in DEFERRED if not isinstance(sys.modules[name], DeferredModule)])\n"
        "program.end()\n"
    )
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "IMAGEST_DATA": str(tmp_path)}
    environment["XDG_CONFIG_HOME"] = str(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, timeout=120
    )
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr
