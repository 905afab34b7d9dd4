"""Closing the window while something runs: it ends at once, cleanly, and nothing half-done stays."""

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
from hands import Hands

from app.dialogs.export import ExportDialog
from imagest_core.painting.geometry import Box

pytestmark = pytest.mark.usefixtures("troubled_engines")


@pytest.mark.parametrize("engine", ["endless", "imagest"])
def test_the_program_ends_cleanly_in_the_middle_of_a_restoration(
    engine: str, start, scan: Path, tmp_path: Path
) -> None:
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

    hands = start()
    hands.open(scan)
    assert not hands.document.read_only
    assert window_script.fingerprint(hands) == ended.stdout.split()[-1]
    assert hands.names() == ["Rectangle"]
    assert hands.document.state.runs == {}


def leftovers(folder: Path) -> list[Path]:
    """Files that were begun and not finished."""
    return [path for path in folder.rglob("*") if ".part" in path.name or path.suffix in (".tmp", ".journal")]


def test_an_export_is_whole_or_not_there(start, tmp_path: Path) -> None:
    """Closed at the first sign of progress, a large scan's export leaves no file; else a whole one."""
    folder = tmp_path / "scans"
    folder.mkdir()
    samples = np.random.default_rng(3).integers(0, 60_000, (1500, 2000, 3)).astype(np.uint16)
    tifffile.imwrite(folder / "large.tif", samples, photometric="rgb", compression="deflate", rowsperstrip=64)
    hands: Hands = start()
    hands.open(folder / "large.tif")
    hands.choose("Engine", "harmonic")
    hands.mark(Box(600, 500, 300, 200))
    hands.push("Restore")
    hands.settle()
    hands.act("accept_run")
    hands.act("export")
    dialog = hands.dialog(ExportDialog)
    dialog.path.setText(str(folder / "restored.tif"))
    reports: list[object] = []
    hands.context.jobs.progressed.connect(reports.append)
    hands.click(dialog.go)
    hands.until(lambda: reports)
    hands.close_at_work()
    assert not hands.context.jobs._thread.isRunning()

    assert leftovers(folder) == []
    written = folder / "restored.tif"
    if written.exists():
        changed = (tifffile.imread(written) != samples).any(axis=2)
        changed[499:701, 599:901] = False
        assert not changed.any()
    else:
        assert [path.name for path in folder.iterdir() if path.name.startswith("restored")] == []


def test_a_dialog_that_was_closed_hears_of_nothing_more(at_work: Hands) -> None:
    """What is decided after the export dialog was closed is none of its business."""
    at_work.mark(Box(48, 38, 34, 24))
    at_work.act("restore_all")
    at_work.settle()
    at_work.act("export")
    at_work.dialog(ExportDialog).close()
    alive.settle()
    at_work.act("accept_run")
    assert len(at_work.document.accepted.keys()) == 1
    at_work.act("undo")
