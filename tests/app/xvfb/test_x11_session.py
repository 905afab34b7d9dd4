"""The real program on a real X server, worked by keys and mouse through its XTEST extension."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import watched
from x_server import lacking, x_server

from app.document import read_path

LACKING = lacking("xdotool")
pytestmark = pytest.mark.skipif(
    bool(LACKING), reason=f"no X server to work at: {', '.join(LACKING)} not installed"
)
PATIENCE = 60.0
"""Seconds; reached only where something is wrong."""
MAIN = "MainWindow", "Imagest Workstation"


@pytest.fixture
def display() -> Iterator[str]:
    """An X server of the test's own."""
    with x_server(1440, 900) as name:
        yield name


class User:
    """Sees the screen by asking the program, and acts by the X server alone."""

    def __init__(self, program: subprocess.Popen[str], display: str, log: Path) -> None:
        self.program, self._log, self._environment = program, log, {**os.environ, "DISPLAY": display}

    def ask(self, **what: Any) -> Any:
        assert self.program.stdin is not None
        assert self.program.stdout is not None
        self.program.stdin.write(json.dumps(what or {"state": True}) + "\n")
        self.program.stdin.flush()
        return json.loads(self.program.stdout.readline())

    def until(self, wanted: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        """Wait till the state is as ``wanted``; answers it."""
        end, found = time.monotonic() + PATIENCE, None
        while time.monotonic() < end:
            found = self.ask()
            if found is not None and wanted(found):
                return found
            time.sleep(0.02)
        raise AssertionError(f"it has not come; the program shows {found}")

    def do(self, *words: object) -> str:
        """One xdotool command."""
        result = subprocess.run(
            ["xdotool", *map(str, words)], env=self._environment, capture_output=True, text=True, check=True
        )
        return result.stdout

    def window(self, title: str) -> str:
        """The window with this title; a search fails where one of the others closes in the middle of it."""
        search, end = ["xdotool", "search", "--onlyvisible", "--name", title], time.monotonic() + PATIENCE
        while time.monotonic() < end:
            result = subprocess.run(
                search, env=self._environment, capture_output=True, text=True, check=False
            )
            if result.returncode == 0 and result.stdout.strip():
                return result.stdout.split()[0]
            time.sleep(0.05)
        raise AssertionError(f"no window is called {title!r}: {result.stderr}{self.stacks()}")

    def stacks(self) -> str:
        """What each thread of the program is doing, or its exit code."""
        if (code := self.program.poll()) is not None:
            return f"the program ended with {code}: {self._log.read_text()}"
        self.program.send_signal(signal.SIGUSR1)
        time.sleep(1)
        return self._log.read_text()

    def keys(self, *keys: str) -> None:
        self.do("key", "--delay", 30, *keys)

    def focus(self, kind: str, title: str) -> None:
        """There is no window manager: give the window with this title the keyboard as one would."""
        self.do("windowfocus", "--sync", self.window(title))
        self.until(lambda state: state["active"] == kind)

    def stroke(self, *points: tuple[float, float]) -> None:
        """Drag the mouse through points of the picture."""
        places = [self.ask(point=point) for point in points]
        self.do("mousemove", "--sync", *places[0])
        self.do("mousedown", 1)
        for x, y in places[1:]:
            self.do("mousemove", "--sync", x, y)
        self.do("mouseup", 1)

    def click(self, name: str) -> None:
        self.do("mousemove", "--sync", *self.ask(widget=name))
        self.do("click", 1)


@pytest.fixture
def user(display: str, scan: Path, tmp_path: Path) -> Iterator[User]:
    """Somebody at ``imagest scan.tif``."""
    folders = os.pathsep.join([os.getcwd(), str(Path(watched.__file__).parent)])
    environment = {
        **os.environ,
        "DISPLAY": display,
        "QT_QPA_PLATFORM": "xcb",
        "PYTHONPATH": folders,
        **{f"XDG_{kind}_HOME": str(tmp_path / kind.lower()) for kind in ("CONFIG", "DATA", "CACHE")},
        "LANG": "C.UTF-8",
    }
    with (tmp_path / "stderr").open("w") as log:
        program = subprocess.Popen(
            [sys.executable, watched.__file__, str(scan)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        try:
            yield User(program, display, tmp_path / "stderr")
        finally:
            program.kill()
            program.communicate()
    assert "Traceback" not in (tmp_path / "stderr").read_text()


def test_paint_undo_restore_accept_export_and_quit(user: User, scan: Path, tmp_path: Path) -> None:
    user.focus(*MAIN)
    user.until(lambda state: state["open"])
    user.keys("b")
    user.until(lambda state: state["tool"] == "brush")
    user.stroke((20, 100), (40, 90), (60, 100))
    user.until(lambda state: state["done"] == ["Brush stroke"])
    user.keys("ctrl+z")
    user.until(lambda state: state["done"] == [])
    user.stroke((50, 50), (65, 50), (79, 50))
    user.stroke((60, 45), (60, 55))
    user.until(lambda state: state["done"] == ["Brush stroke"] * 2)

    user.click("Open Restore")
    user.click("Engine")
    user.keys("h", "Return")
    user.until(lambda state: state["engine"] == "harmonic")
    user.keys("ctrl+Return")
    user.until(lambda state: state["runs"] == ["harmonic"] and not state["busy"])
    user.keys("ctrl+shift+a")
    user.until(lambda state: state["accepted"] == 1)
    user.keys("ctrl+e")
    user.focus("ExportDialog", "^Export$")
    user.keys("Return")
    out = scan.with_name("scan-restored.tif")
    user.until(lambda state: out.exists() and not state["busy"])
    user.keys("Escape")
    user.until(lambda state: "ExportDialog" not in state["shown"])
    user.focus(*MAIN)
    user.keys("ctrl+q")
    assert user.program.wait(PATIENCE) == 0
    check(scan, out)


def check(scan: Path, out: Path) -> None:
    """What is written, and what the project holds."""
    source, written = tifffile.imread(scan), tifffile.imread(out)
    changed = (source != written).any(axis=2)
    assert changed[50, 50:79].mean() > 0.9
    document, painting = read_path(scan)
    try:
        labels = document.state.damage.read(painting.box)
        rows, columns = np.nonzero(labels)
        assert abs(rows.mean() - 50) < 2
        assert abs(columns.min() - 38) <= 2
        assert abs(columns.max() - 91) <= 2
        dilated = np.zeros_like(changed)
        for row, column in zip(rows, columns):
            dilated[row - 1 : row + 2, column - 1 : column + 2] = True
        assert not (changed & ~dilated).any()
        assert [entry.name for entry in document.history.done][:2] == ["Brush stroke"] * 2
        assert len(document.state.runs) == 1
    finally:
        document.abandon()
        painting.close()
