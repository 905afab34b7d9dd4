"""A project that can't be changed looks like it: title, tools, menus and panels, with the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QFileDialog, QWidget
from pytestqt.qtbot import QtBot
from user import User

from app.action_table import CHANGING, specs
from app.commands import decide as deciding
from app.commands import open as opening
from app.commands import restore as restoring
from app.main import set_language
from app.selection import ToolName
from app.window.main_window import MainWindow
from imagest_core.painting.geometry import Box
from imagest_core.project.document import Document

Settle = Callable[[], None]
TOOLS = ("brush", "eraser", "lasso", "polygon", "rectangle", "wand", "fill", "style")


@pytest.fixture
def locked(window: MainWindow, scan: Path, tmp_path: Path, qtbot: QtBot) -> Iterator[User]:
    """A project with damage and a result, opened while another process has it open."""
    user = User(window, qtbot)
    user.open(scan)
    user.mark(Box(50, 40, 30, 20))
    restoring.restore_all(window.context)
    user.settle()
    user.act("tool_brush")
    opening.save_as(window.context, tmp_path / "work.imagest")
    opening.close(window.context)
    with Document.open(tmp_path / "work.imagest"):
        user.open(tmp_path / "work.imagest")
        qtbot.wait(20)
        yield user
        opening.close(window.context)


def test_the_title_says_read_only(locked: User) -> None:
    assert locked.window.windowTitle() == "work.imagest (read-only) – Imagest Workstation"
    assert "is in use by" in locked.window.banner.sentence.text()


def test_changing_actions_are_disabled_and_say_why(locked: User) -> None:
    locked.context.selection.run, locked.context.selection.region = 1, 1
    locked.until(locked.window.action("show_result").isEnabled)
    for spec in specs():
        action = locked.window.action(spec.id)
        if spec.id in CHANGING:
            assert not action.isEnabled(), spec.id
            assert "is in use by" in action.toolTip(), spec.id
        else:
            assert "is in use by" not in action.toolTip(), spec.id
    for name in ("export", "export_mask", "next_run", "next_region", "tool_measure", "save_as"):
        locked.until(locked.window.action(name).isEnabled)


def test_painting_tools_can_not_be_chosen(locked: User) -> None:
    assert locked.context.selection.tool == ToolName.PAN, "the brush was left in use"
    for key in "BELPRWGSX":
        locked.press(key)
        assert locked.context.selection.tool == ToolName.PAN
    assert all(not locked.window.action(f"tool_{name}").isEnabled() for name in TOOLS)


def test_panels_are_disabled_and_say_why(locked: User) -> None:
    window = locked.window
    for panel in (window.damage, window.style_panel, window.restore):
        assert "is in use by" in panel.notice.text()
        assert not panel.notice.isHidden()
        assert not any(child.isEnabled() for child in panel.findChildren(QAbstractButton))
        button = next(each for each in panel.findChildren(QAbstractButton) if each.isVisibleTo(panel))
        covering = panel.childAt(button.mapTo(panel, button.rect().center()))
        assert "is in use by" in covering.toolTip()
    for button in (window.restore.footer.go, window.results.accept, window.results.discard):
        assert not button.isEnabled()
        assert "is in use by" in button.toolTip()
    before = len(locked.document.document.history.done)
    model = window.history.model
    assert "is in use by" in model.data(model.index(0), Qt.ItemDataRole.ToolTipRole)
    window.handlers.show_panel("history")
    view = window.history.list
    locked.until(view.isVisible)
    place = view.visualRect(model.index(1)).center()
    QtBot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert len(locked.document.document.history.done) == before


def test_results_can_be_looked_at(locked: User) -> None:
    locked.act("next_run")
    assert locked.context.selection.run == 1
    assert locked.window.results.copy.isEnabled()
    deciding.step_region(locked.context, 1)
    assert not locked.window.review.accept.isEnabled()
    assert "is in use by" in locked.window.review.accept.toolTip()


def test_saving_under_another_name_makes_it_writable(
    locked: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "mine.imagest"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(own), ""))
    locked.act("save")
    window = locked.window
    assert window.windowTitle() == "mine.imagest – Imagest Workstation"
    locked.until(window.action("tool_brush").isEnabled)
    assert window.action("undo").isEnabled()
    assert "in use" not in window.action("tool_brush").toolTip()
    assert window.damage.isEnabled()
    assert window.damage.notice.isHidden()
    assert window.restore.footer.go.isEnabled()
    assert "Restore everything" in window.restore.footer.go.toolTip()
    locked.act("tool_brush")
    while window.banner.isVisible():
        assert "in use" not in window.banner.sentence.text()
        window.banner.dismiss()


def test_the_next_document_is_writable_again(locked: User, scan: Path) -> None:
    locked.context.settings._write("projects", {})
    locked.open(scan)
    assert locked.window.damage.isEnabled()
    assert locked.window.damage.notice.isHidden()
    locked.until(locked.window.action("tool_brush").isEnabled)
    assert not any("in use" in child.toolTip() for child in locked.window.findChildren(QWidget))


def test_read_only_is_translated(locked: User, qapp) -> None:
    set_language(qapp, "zh_CN")
    locked.window._show_title()
    assert "只读" in locked.window.windowTitle()
    locked.window.damage.update_access()
    assert "正在使用" in locked.window.damage.notice.text()
