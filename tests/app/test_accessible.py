"""Everything can be reached by keys, has a name for a screen reader, and stands in a menu."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QComboBox,
    QDialog,
    QGraphicsView,
    QLabel,
    QLineEdit,
    QMenu,
    QToolBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app import action_table as actions
from app.commands import mask as masking
from app.commands import open as opening
from app.commands import restore as restoring
from app.dialogs import about
from app.dialogs.about import AboutDialog
from app.dialogs.export import ExportDialog
from app.dialogs.models import ModelsDialog
from app.dialogs.settings import SettingsDialog
from app.dialogs.shortcuts import ShortcutsDialog
from app.selection import Compare, ToolName
from app.window.main_window import MainWindow

ROOT = Path(__file__).parents[2]


@pytest.fixture
def full(window: MainWindow, scan: Path, qtbot: QtBot, settle: Callable[[], None]) -> MainWindow:
    """The window with everything in it open: damage, a result, every dock, the derive part."""
    context = window.context
    window.resize(1440, 2400)
    opening.open_path(context, scan)
    qtbot.waitUntil(lambda: context.document is not None)
    masking.invert(context)
    masking.shrink(context)
    context.do(clipped(context))
    restoring.restore_all(context)
    settle()
    for dock in window.docks.values():
        dock.open(True)
    window.damage.fold.head.setChecked(True)
    return window


def clipped(context):
    """Leave only a small part of the damage, so that something is intact."""
    from imagest_core.painting.geometry import Box
    from imagest_core.project.operations.mask import change_mask

    state = context.document.state
    after = state.damage.copy()
    labels = after.read(after.box)
    labels[:] = 0
    labels[40:50, 50:60] = 1
    after.write(Box(0, 0, labels.shape[1], labels.shape[0]), labels)
    return change_mask(state.damage, after, "Brush")


def focusable(root: QWidget) -> Iterator[QWidget]:
    for widget in root.findChildren(QWidget):
        inner = isinstance(widget.parent(), QAbstractScrollArea) or widget.objectName().startswith("qt_")
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and not inner:
            yield widget


def name_of(widget: QWidget) -> str:
    """What a screen reader can say of it: its name, its text, or its label's."""
    texts = [widget.accessibleName()]
    if isinstance(widget, QAbstractButton):
        texts.append(widget.text())
        texts += [widget.defaultAction().text()] if getattr(widget, "defaultAction", lambda: None)() else []
    buddies = [lbl.text() for lbl in widget.window().findChildren(QLabel) if lbl.buddy() is widget]
    return next((text for text in (*texts, *buddies) if text.strip()), "")


def described(widget: QWidget) -> str:
    parents = []
    while widget is not None:
        parents.append(f"{type(widget).__name__}#{widget.objectName()}")
        widget = widget.parentWidget()
    return " < ".join(parents[:4])


def nameless(root: QWidget) -> list[str]:
    """Widgets that can be used and say nothing; parts that Qt itself puts into its widgets are theirs."""
    kinds = (QAbstractButton, QAbstractItemView, QAbstractSpinBox, QComboBox, QLineEdit, QGraphicsView)
    used = {*focusable(root), *(w for w in root.findChildren(QWidget) if isinstance(w, kinds))}
    return [described(w) for w in used if not name_of(w) and not of_qt(w)]


def of_qt(widget: QWidget) -> bool:
    """A list of a combo box, a field of a spin box, a header of a tree."""
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, QAbstractSpinBox | QComboBox | QLineEdit | QAbstractItemView):
            return True
        parent = parent.parentWidget()
    return widget.objectName().startswith("qt_")


def test_whatever_takes_the_focus_has_a_name(full: MainWindow):
    assert nameless(full) == []


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("settings", SettingsDialog),
        ("shortcuts", ShortcutsDialog),
        ("about", AboutDialog),
        ("export", ExportDialog),
        ("models", ModelsDialog),
    ],
)
def test_dialogs_too_and_escape_closes_them(full: MainWindow, qtbot: QtBot, name: str, kind: type[QDialog]):
    qtbot.waitUntil(full.action(name).isEnabled)
    full.action(name).trigger()
    dialog = next(item for item in full.findChildren(kind) if item.isVisible())
    assert nameless(dialog) == []
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_tab_reaches_everything(full: MainWindow, qtbot: QtBot):
    """The chain of focus, as Tab walks it, holds every widget that takes it and is to be seen."""
    seen: set[QWidget] = set()
    at = full.nextInFocusChain()
    while at is not full and at not in seen:
        seen.add(at)
        at = at.nextInFocusChain()
    wanted = {w for w in focusable(full) if w.isVisible() and w.isEnabled()}
    assert len(wanted) > 40
    assert [described(w) for w in wanted - seen] == []


def test_the_damage_comes_before_the_style_before_the_restoration(full: MainWindow):
    """Tab goes through the panels in the order of the work."""
    order: list[str] = []
    at = full.nextInFocusChain()
    while at is not full:
        for name, dock in full.docks.items():
            if dock.isAncestorOf(at) and name not in order:
                order.append(name)
        at = at.nextInFocusChain()
    assert order == list(full.docks)


def entries(menu: QMenu) -> Iterator[QAction]:
    for action in menu.actions():
        if action.menu() is not None:
            yield from entries(action.menu())
        elif not action.isSeparator():
            yield action


def test_every_key_and_toolbar_button_has_a_menu_entry(full: MainWindow):
    listed = {action for menu in full.menus.values() for action in entries(menu)}
    for name, action in full.actions_.all():
        assert action in listed, name
    for bar in full.findChildren(QToolBar):
        for action in bar.actions():
            assert action.isSeparator() or action in listed, action.text()
    for action in full.findChildren(QAction):
        if not action.shortcut().isEmpty():
            assert action in listed, action.text()


def test_every_menu_entry_says_what_it_is_and_letters_differ(full: MainWindow):
    for title, menu in full.menus.items():
        letters = [a.text()[a.text().index("&") + 1].lower() for a in menu.actions() if "&" in a.text()]
        assert len(letters) == len(set(letters)), title
        assert all(a.text() or a.isSeparator() for a in menu.actions())


def test_the_list_of_keys_is_searched(full: MainWindow, qtbot: QtBot):
    full.action("shortcuts").trigger()
    dialog = full.findChild(ShortcutsDialog)
    whole = dialog.model.rowCount()
    assert whole == sum(bool(spec.keys) for spec in actions.specs()) + len(actions.HELD)
    qtbot.keyClicks(dialog.search, "brush")
    assert 0 < dialog.model.rowCount() < whole
    dialog.search.setText("Ctrl+Shift+A")
    assert [dialog.model.index(row, 0).data() for row in range(dialog.model.rowCount())] == ["Accept result"]
    dialog.search.setText("no such thing")
    assert dialog.none.isVisible()
    dialog.close()


def test_about_lists_every_required_library():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = {text.split(">")[0].strip().lower() for text in project["dependencies"]}
    assert {name.lower() for name in about.PARTS} == needed
    assert all(about.version(name) != "–" for name in about.PARTS)


def test_canvas_takes_and_returns_the_focus(full: MainWindow, qtbot: QtBot):
    full.context.selection.tool = ToolName.PAN
    full.context.selection.compare = Compare.SINGLE
    full.activateWindow()
    full.area.view.setFocus()
    qtbot.waitUntil(full.area.view.hasFocus)
    qtbot.keyClick(full.area.view, Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
    assert not full.area.view.hasFocus()
