"""Messages appear over the canvas and never move the picture that somebody is drawing on."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.canvas.navigation import ViewPosition
from app.document import OpenDocument
from app.window.main_window import MainWindow


def on_screen(window: MainWindow) -> tuple[QRect, QPointF]:
    """The canvas in the window, and the pixel of the scan at one point of it."""
    viewport = window.area.view.viewport()
    corner = viewport.mapTo(window, QPoint(0, 0))
    return QRect(corner, viewport.size()), window.area.view.to_picture(QPointF(80, 60))


def test_messages_do_not_move_the_picture(window: MainWindow, opened: OpenDocument, qtbot: QtBot):
    window.area.view.set_view(ViewPosition(80.0, 60.0, 3.0))
    qtbot.wait(10)
    before = on_screen(window)
    for report in (window.context.messages.say, window.context.messages.warn):
        report("A sentence that is long enough to need more than one line. " * 6)
        qtbot.wait(10)
        assert window.banner.isVisible()
        assert on_screen(window) == before
        window.banner.hide()
        qtbot.wait(10)
        assert on_screen(window) == before


def test_the_banner_covers_the_top_of_the_canvas_only(window: MainWindow, opened: OpenDocument, qtbot: QtBot):
    for width in (1400, 1000):
        window.resize(width, 800)
        window.context.messages.warn("A sentence that is long enough to need more than one line. " * 6)
        qtbot.wait(10)
        canvas = QRect(window.area.mapTo(window, QPoint(0, 0)), window.area.size())
        banner = QRect(window.banner.mapTo(window, QPoint(0, 0)), window.banner.size())
        assert banner.topLeft() == canvas.topLeft()
        assert banner.width() == canvas.width()
        assert window.banner.sentence.height() >= window.banner.sentence.heightForWidth(
            window.banner.sentence.width()
        ), "text is cut off"
        assert banner.height() < canvas.height() / 2


def test_the_banner_is_shown_on_the_welcome_page_too(window: MainWindow, qtbot: QtBot):
    window.context.messages.warn("Something to read.")
    qtbot.wait(10)
    welcome, banner = window.welcome, window.banner
    assert banner.isVisible()
    assert banner.mapTo(window, QPoint(0, 0)) == welcome.mapTo(window, QPoint(0, 0))
    assert banner.width() == welcome.width()


def top_of_picture(window: MainWindow) -> float:
    """Screen pixels between the upper edges of canvas and picture."""
    return window.area.view.viewportTransform().map(QPointF(0, 0)).y()


def test_the_first_fit_leaves_room_for_a_message_that_stays(
    window: MainWindow, opened: OpenDocument, qtbot: QtBot
):
    window.resize(700, 900)
    qtbot.wait(10)
    window.context.messages.warn("The file has no colour profile. " * 6)
    qtbot.wait(10)
    assert top_of_picture(window) >= window.banner.height()


def test_a_picture_in_use_does_not_move(window: MainWindow, opened: OpenDocument, qtbot: QtBot):
    window.resize(700, 900)
    qtbot.wait(10)
    QTest.mouseClick(window.area.view.viewport(), Qt.MouseButton.LeftButton)
    before = on_screen(window)
    window.context.messages.warn("The file could not be saved. " * 6)
    qtbot.wait(10)
    assert on_screen(window) == before
    window.action("fit").trigger()
    assert top_of_picture(window) >= window.banner.height()
    fitted = on_screen(window)
    window.banner.hide()
    qtbot.wait(10)
    assert on_screen(window) == fitted


def test_a_passing_message_moves_nothing(window: MainWindow, opened: OpenDocument, qtbot: QtBot):
    window.resize(700, 900)
    qtbot.wait(10)
    before = on_screen(window)
    window.context.messages.say("Saved.")
    qtbot.wait(10)
    assert on_screen(window) == before
