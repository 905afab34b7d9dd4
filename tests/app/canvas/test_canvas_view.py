"""The view: zoom and pan, what it draws, and the overlays."""

from __future__ import annotations

import numpy as np
import pytest
from mouse import Mouse
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest

from app.canvas.decoration import GRID_FROM
from app.canvas.navigation import LARGEST, ViewPosition
from app.canvas.view import CanvasView
from app.selection import Proposal
from imagest_core.painting.geometry import Box
from imagest_core.project.operations.decisions import accept
from imagest_core.project.operations.results import add_run
from imagest_core.project.operations.settings import add_style_region, recolour_class, show_class


def colour(view: CanvasView, x: int, y: int) -> tuple[int, int, int]:
    """What the screen shows at a point of the viewport."""
    shot: QImage = view.viewport().grab().toImage()
    return shot.pixelColor(x, y).getRgb()[:3]


def test_picture_is_drawn_in_its_colours(view) -> None:
    assert colour(view, 20, 20) == (47, 47, 47)  # 12000 of 65535
    assert colour(view, 130, 80) == (195, 195, 195)
    assert colour(view, 750, 450) == (118, 118, 118)  # the surround


def test_fit_shows_the_whole_picture(view) -> None:
    view.fit()
    assert view.visible_box() == view.box
    view.resize(400, 300)
    assert view.visible_box() == view.box


def test_the_point_under_the_cursor_stays_when_zooming(view) -> None:
    before = view.to_picture(QPointF(130, 80))
    for _ in range(5):
        Mouse(view).wheel(130, 80, 120)
    after = view.to_picture(QPointF(130, 80))
    assert view.zoom == pytest.approx(1.25**5)
    assert (after - before).manhattanLength() < 1


def test_zoom_is_limited_to_3200_percent(view) -> None:
    view.zoom_to(1000)
    assert view.zoom == LARGEST == 32
    view.zoom_to(1e-9)
    assert view.zoom == pytest.approx(48 / 700)


def test_middle_button_pans(view, mouse) -> None:
    place = view.position
    mouse.press(300, 300, Qt.MouseButton.MiddleButton)
    mouse.move(250, 280)
    mouse.release(250, 280, Qt.MouseButton.MiddleButton)
    assert view.position == ViewPosition(place.x + 50, place.y + 20, 1.0)
    assert not view.panning


def test_middle_button_pans_during_a_stroke(view, mouse, context, document) -> None:
    context.selection.tool, context.selection.brush_size = "brush", 10.0
    mouse.press(100, 100)
    mouse.press(100, 100, Qt.MouseButton.MiddleButton)
    mouse.move(60, 100)
    mouse.release(60, 100, Qt.MouseButton.MiddleButton)
    mouse.move(70, 100)
    mouse.release(70, 100)
    assert document.state.damage.bounds() == Box(95, 95, 20, 10)


def test_hand_tool_pans(view, mouse) -> None:
    place = view.position
    mouse.drag((300, 300), (310, 330))
    assert view.position.y == place.y - 30


def test_mouse_position_is_reported(view, mouse, qtbot) -> None:
    with qtbot.waitSignal(view.hovered) as signal:
        mouse.move(200, 100, down=False)
    assert signal.args == [pytest.approx(200), pytest.approx(100)]


def test_visible_part_is_reported(view, context) -> None:
    view.set_view(ViewPosition(350, 200, 4.0))
    assert context.selection.visible == view.visible_box()
    assert context.selection.visible.width == 200


def test_reveal_moves_to_an_invisible_box(view, context) -> None:
    view.set_view(ViewPosition(50, 50, 8.0))
    context.selection.reveal.emit(Box(600, 300, 20, 20))
    assert view.visible_box().contains(Box(600, 300, 20, 20))


def test_reveal_stays_below_the_zoom_of_the_grid(view, context) -> None:
    context.selection.reveal.emit(Box(600, 300, 3, 3))
    assert 1 < view.zoom < GRID_FROM


def test_reveal_shows_a_box_large_and_never_shrinks_the_picture_below_the_fit(view, context) -> None:
    view.set_view(ViewPosition(50, 50, 8.0))
    context.selection.reveal.emit(Box(300, 100, 200, 200))
    assert view.visible_box().height < 2 * 200
    view.fit()
    fitted = view.zoom
    context.selection.reveal.emit(Box(200, 50, 500, 500))
    assert view.zoom == fitted
    view.set_view(ViewPosition(50, 50, 8.0))
    context.selection.reveal.emit(Box(0, 0, 700, 400))
    assert view.zoom == fitted
    context.selection.reveal.emit(Box(0, 0, 0, 0))


def test_pixels_are_squares_with_a_grid_from_800_percent(view) -> None:
    view.set_view(ViewPosition(100, 50, 16.0))
    left, right = colour(view, 392, 258), colour(view, 408, 258)
    assert left == (47, 47, 47)
    assert right == (195, 195, 195)
    line = colour(view, 400, 258)
    assert line not in (left, right)


