"""A rotated view shows the same picture and marks the same pixels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from mouse import Mouse
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from app.canvas.navigation import ViewPosition
from app.canvas.view import CanvasView
from app.selection import Compare
from imagest_core.painting.geometry import Box

LabelAt = Callable[[int, int], int]
ROTATIONS = [0, 90, 180, 270]


def at(view: CanvasView, x: float, y: float) -> tuple[int, int]:
    place = view.viewportTransform().map(QPointF(x, y))
    return round(place.x()), round(place.y())


def colour(view: CanvasView, x: float, y: float) -> tuple[int, int, int]:
    place = view.viewportTransform().map(QPointF(x + 0.5, y + 0.5))
    return view.viewport().grab().toImage().pixelColor(int(place.x()), int(place.y())).getRgb()[:3]


@pytest.mark.parametrize("rotation", ROTATIONS)
def test_tools_mark_the_pixels_under_the_pointer(
    context, view, document, label_at: LabelAt, rotation: int
) -> None:
    view.rotate_to(rotation)
    view.set_view(ViewPosition(350, 200, 1.0))
    mouse = Mouse(view)
    context.selection.tool, context.selection.brush_size, context.selection.label = "brush", 20.0, 2
    mouse.drag(at(view, 300, 150), at(view, 340, 170), at(view, 400, 150))
    assert label_at(300, 150) == label_at(340, 169) == label_at(399, 150) == 2
    assert document.state.damage.bounds().within(Box(288, 138, 124, 44)) == document.state.damage.bounds()
    context.selection.tool, context.selection.label = "rectangle", 1
    mouse.drag(at(view, 200, 220), at(view, 260, 250))
    assert label_at(201, 221) == label_at(258, 248) == 1
    assert label_at(190, 221) == label_at(201, 215) == label_at(265, 230) == 0


@pytest.mark.parametrize("rotation", ROTATIONS)
@pytest.mark.parametrize("zoom", [0.6, 1.0, 3.0])
def test_picture_and_mask_are_drawn_in_the_same_place(view, mark, rotation: int, zoom: float) -> None:
    view.rotate_to(rotation)
    view.set_view(ViewPosition(130, 80, zoom))
    bright = colour(view, 130, 80)
    assert bright[0] > 150 > colour(view, 80, 80)[0]
    mark(104, 54, 20, 20)
    marked = colour(view, 114, 64)
    assert marked[0] > marked[1] + 40, "the mask is not over the marked pixels"
    assert colour(view, 140, 95) == bright


def test_rotating_keeps_zoom_and_centre_or_the_fit(view) -> None:
    view.set_view(ViewPosition(300, 150, 2.0))
    view.rotate_to(90)
    assert view.rotation == 90
    assert view.position == pytest.approx((300, 150, 2.0), abs=0.5)
    view.rotate_to(0)
    view.fit()
    upright = view.zoom
    view.rotate_to(90)
    assert view.visible_box() == view.box
    assert view.zoom == pytest.approx(500 / 700 * 0.96, rel=0.01)
    view.rotate_to(180)
    assert view.zoom == pytest.approx(upright)


@pytest.mark.parametrize("rotation", ROTATIONS)
def test_dragging_to_the_right_enlarges_the_brush(context, view, mouse, rotation: int) -> None:
    view.rotate_to(rotation)
    view.set_view(ViewPosition(350, 200, 1.0))
    context.selection.tool, context.selection.brush_size = "brush", 20.0
    mouse.drag((300, 200), (315, 200), control=True)
    assert context.selection.brush_size == pytest.approx(50, abs=1)


@pytest.mark.parametrize("rotation", ROTATIONS)
def test_overview_moves_the_rotated_view(view, rotation: int) -> None:
    view.rotate_to(rotation)
    view.set_view(ViewPosition(350, 200, 8.0))
    overview = view.overview
    assert overview.isVisible()
    inverse = overview._from_picture().map(QPointF(600, 100))
    QTest.mouseClick(overview, Qt.MouseButton.LeftButton, pos=inverse.toPoint())
    assert view.position.x == pytest.approx(600, abs=6)
    assert view.position.y == pytest.approx(100, abs=6)


def test_linked_views_and_the_curtain_follow(area, context, document, qtbot) -> None:
    context.selection.compare = Compare.SIDE
    qtbot.waitUntil(lambda: area.second.isVisible() and area.second.width() > 300)
    area.view.rotate_to(90)
    assert area.second.rotation == 90
    assert area.second.position == pytest.approx(area.view.position, abs=0.5)
    context.selection.compare = Compare.SWIPE
    qtbot.waitUntil(lambda: not area.second.isVisible())
    area.view.set_view(ViewPosition(350, 200, 1.0))
    right = area.curtain.right()
    port = area.view.viewport()
    inside = area.view.to_picture(QPointF(port.width() * 0.75, port.height() / 2))
    outside = area.view.to_picture(QPointF(port.width() * 0.25, port.height() / 2))
    assert right.contains(inside)
    assert not right.contains(outside)


def test_another_picture_starts_unrotated(view, document) -> None:
    view.rotate_to(90)
    view.set_document(None)
    view.set_document(document)
    assert view.rotation == 0


def test_cross_in_the_other_view_is_on_the_picture_only(area, context, qtbot) -> None:
    context.selection.compare = Compare.SIDE
    qtbot.waitUntil(lambda: area.second.isVisible() and area.second.width() > 300)
    area.view.set_view(ViewPosition(0, 0, 1.0))
    mouse, cross = Mouse(area.view), area.second.guides.linked_cursor
    mouse.move(*at(area.view, 40, 40), down=False)
    assert not cross.path.isEmpty()
    mouse.move(*at(area.view, 40, -40), down=False)
    assert cross.path.isEmpty()


def test_mask_is_drawn_exactly_as_in_an_upright_view(view, mark, document) -> None:
    mark(104, 54, 31, 17, label=3)
    view.set_view(ViewPosition(120, 60, 4.0))
    upright = view.viewport().grab().toImage()
    view.rotate_to(90)
    turned = view.viewport().grab().toImage()
    for x, y in [(104, 54), (134, 70), (110, 60), (120, 65), (134, 54), (103, 54), (135, 70)]:
        colours = []
        for image, transform in ((upright, None), (turned, view.viewportTransform())):
            if transform is None:
                view.rotate_to(0)
                transform = view.viewportTransform()
                view.rotate_to(90)
            place = transform.map(QPointF(x + 0.5, y + 0.5))
            colours.append(image.pixelColor(int(place.x()), int(place.y())).getRgb())
        assert np.abs(np.subtract(*colours)).max() <= 2, (x, y)
