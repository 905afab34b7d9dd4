"""Tools that mark no damage: style references, the ruler, the picker."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from imagest_core.painting.geometry import Box


@pytest.fixture
def style(context, view):
    context.selection.tool = "style"
    return view


def test_a_style_reference_is_drawn(style, mouse, document, names) -> None:
    mouse.drag((100, 100), (200, 180))
    assert document.state.style.regions == (Box(100, 100, 100, 80),)
    assert len(names()) == 1


def test_style_reference_is_moved_inside_the_picture(style, mouse, document) -> None:
    mouse.drag((100, 100), (200, 180))
    mouse.drag((150, 150), (170, 155))
    assert document.state.style.regions == (Box(120, 105, 100, 80),)
    mouse.drag((150, 150), (10, 10))
    assert document.state.style.regions == (Box(0, 0, 100, 80),)


def test_corner_resizes_the_style_reference(style, mouse, document) -> None:
    mouse.drag((100, 100), (200, 180))
    mouse.drag((200, 180), (150, 150))
    assert document.state.style.regions == (Box(100, 100, 50, 50),)


def test_alt_click_or_delete_removes_the_style_reference(style, mouse, document) -> None:
    mouse.drag((100, 100), (200, 180))
    mouse.drag((300, 100), (400, 180))
    mouse.click(150, 140, alt=True)
    assert document.state.style.regions == (Box(300, 100, 100, 80),)
    mouse.move(350, 140, down=False)
    QTest.keyClick(style, Qt.Key.Key_Delete)
    assert document.state.style.regions == ()


def test_escape_cancels_a_style_reference_and_a_click_draws_none(style, mouse, document, names) -> None:
    mouse.press(100, 100)
    mouse.move(200, 200)
    QTest.keyClick(style, Qt.Key.Key_Escape)
    mouse.release(200, 200)
    mouse.click(300, 300)
    assert names() == []


def test_ruler_reports_two_points(context, view, mouse, qtbot) -> None:
    context.selection.tool = "measure"
    with qtbot.waitSignal(view.measured) as signal:
        mouse.drag((100, 100), (200, 100))
    (start, end) = signal.args
    assert start == pytest.approx((100, 100))
    assert end == pytest.approx((200, 100))


def test_entered_length_sets_the_scale(context, view, mouse, document) -> None:
    context.selection.tool = "measure"
    mouse.drag((100, 100), (200, 100))
    entry = view.scale_entry
    assert entry.isVisible()
    assert entry.length.value() == pytest.approx(10.0)  # 254 dpi: 10 px a mm
    entry.length.setValue(25.0)
    QTest.keyClick(entry.length, Qt.Key.Key_Return)
    assert document.state.calibration.resolution.px_per_mm_x == pytest.approx(4.0)
    assert not entry.isVisible()


def test_picker_reports_a_pixel(context, view, mouse, qtbot) -> None:
    context.selection.tool = "pick"
    with qtbot.waitSignal(context.selection.picked) as signal:
        mouse.click(123, 45)
    assert signal.args == [123, 45]
