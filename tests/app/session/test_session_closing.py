"""Closing the window during work: it ends quickly and leaves no partial files."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import alive
import numpy as np
import pytest
import tifffile
import window_script
from user import User

from app.dialogs.export import ExportDialog
from imagest_core.painting.geometry import Box

pytestmark = pytest.mark.usefixtures("failing_engines_listed")


@pytest.mark.parametrize("engine", ["endless", "imagest"])
def test_closing_during_a_restoration_is_clean(engine: str, start, scan: Path, tmp_path: Path) -> None:
    command = [sys.executable, window_script.__file__, "close", str(scan), engine]
    folders = os.pathsep.join([os.getcwd(), str(Path(window_script.__file__).parent)])
    ended = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "PYTHONPATH": folders},
    )
    assert ended.returncode == 0, ended.stderr
    for trouble in ("Traceback", "QThread", "Error"):
        assert trouble not in ended.stderr
    assert leftovers(scan.parent) == leftovers(tmp_path / "data") == []

    user = start()
    user.open(scan)
    assert not user.document.read_only
    assert window_script.fingerprint(user) == ended.stdout.split()[-1]
    assert user.names() == ["Rectangle"]
    assert user.document.state.runs == {}


def leftovers(folder: Path) -> list[Path]:
    """Unfinished temporary files."""
    return [path for path in folder.rglob("*") if ".part" in path.name or path.suffix in (".tmp", ".journal")]


def test_an_interrupted_export_is_complete_or_absent(start, tmp_path: Path) -> None:
    """Closed at the first progress, the export of a large scan leaves no file; otherwise a complete one."""
    folder = tmp_path / "scans"
    folder.mkdir()
    samples = np.random.default_rng(3).integers(0, 60_000, (1500, 2000, 3)).astype(np.uint16)
    tifffile.imwrite(folder / "large.tif", samples, photometric="rgb", compression="deflate", rowsperstrip=64)
    user: User = start()
    user.open(folder / "large.tif")
    user.choose("Engine", "harmonic")
    user.mark(Box(600, 500, 300, 200))
    user.push("Restore")
    user.settle()
    user.act("accept_run")
    user.act("export")
    dialog = user.dialog(ExportDialog)
    dialog.path.setText(str(folder / "restored.tif"))
    reports: list[object] = []
    user.context.jobs.progressed.connect(reports.append)
    user.click(dialog.go)
    user.until(lambda: reports)
    user.close_at_work()
    assert not user.context.jobs._thread.isRunning()

    assert leftovers(folder) == []
    written = folder / "restored.tif"
    if written.exists():
        changed = (tifffile.imread(written) != samples).any(axis=2)
        changed[499:701, 599:901] = False
        assert not changed.any()
    else:
        assert [path.name for path in folder.iterdir() if path.name.startswith("restored")] == []


def test_a_closed_dialog_receives_no_signals(at_work: User) -> None:
    """Decisions after the export dialog was closed do not reach it."""
    at_work.mark(Box(48, 38, 34, 24))
    at_work.act("restore_all")
    at_work.settle()
    at_work.act("export")
    at_work.dialog(ExportDialog).close()
    alive.settle()
    at_work.act("accept_run")
    assert len(at_work.document.accepted.keys()) == 1
    at_work.act("undo")
