"""The GUI benchmark at toy size: every row is measured, no time is checked."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app import launch
from app.benchmarks import gui
from app.benchmarks.gui import TableRow
from app.benchmarks.reach import unreachable
from app.benchmarks.stage import Stalls
from imagest_core.errors import ImagestError
from imagest_core.progress import Progress

TOY = gui.ScanSizes((320, 240), (200, 150), "harmonic", (400, 300), 9, 5, 3, 2, ())
NEW_LIMITS = {
    "brush 2,000 px, median update, 0.12 MP, 100 %": 16,
    "brush 2,000 px, median update, 0.12 MP, whole scan": 16,
    "next region, median, 9 regions": 50,
    "accept → next region, median, 9 regions": 50,
    "growth of memory by 5 strokes": 5,
    "growth of memory by 3 times undo and redo": 5,
    "growth of memory by 2 openings": 5,
}


def test_a_row_shows_its_limit_and_whether_it_is_met():
    rows = [
        TableRow("quick", 3, "ms", 16),
        TableRow("slow", 20, "ms", 16),
        TableRow("no limit", 5, "s"),
    ]
    assert [row.met for row in rows] == [True, False, True]
    assert rows[0].line().endswith("≤ 16      met")
    assert rows[1].line().endswith("≤ 16      MISSED")
    assert rows[2].line().endswith("–")
    assert gui.summary(rows) == "1 of 2 limits are met"


def test_every_row_of_the_table_is_measured(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr(gui, "apart", gui.measure)
    rows = list(gui.table(TOY, Progress()))
    assert all(math.isfinite(row.value) and row.value >= 0 for row in rows)
    limits = {row.name: row.limit for row in rows if row.limit is not None}
    assert limits["time to window"] == 1.0
    assert limits["open → first picture, 0.0768 MP 16-bit"] == 3
    assert limits["peak memory / raw size"] == 2.5
    assert limits["brush 200 px, median update, 0.0768 MP"] == 16
    assert limits["brush on the large scan / on the small one"] == 1.5
    assert limits["longest stall while restoring"] == 100
    assert sum(limit == 16 for name, limit in limits.items() if "median frame" in name) == 6
    assert limits["cracks: slider → preview, worst"] == 300
    assert limits["losses: slider → preview, worst"] == 300
    assert limits["difference (Otsu): slider → preview, worst"] == 300
    assert limits["longest stall while it is marked"] == 100
    assert NEW_LIMITS.items() <= limits.items()
    values = {row.name: row.value for row in rows}
    assert values["previews shown on the way"] > 0
    assert values["restoring the sample by harmonic"] > 0


def test_reach_is_measured_on_a_screen_of_its_own():
    (row,) = gui.reach_rows(1.25)
    assert row.name.endswith("controls out of reach, 1280 × 720 × 1.25")
    assert int(row.name.split()[1]) > 200
    assert (row.value, row.limit) == (0, 0)


def test_controls_that_are_cut_off_are_found(qtbot: QtBot):
    inside = QWidget()
    qtbot.addWidget(inside)
    inside.resize(200, 100)
    for name, x in (("visible", 10), ("cut", 190)):
        button = QPushButton(name, inside)
        button.setGeometry(x, 10, 80, 30)
    inside.show()
    qtbot.waitExposed(inside)
    lines = unreachable(inside)
    assert len(lines) == 1
    assert "cut" in lines[0]


def test_a_failed_measurement_is_reported_in_one_sentence():
    with pytest.raises(ImagestError, match="Measuring opening failed"):
        gui.apart("opening", "/nowhere/scan.tif")


def test_a_stalled_event_loop_is_noticed(qtbot: QtBot):
    import time

    stalls = Stalls(limit=0.05)
    qtbot.wait(30)
    time.sleep(0.2)
    qtbot.waitUntil(lambda: stalls.count > 0)
    stalls.stop()
    assert stalls.longest > 0.15
    QCoreApplication.processEvents()


def test_the_command_line_runs_the_gui_benchmark(capsys: pytest.CaptureFixture):
    with pytest.raises(SystemExit) as ended:
        launch.main(["bench", "gui", "--help"])
    assert ended.value.code == 0
    assert "imagest bench gui" in capsys.readouterr().out


def test_the_core_alone_refers_to_the_gui_benchmark(capsys: pytest.CaptureFixture):
    from imagest_core.cli.program import main

    assert main(["bench", "gui"]) == 2
    assert "imagest bench gui" in capsys.readouterr().err


def test_memory_and_start_are_measured_under_the_same_conditions_each_time(monkeypatch: pytest.MonkeyPatch):
    seen: list[tuple[str, dict[str, str]]] = []

    def apart(what: str, *arguments: str, **variables: str) -> dict[str, float]:
        seen.append((what, variables))
        return dict.fromkeys(("seconds", "cpu", "torch", "strokes", "undos", "openings"), 0.0)

    monkeypatch.setattr(gui, "apart", apart)
    list(gui.starting_rows())
    list(gui.memory_rows(Path("scan.tif"), TOY))
    (_, first), (_, second), (_, memory) = seen
    assert first == second
    assert first["PYTHONPYCACHEPREFIX"]
    assert first["PYTHONDONTWRITEBYTECODE"] == ""
    assert memory == {"MALLOC_ARENA_MAX": "1"}
