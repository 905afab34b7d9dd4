"""Everything can be reached by keys, has a name for a screen reader, and stands in a menu."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QAction, QImage
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QGraphicsView,
    QLabel,
    QLineEdit,
    QMenu,
    QToolBar,
    QTreeWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app import action_table as actions
from app import theme
from app.commands import decide as deciding
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
from imagest_core.restoration.engines.registry import engine_names
from imagest_core.restoration.request import RestorationRequest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def full(window: MainWindow, scan: Path, qtbot: QtBot, settle: Callable[[], None]) -> MainWindow:
    """The window with damage and a result; only the first step is open."""
    context = window.context
    window.resize(1440, 2400)
    opening.open_path(context, scan)
    qtbot.waitUntil(lambda: context.document is not None)
    masking.invert(context)
    masking.shrink(context)
    context.do(clipped(context))
    restoring.restore_all(context)
    settle()
    return window


def states(window: MainWindow) -> Iterator[str]:
    """Open each step in turn, in each of its states; yields a description of the state that is shown."""
    context = window.context
    for name in window.docks:
        window.handlers.show_panel(name)
        assert [each for each, dock in window.docks.items() if dock.opened] == [name]
        yield name
    window.handlers.show_panel("damage")
    for method in ("difference", "cracks", "losses"):
        window.damage.show_derive(method)
        yield f"damage, {method}"
    window.damage.fold.head.setChecked(False)
    window.handlers.show_panel("restore")
    window.restore.fold.head.setChecked(True)
    for engine in engine_names():
        context.selection.request = RestorationRequest.of(engine)
        yield f"restore, {engine}"
    window.handlers.show_panel("review")
    deciding.next_unreviewed(context)
    yield "review, a region"
    for tool in ToolName:
        context.selection.tool = tool
        yield f"tool {tool}"
    for mode in Compare:
        context.selection.compare = mode
        yield f"compare {mode}"
    context.messages.warn("A warning.")
    yield "a message"


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
    """Visible widgets that can be used and have no name; parts of widgets of Qt are left out."""
    kinds = (QAbstractButton, QAbstractItemView, QAbstractSpinBox, QComboBox, QLineEdit, QGraphicsView)
    used = {*focusable(root), *(w for w in root.findChildren(QWidget) if isinstance(w, kinds))}
    return [described(w) for w in used if w.isVisible() and not name_of(w) and not of_qt(w)]


def of_qt(widget: QWidget) -> bool:
    """A list of a combo box, a field of a spin box, a header of a tree."""
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, QAbstractSpinBox | QComboBox | QLineEdit | QAbstractItemView):
            return True
        parent = parent.parentWidget()
    return widget.objectName().startswith("qt_")


def test_every_focusable_widget_has_an_accessible_name(full: MainWindow, qtbot: QtBot):
    for state in states(full):
        qtbot.wait(10)
        assert nameless(full) == [], state


def test_start_view_has_names(window: MainWindow):
    assert window.welcome.isVisible()
    assert nameless(window) == []


def test_visible_buttons_without_text_have_a_tooltip(full: MainWindow, qtbot: QtBot):
    """Those with an icon only: what they do must be readable without pressing them."""
    for state in states(full):
        qtbot.wait(10)
        buttons = [
            each for each in full.findChildren(QAbstractButton) if each.isVisible() and not of_qt(each)
        ]
        assert len(buttons) > 20, state
        silent = [described(each) for each in buttons if not each.text() and not each.toolTip()]
        assert silent == [], state


def test_every_action_has_a_text_and_a_tooltip(full: MainWindow):
    for name, action in full.actions_.all():
        assert action.text().strip("& "), name
        assert action.toolTip().startswith(action.iconText()), name
        for key in action.shortcuts():
            assert not key.isEmpty(), name


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
    """With each step open, the focus chain contains each visible widget that takes the focus.

    Only states that delete no widget: PySide loses objects next to which a deleted widget was in the chain.
    """
    reached: set[QWidget] = set()
    full.damage.fold.head.setChecked(True)
    full.restore.fold.head.setChecked(True)
    for state in full.docks:
        full.handlers.show_panel(state)
        qtbot.wait(10)
        visible = {w for w in focusable(full) if w.isVisible() and w.isEnabled()}
        assert [described(w) for w in visible - set(focus_chain(full))] == [], state
        reached |= visible
    assert len(reached) > 80


def focus_chain(window: MainWindow) -> Iterator[QWidget]:
    """The widgets in the order in which Tab visits them, once round."""
    at = window.nextInFocusChain()
    while at is not window:
        yield at
        at = at.nextInFocusChain()


def test_the_damage_comes_before_the_style_before_the_restoration(full: MainWindow):
    """Tab goes through the panels in the order of the work."""
    order: list[str] = []
    for at in focus_chain(full):
        for name, dock in full.docks.items():
            if dock.isAncestorOf(at) and name not in order:
                order.append(name)
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


def test_the_manual_has_names_and_escape_closes_it(full: MainWindow, qtbot: QtBot):
    full.action("manual").trigger()
    manual = full.handlers.manual_help.manual
    assert manual is not None
    assert nameless(manual) == []
    qtbot.keyClick(manual, Qt.Key.Key_Escape)
    assert not manual.isVisible()


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
    dialog = about.AboutDialog()
    tree = dialog.findChild(QTreeWidget)
    shown = {tree.topLevelItem(row).text(0).lower() for row in range(tree.topLevelItemCount())}
    assert needed <= shown
    dialog.close()


def test_canvas_takes_and_returns_the_focus(full: MainWindow, qtbot: QtBot):
    full.context.selection.tool = ToolName.PAN
    full.context.selection.compare = Compare.SINGLE
    full.activateWindow()
    full.area.view.setFocus()
    qtbot.waitUntil(full.area.view.hasFocus)
    qtbot.keyClick(full.area.view, Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
    assert not full.area.view.hasFocus()


def looks(widget: QWidget) -> QImage:
    QApplication.processEvents()
    return widget.window().grab(QRect(widget.mapTo(widget.window(), QPoint(0, 0)), widget.size())).toImage()


@pytest.mark.parametrize("theme_name", ["light", "dark"])
def test_the_focus_can_be_seen(full: MainWindow, qtbot: QtBot, theme_name: str):
    """Each part of the panels looks different while it has the focus; the canvas keeps its neutral rim."""
    theme.apply_theme(QApplication.instance(), theme_name)
    full.activateWindow()
    qtbot.waitUntil(full.isActiveWindow)
    unseen: set[str] = set()
    for state, dock in full.docks.items():
        full.handlers.show_panel(state)
        qtbot.wait(10)
        for widget in focusable(dock):
            if not widget.isVisible() or not widget.isEnabled() or widget.visibleRegion().isEmpty():
                continue
            full.area.view.setFocus()
            before = looks(widget)
            widget.setFocus(Qt.FocusReason.TabFocusReason)
            if widget.hasFocus() and looks(widget) == before:
                unseen.add(described(widget))
    assert not unseen