def test_damage_is_tinted_and_outlined_by_one_pixel(view, mark) -> None:
    mark(200, 200, 40, 40)
    inside, boundary, outside = colour(view, 220, 220), colour(view, 200, 220), colour(view, 190, 220)
    assert outside == (47, 47, 47)
    assert boundary == (214, 40, 40)
    assert inside == pytest.approx(
        (214 * 0.45 + 47 * 0.55, 40 * 0.45 + 47 * 0.55, 40 * 0.45 + 47 * 0.55), abs=2
    )
    view.set_view(ViewPosition(220, 220, 6.0))
    assert colour(view, 400 - 120, 250) == (214, 40, 40)
    assert colour(view, 400 - 118, 250) == pytest.approx(inside, abs=2)


def test_one_pixel_crack_is_visible_when_zoomed_out(view, mark) -> None:
    mark(50, 301, 600, 1)
    view.set_view(ViewPosition(350, 200, 0.11))
    y = round(250 + (301 - 200) * 0.11)
    shot = view.viewport().grab().toImage()
    reds = [shot.pixelColor(400, row) for row in range(y - 2, y + 3)]
    assert any(c.red() > c.green() + 60 for c in reds)


def test_the_mask_can_be_hidden_as_a_whole_and_by_class(view, mark, context, document) -> None:
    mark(200, 200, 40, 40)
    context.selection.mask_visible = False
    assert colour(view, 220, 220) == (47, 47, 47)
    context.selection.mask_visible = True
    assert colour(view, 220, 220) != (47, 47, 47)
    document.do(show_class(document.state, 1, False))
    assert colour(view, 220, 220) == (47, 47, 47)


def test_changed_class_colour_is_drawn(view, mark, document) -> None:
    mark(200, 200, 40, 40)
    document.do(recolour_class(document.state, 1, "#00ff00"))
    assert colour(view, 200, 220) == (0, 255, 0)


def test_undo_is_drawn_at_once(view, mark, document) -> None:
    mark(200, 200, 40, 40)
    document.undo()
    assert colour(view, 220, 220) == (47, 47, 47)


def test_dilated_margin_is_drawn_separately(view, mark, context) -> None:
    mark(200, 200, 40, 40)
    view.set_view(ViewPosition(200, 220, 10.0))
    dilated = [colour(view, x, 255) for x in range(388, 400)]
    assert any(c[0] > c[1] + 60 for c in dilated)
    context.selection.zones_visible = False
    plain = [colour(view, x, 255) for x in range(388, 400)]
    assert not any(c[0] > c[1] + 60 for c in plain)


def test_a_proposal_is_drawn_over_the_damage(view, context) -> None:
    context.selection.proposal = Proposal(Box(300, 100, 50, 50), np.ones((50, 50), bool), 2)
    assert colour(view, 325, 125)[2] > 90
    context.selection.proposal = None
    assert colour(view, 325, 125) == (47, 47, 47)


def test_style_references_are_outlined(view, document) -> None:
    document.do(add_style_region(document.state, Box(300, 100, 64, 64)))
    assert colour(view, 330, 100) != (47, 47, 47)


def test_overview_appears_when_zoomed_in_and_moves_the_view(view) -> None:
    view.fit()
    assert not view.overview.isVisible()
    view.set_view(ViewPosition(350, 200, 8.0))
    assert view.overview.isVisible()
    QTest.mouseClick(view.overview, Qt.MouseButton.LeftButton, pos=QPoint(2, 2))
    assert view.position.x < 50
    assert view.position.zoom == 8.0


def test_checker_is_visible_only_under_transparency(view, context) -> None:
    context.selection.surround = "checker"
    assert colour(view, 20, 20) == (47, 47, 47)


def test_view_without_a_document_ignores_events(view, mouse, context) -> None:
    view.set_document(None)
    mouse.drag((10, 10), (20, 20))
    assert colour(view, 100, 100) == (118, 118, 118)


def test_stroke_redraws_only_its_area(view, mouse, context) -> None:
    context.selection.tool, context.selection.brush_size = "brush", 20.0
    mouse.press(100, 100)
    boxes: list[Box] = []
    view.layers.mask.updated.connect(boxes.append)
    for x in range(110, 300, 10):
        mouse.move(x, 100)
    assert boxes
    assert all(box.width <= 32 and box.height <= 22 for box in boxes)
    mouse.release(300, 100)


def test_reconstructed_pixels_are_hatched_on_demand(view, document, context, make_run, qtbot) -> None:
    run = make_run(1, [Box(300, 200, 60, 60)], 12000)
    document.do(add_run(run))
    document.do(accept(document.state, run, [1]))
    context.selection.provenance_visible = True
    qtbot.waitUntil(lambda: view.layers.provenance.labels.any)
    row = {colour(view, x, 230) for x in range(310, 330)}
    assert (47, 47, 47) in row
    assert len(row) > 1
    context.selection.provenance_visible = False
    assert {colour(view, x, 230) for x in range(310, 330)} == {(47, 47, 47)}


def test_damage_of_many_tiles_is_shown_by_a_worker(view, mark, document, qtbot, monkeypatch) -> None:
    monkeypatch.setattr("app.canvas.document_layers._MAX_TILES_AT_ONCE", 1)
    mark(50, 50, 600, 300)
    mark(10, 10, 5, 5)
    qtbot.waitUntil(lambda: colour(view, 220, 220) != (47, 47, 47))
    assert colour(view, 12, 12) != (47, 47, 47)
