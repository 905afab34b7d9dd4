"""The window says where unnamed projects are kept, and shows the folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.dialogs.about import AboutDialog
from app.dialogs.settings import SettingsDialog
from app.widgets.project_folder import ProjectFolder
from app.window.main_window import MainWindow
from imagest_core.project.storage.folders import unnamed_projects


@pytest.mark.parametrize("place", ["welcome", "settings", "about"])
def test_the_folder_of_unnamed_projects_is_shown(
    window: MainWindow, place: str, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(Path(url.toLocalFile())))
    parent: QWidget = window.welcome
    if place != "welcome":
        window.action(place).trigger()
        kind = SettingsDialog if place == "settings" else AboutDialog
        parent = window.findChild(kind)
    line = parent.findChild(ProjectFolder)
    qtbot.waitUntil(line.isVisible)
    assert str(unnamed_projects()) in line.sentence.text()
    qtbot.mouseClick(line.show_button, Qt.MouseButton.LeftButton)
    assert opened == [unnamed_projects()]
    assert unnamed_projects().is_dir()
    if place != "welcome":
        parent.reject()
