"""How damage is drawn: palettes, hatching, and what is kept for the next session."""

from __future__ import annotations

import numpy as np
import pytest
from canvas_runs import filled_run
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.canvas.labels import LabelLevels
from app.canvas.overlay_pixels import overlay_style, render
from app.document import OpenDocument
from app.palettes import BRIGHT, MaskPalette, displayed_classes
from app.settings import Settings
from app.window.main_window import MainWindow
from imagest_core.damage.classes import DEFAULT_CLASSES
from imagest_core.damage.hatching import PATTERNS, hatch
from imagest_core.damage.map import DamageMap
from imagest_core.painting.geometry import Box
from imagest_core.project.operations.decisions import accept
from imagest_core.project.operations.mask import change_mask
from imagest_core.project.operations.results import add_run

SQUARE = Box(20, 20, 30, 30)


def test_every_class_has_its_own_pattern() -> None:
    box = Box(3, 5, 56, 56)
    drawn = [hatch(np.full((56, 56), label, np.uint8), box) for label in range(1, PATTERNS + 1)]
    for index, one in enumerate(drawn):
        assert 0.03 < one.mean() < 0.6, index
        for other in drawn[index + 1 :]:
            assert (one != other).mean() > 0.05


def test_hatching_does_not_depend_on_where_it_is_rendered() -> None:
    labels = np.full((60, 60), 5, np.uint8)
    whole = hatch(labels, Box(0, 0, 60, 60))
    assert np.array_equal(whole[13:40, 17:50], hatch(labels[13:40, 17:50], Box(17, 13, 33, 27)))


def test_hatched_damage_is_partly_transparent_inside_its_outline() -> None:
    levels, damage = LabelLevels(1), DamageMap(64, 64)
    damage.write(Box(8, 8, 48, 48), np.full((48, 48), 2, np.uint8))
    levels.show(damage)
    pixels = render(levels, overlay_style(DEFAULT_CLASSES, hatched=True), Box(0, 0, 64, 64), 1.0)
    assert pixels is not None
    inside = pixels[12:52, 12:52]
    assert 0.2 < (inside > 0).mean() < 0.4
    assert (pixels[8, 8:56] > 0).all()


def test_bright_palette_gives_each_default_class_another_colour() -> None:
    colours = [item.colour for item in displayed_classes(DEFAULT_CLASSES, MaskPalette.BRIGHT)]
    assert len(set(colours)) == len(DEFAULT_CLASSES)
    assert set(colours) <= set(BRIGHT)
    assert displayed_classes(DEFAULT_CLASSES, MaskPalette.CLASSES) == DEFAULT_CLASSES


@pytest.fixture
def damaged(window: MainWindow, opened: OpenDocument, qtbot: QtBot) -> MainWindow:
    qtbot.waitUntil(lambda: window.area.layers is not None and window.area.layers.complete)
    after = opened.state.damage.copy()
    after.write(SQUARE, np.full((30, 30), 1, np.uint8))
    opened.do(change_mask(opened.state.damage, after, "Mark"))
    window.activateWindow()
    assert QTest.qWaitForWindowActive(window)
    return window


def shades(window: MainWindow) -> set[str]:
    """The colours inside the marked square as the canvas shows them."""
    view = window.area.view
    corner = view.viewportTransform().map(QPointF(SQUARE.x + 6, SQUARE.y + 6)).toPoint()
    shown = view.viewport().grab().toImage()
    return {shown.pixelColor(corner.x() + x, corner.y() + y).name() for x in range(20) for y in range(20)}


def test_palette_and_hatching_are_chosen_in_the_menu_and_kept(damaged: MainWindow) -> None:
    plain = shades(damaged)
    damaged.action("palette_bright").trigger()
    bright = shades(damaged)
    assert not plain & bright
    QTest.keyClick(damaged.area.view, Qt.Key.Key_T, Qt.KeyboardModifier.ShiftModifier)
    assert damaged.action("mask_hatched").isChecked()
    hatched = shades(damaged)
    original = {name for name in hatched if QColor(name).saturation() < 200}
    assert original, "the picture is not visible between the lines"
    again = Settings(damaged.context.settings._store).preferences
    assert (again.palette, again.mask_hatched) == ("bright", True)
    damaged.action("palette_classes").trigger()
    damaged.action("mask_hatched").trigger()
    assert shades(damaged) == plain


def test_hatching_shows_fills_under_review_and_accepted_ones(
    window: MainWindow, opened: OpenDocument, qtbot: QtBot
) -> None:
    boxes = [Box(20, 20, 20, 20), Box(80, 60, 20, 20)]
    opened.do(add_run(filled_run(1, boxes, 30000, (160, 120))))
    run = opened.state.runs[1]
    window.context.selection.run = None
    window.context.selection.provenance_visible = True
    layers = window.area.layers
    assert layers is not None

    def labels() -> list[int]:
        read = [layers.provenance.labels.read(0, Box(box.x + 5, box.y + 5, 1, 1)) for box in boxes]
        return [0 if label is None else int(label[0, 0]) for label in read]

    qtbot.waitUntil(lambda: labels() == [0, 0])
    window.context.selection.run = 1
    qtbot.waitUntil(lambda: labels() == [2, 2])
    opened.do(accept(opened.state, run, [1]))
    window.context.selection.run = None
    qtbot.waitUntil(lambda: labels() == [1, 0])


def test_lines_keep_their_direction_in_a_turned_view() -> None:
    for label in range(1, 5):
        labels = np.full((28, 28), label, np.uint8)
        upright, turned = hatch(labels, Box(0, 0, 28, 28)), hatch(labels, Box(0, 0, 28, 28), turned=True)
        shown = np.rot90(turned, -1)
        assert any(
            np.array_equal(np.roll(shown, shift, axis), upright) for shift in range(7) for axis in (0, 1)
        )
