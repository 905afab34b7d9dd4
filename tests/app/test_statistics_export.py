"""Statistics by class and the list of regions are exported as the same tables as on the command line."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot
from user import User

from app.commands import open as opening
from app.window.main_window import MainWindow
from imagest_core.cli.program import main
from imagest_core.painting.geometry import Box
from imagest_core.project.operations.settings import rename_class

Settle = Callable[[], None]


@pytest.fixture
def user(window: MainWindow, scan: Path, qtbot: QtBot) -> User:
    made = User(window, qtbot)
    made.open(scan)
    made.mark(Box(50, 40, 30, 20))
    made.mark(Box(10, 10, 8, 8))
    made.document.do(rename_class(made.document.state, 1, "Verlust, groß"))
    return made


def choose(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), "CSV (*.csv)"))


def test_both_tables_equal_those_of_the_command_line(
    user: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(monkeypatch, tmp_path / "damage")
    user.act("export_statistics")
    user.settle()
    assert "damage-regions.csv" in user.said[-1].sentence
    rows = list(csv.DictReader((tmp_path / "damage-regions.csv").read_text(encoding="utf-8").splitlines()))
    assert [(row["name"], row["x_px"], row["y_px"], row["area_px"]) for row in rows] == [
        ("Verlust, groß", "10", "10", "64"),
        ("Verlust, groß", "50", "40", "600"),
    ]
    assert float(rows[1]["area_mm2"]) == pytest.approx(600 / 16)
    project = tmp_path / "work.imagest"
    opening.save_as(user.context, project)
    opening.close(user.context)
    tables = tmp_path / "a.csv", tmp_path / "b.csv"
    assert main(["project", "info", str(project), "--csv", str(tables[0]), "--regions", str(tables[1])]) == 0
    assert tables[0].read_bytes() == (tmp_path / "damage.csv").read_bytes()
    assert tables[1].read_bytes() == (tmp_path / "damage-regions.csv").read_bytes()


def test_asks_before_replacing_a_file(user: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    regions = tmp_path / "damage-regions.csv"
    regions.write_text("mine")
    asked: list[str] = []

    def answer(*words: object) -> QMessageBox.StandardButton:
        asked.append(str(words[2]))
        return QMessageBox.StandardButton.Cancel

    monkeypatch.setattr(QMessageBox, "question", answer)
    choose(monkeypatch, tmp_path / "damage.csv")
    user.act("export_statistics")
    user.settle()
    assert asked == ["damage-regions.csv already exists. Replace it?"]
    assert regions.read_text() == "mine"
    assert not (tmp_path / "damage.csv").exists()


def test_a_picture_is_never_replaced_by_a_table(
    user: User, tmp_path: Path, scan: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = tmp_path / "picture.csv"
    picture.write_bytes(scan.read_bytes())
    for path in (picture, tmp_path / "no-such-folder" / "damage.csv"):
        choose(monkeypatch, path)
        user.act("export_statistics")
        user.settle()
        assert user.said[-1].level == "error"
        assert not (tmp_path / "picture-regions.csv").exists()
    assert picture.read_bytes() == scan.read_bytes()
