"""The panels and dialogs, used through their widgets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QAbstractButton, QApplication, QColorDialog, QDialog, QScrollArea
from pytestqt.qtbot import QtBot

from app.dialogs.about import AboutDialog, LicenceDialog
from app.dialogs.export import ExportDialog
from app.dialogs.settings import SettingsDialog
from app.dialogs.shortcuts import ShortcutsDialog
from app.document import OpenDocument
from app.panels.classes import ClassRow, Swatch
from app.panels.damage import DamagePanel
from app.panels.style import StylePanel
from app.window.main_window import MainWindow
from imagest_core.damage.classes import Policy
from imagest_core.painting.geometry import Box
from imagest_core.project.operations.mask import change_mask
from imagest_core.project.operations.settings import add_style_region

Settle = Callable[[], None]


def mark(document: OpenDocument, box: Box) -> None:
    after = document.state.damage.copy()
    after.write(box, np.ones((box.height, box.width), np.uint8))
    document.do(change_mask(document.state.damage, after, "Brush stroke"))


def dialog_of(kind: type[QDialog]) -> QDialog:
    return next(w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible())


def test_losses_by_a_picked_ground_are_previewed_then_applied(
    window: MainWindow, opened: OpenDocument, qtbot: QtBot, settle: Settle
):
    panel: DamagePanel = window.damage
    panel.show_derive("losses")
    assert window.docks["restore"].opened is False
    window.context.selection.visible = opened.painting.box
    window.context.selection.picked.emit(60, 50)
    qtbot.waitUntil(lambda: window.context.selection.proposal is not None, timeout=20_000)
    before = window.context.selection.proposal
    assert before.mask[45:55, 55:75].all()
    assert not before.mask[90:, :].any()
    assert opened.state.damage.empty, "a preview changes nothing"

    window.context.selection.label = 4
    qtbot.waitUntil(lambda: window.context.selection.proposal.label == 4, timeout=20_000)
    window.context.selection.label = 1
    qtbot.waitUntil(lambda: window.context.selection.proposal.label == 1, timeout=20_000)
    before = window.context.selection.proposal
    panel.derive.amounts["dilate"].slider.setValue(4)
    qtbot.waitUntil(lambda: window.context.selection.proposal is not before, timeout=20_000)
    assert window.context.selection.proposal.mask.sum() > before.mask.sum()

    qtbot.mouseClick(panel.derive.apply_button, Qt.MouseButton.LeftButton)
    settle()
    assert window.context.selection.proposal is None
    assert [entry.name for entry in opened.document.history.done] == ["Derive losses"]
    assert opened.state.damage.count() >= 20 * 30
    assert window.docks["restore"].attracting


@pytest.mark.parametrize("size", [(1440, 900), (1920, 1080)])
def test_the_classes_stay_visible_while_deriving(
    window: MainWindow, opened: OpenDocument, qtbot: QtBot, size: tuple[int, int]
):
    window.resize(*size)
    window.damage.show_derive("losses")
    rows = window.damage.classes.findChildren(ClassRow)
    assert len(rows) == 7
    whole = [*rows, window.damage.derive.apply_button]
    qtbot.waitUntil(lambda: all(part.visibleRegion().boundingRect() == part.rect() for part in whole))
    assert all(part.height() >= part.sizeHint().height() for part in whole)
    window.damage.fold.head.setChecked(False)
    assert not window.damage.derive.apply_button.isVisible()


def test_a_small_panel_scrolls_and_keeps_the_apply_button_visible(
    window: MainWindow, opened: OpenDocument, qtbot: QtBot
):
    window.resize(1000, 560)
    window.damage.show_derive("losses")
    apply, rows = window.damage.derive.apply_button, window.damage.classes.findChildren(ClassRow)
    scroll = window.docks["damage"].findChild(QScrollArea).verticalScrollBar()
    qtbot.waitUntil(lambda: scroll.maximum() > 0)
    for value in (scroll.minimum(), scroll.maximum()):
        scroll.setValue(value)
        qtbot.waitUntil(lambda: apply.visibleRegion().boundingRect() == apply.rect())
    assert all(made.height() >= made.sizeHint().height() for made in rows)


def test_difference_needs_a_clean_picture_and_shows_its_registration(
    window: MainWindow, opened: OpenDocument, qtbot: QtBot, scan: Path, tmp_path: Path
):
    panel = window.damage
    panel.show_derive("difference")
    assert not panel.derive.apply_button.isEnabled()
    assert "clean picture" in panel.derive.state.text()
    picture = tifffile.imread(scan)
    picture[40:60, 50:80] = picture[40:60, 20:50]
    tifffile.imwrite(tmp_path / "clean.tif", picture, photometric="rgb")
    window.context.selection.visible = opened.painting.box
    panel.derive.clean.use_file(tmp_path / "clean.tif")
    qtbot.waitUntil(lambda: window.context.selection.proposal is not None, timeout=30_000)
    mask = window.context.selection.proposal.mask
    assert mask[42:58, 52:78].mean() > 0.95
    assert mask[80:, 100:].mean() < 0.05


def test_class_rows_change_policy_visibility_and_lock(window: MainWindow, opened: OpenDocument, qtbot: QtBot):
    def button_of(label: int, name: str) -> QAbstractButton:
        row = window.damage.classes._rows[label]
        return next(b for b in row.findChildren(QAbstractButton) if name in b.accessibleName())

    def item(label: int):
        return opened.state.damage.class_of(label)

    qtbot.mouseClick(button_of(2, "crack: fill"), Qt.MouseButton.LeftButton)
    assert item(2).policy is Policy.RECORD
    qtbot.mouseClick(button_of(2, "Hide"), Qt.MouseButton.LeftButton)
    assert not item(2).visible
    qtbot.mouseClick(button_of(2, "Lock"), Qt.MouseButton.LeftButton)
    assert item(2).locked
    qtbot.mouseClick(window.damage.classes._rows[3], Qt.MouseButton.LeftButton)
    assert window.context.selection.label == 3


def test_areas_are_in_square_millimetres(window: MainWindow, opened: OpenDocument, qtbot: QtBot):
    mark(opened, Box(0, 0, 40, 40))
    row = window.damage.classes._rows[1]
    qtbot.waitUntil(lambda: row.area.text() == "100.0 mm²")
    assert "1,600 px" in row.area.toolTip()
    assert "TIFF" in row.area.toolTip()


def test_style_is_suggested_for_damage_and_accepted_with_one_click(
    window: MainWindow, opened: OpenDocument, qtbot: QtBot
):
    panel: StylePanel = window.style_panel
    mark(opened, Box(50, 40, 30, 20))
    qtbot.waitUntil(lambda: bool(window.context.selection.suggestions), timeout=20_000)
    count = len(window.context.selection.suggestions)
    assert panel.card.isHidden()
    panel.accept_suggestions()
    assert len(opened.state.style.regions) == count
    assert window.context.selection.suggestions == ()
    assert opened.document.history.done[-1].name == "Use suggested style"
    opened.undo()
    assert opened.state.style.regions == ()


def test_a_reference_with_damage_shows_a_warning_and_is_trimmed(
    window: MainWindow, opened: OpenDocument, qtbot: QtBot
):
    panel = window.style_panel
    opened.do(add_style_region(opened.state, Box(90, 60, 60, 50)))
    assert panel.warning.isHidden()
    mark(opened, Box(80, 90, 30, 20))
    assert not panel.warning.isHidden()
    qtbot.mouseClick(panel._trim_button, Qt.MouseButton.LeftButton)
    assert panel.warning.isHidden()
    (region,) = opened.state.style.regions
    assert not opened.state.damage.read(region).any()
    assert Box(90, 60, 60, 50).contains(region)


def test_export_refuses_the_source_and_existing_files(window: MainWindow, opened: OpenDocument, scan: Path):
    window.handlers.export()
    dialog = dialog_of(ExportDialog)
    assert "accept" in dialog.answer.text()
    assert not dialog.go.isEnabled()
    dialog.close()


def test_shortcuts_are_found_by_name_and_key(window: MainWindow):
    window.handlers.shortcuts()
    dialog = dialog_of(ShortcutsDialog)
    everything = dialog.model.rowCount()
    dialog.search.setText("brush")
    assert 3 <= dialog.model.rowCount() < everything
    dialog.search.setText("nothing like this")
    assert dialog.model.rowCount() == 0
    assert not dialog.none.isHidden()
    dialog.close()


def test_settings_take_effect_immediately(window: MainWindow):
    window.handlers.settings()
    dialog = dialog_of(SettingsDialog)
    dialog._prefer("theme", "dark")
    from app import theme

    assert theme.roles() is theme.DARK
    dialog._prefer("theme", "light")
    assert theme.roles() is theme.LIGHT
    dialog._prefer("surround", "black")
    assert window.context.selection.surround == "black"
    dialog.close()


def test_about_lists_versions_and_licences(window: MainWindow):
    from PySide6.QtWidgets import QPlainTextEdit, QTreeWidget

    from imagest_core.licenses import third_party

    window.handlers.about()
    dialog = dialog_of(AboutDialog)
    tree = dialog.findChild(QTreeWidget)
    rows = {
        tree.topLevelItem(n).text(0): tree.topLevelItem(n).text(2) for n in range(tree.topLevelItemCount())
    }
    assert rows["PySide6-Essentials"].startswith("LGPL-3.0")
    assert all(rows.values())
    assert rows["torch"]
    assert rows["ray"] == "Apache-2.0"
    assert rows["onnx"] == "Apache-2.0"
    assert tree.topLevelItemCount() == len(third_party())
    tree.itemActivated.emit(tree.findItems("numpy", Qt.MatchFlag.MatchExactly)[0], 0)
    licence = dialog.findChild(LicenceDialog)
    assert "NumPy Developers" in licence.findChild(QPlainTextEdit).toPlainText()
    dialog.close()


@pytest.mark.parametrize("theme_name", ["light", "dark"])
def test_text_contrast(theme_name: str):
    from app.theme import DARK, LIGHT

    roles = DARK if theme_name == "dark" else LIGHT

    def luminance(colour: str) -> float:
        parts = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    for ink, ground in (
        ("ink", "panel"),
        ("soft", "panel"),
        ("on_accent", "accent"),
        ("warning", "panel"),
        ("error", "panel"),
    ):
        high, low = sorted((luminance(getattr(roles, ink)), luminance(getattr(roles, ground))), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 4.5, (ink, ground)
    for role in ("window", "panel", "raised", "field", "line", "ink", "soft", "faint"):
        colour = getattr(roles, role)
        assert colour[1:3] == colour[3:5] == colour[5:7], f"{role} has a tint"


def swatch_of(window: MainWindow, label: int) -> Swatch:
    row = next(row for row in window.damage.findChildren(ClassRow) if row.item.label == label)
    return row.findChild(Swatch)


def test_a_click_on_a_colour_selects_its_class(window: MainWindow, opened: OpenDocument, qtbot: QtBot):
    qtbot.mouseClick(swatch_of(window, 3), Qt.MouseButton.LeftButton)
    assert window.context.selection.label == 3
    assert QApplication.activeModalWidget() is None


@pytest.mark.parametrize("by_key", [False, True])
def test_a_double_click_or_a_key_on_a_colour_changes_it(
    window: MainWindow, opened: OpenDocument, qtbot: QtBot, by_key: bool
):
    def choose() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, QColorDialog)
        dialog.setCurrentColor("#102030")
        dialog.accept()

    QTimer.singleShot(100, choose)
    if by_key:
        qtbot.keyClick(swatch_of(window, 3), Qt.Key.Key_Space)
    else:
        qtbot.mouseDClick(swatch_of(window, 3), Qt.MouseButton.LeftButton)
    assert opened.state.damage.class_of(3).colour == "#102030"
