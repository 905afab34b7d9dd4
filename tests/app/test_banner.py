"""Messages appear over the canvas and never move the picture that somebody is drawing on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from app.canvas.navigation import ViewPosition
from app.commands import mask as masking
from app.commands import open as opening
from app.document import OpenDocument
from app.jobs.runner import Job
from app.messages import MessageAction
from app.window.main_window import MainWindow
from imagest_core.errors import InputError
from imagest_core.progress import Progress

Settle = Callable[[], None]


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


def test_temporary_message_moves_no_widget(window: MainWindow, opened: OpenDocument, qtbot: QtBot):
    window.resize(700, 900)
    qtbot.wait(10)
    before = on_screen(window)
    window.context.messages.say("Saved.")
    qtbot.wait(10)
    assert on_screen(window) == before


def text(window: MainWindow) -> str:
    """The text of the visible message, or ""."""
    return window.banner.sentence.text() if window.banner.isVisible() else ""


def test_a_later_success_removes_the_error_of_the_same_action(
    window: MainWindow, opened: OpenDocument, tmp_path: Path, settle: Settle, qtbot: QtBot
):
    opening.open_path(window.context, tmp_path / "nowhere.tif")
    settle()
    assert "nowhere.tif" in text(window)
    donor = tmp_path / "no-picture.tif"
    donor.write_bytes(b"no picture")
    window.style_panel.set_donor(donor)
    assert "no-picture.tif" in text(window)
    window.style_panel.set_donor(opened.painting.path)
    assert "nowhere.tif" in text(window), "the error of another action stays"
    opening.open_sample(window.context)
    settle()
    assert text(window) == ""


def test_warnings_leave_with_their_document(
    window: MainWindow, opened: OpenDocument, tmp_path: Path, qtbot: QtBot
):
    opened.document.write_error_changed.emit("The disk is full.")
    opened.document.backup_error_changed.emit("The backup is full.")
    assert text(window).startswith("The backup is full.")
    opened.document.backup_error_changed.emit("")
    assert text(window).startswith("The disk is full.")
    window.action("close").trigger()
    assert text(window) == ""


def test_a_warning_ends_when_its_reason_ends(window: MainWindow, opened: OpenDocument):
    opened.document.write_error_changed.emit("The disk is full.")
    assert text(window).startswith("The disk is full.")
    opened.document.write_error_changed.emit("")
    assert text(window) == ""


def test_information_covers_an_error_only_for_a_while(window: MainWindow, opened: OpenDocument, qtbot: QtBot):
    messages = window.context.messages
    messages.warn("The disk is full.", topic="save")
    messages.say("Two regions accepted.")
    messages.say("Three regions accepted.")
    assert text(window) == "Three regions accepted."
    close = next(
        each for each in window.banner.findChildren(QToolButton) if each.toolTip() == "Close this message"
    )
    qtbot.mouseClick(close, Qt.MouseButton.LeftButton)
    assert text(window) == "The disk is full."
    qtbot.mouseClick(close, Qt.MouseButton.LeftButton)
    assert text(window) == ""


def test_one_message_for_each_action(window: MainWindow, opened: OpenDocument):
    for number in range(3):
        window.context.messages.warn(f"Attempt {number} failed.", topic="edit")
    window.context.messages.say("Done.", topic="edit")
    assert text(window) == "Done."
    window.banner.dismiss()
    assert text(window) == ""


def test_a_failed_job_is_forgotten_after_its_success(
    window: MainWindow, opened: OpenDocument, tmp_path: Path, settle: Settle
):
    masking.export_mask(window.context, tmp_path / "no-such-folder" / "mask.png")
    settle()
    assert "no-such-folder" in text(window)
    masking.export_mask(window.context, tmp_path / "mask.png")
    settle()
    assert text(window) == f"The mask was saved as {tmp_path / 'mask.png'}."
    window.banner.dismiss()
    assert text(window) == ""


def test_all_notes_on_an_opened_file_can_be_read(
    window: MainWindow, scan: Path, settle: Settle, monkeypatch: pytest.MonkeyPatch
):
    opening.open_path(window.context, scan)
    settle()
    document = window.context.document
    document.document.write_error = "The folder can't be written."
    document.document.read_only = "It is in use by Ada."
    document.painting.notes = ("The profile is odd.", "There are two pages.")
    opening.report_notes(window.context, document)
    shown = []
    while text(window):
        shown.append(text(window))
        window.banner.dismiss()
    assert shown == [
        "It is in use by Ada.",
        "The folder can't be written. Your work continues in memory; save it under another name.",
        "The profile is odd. There are two pages.",
    ]


def test_information_does_not_cover_an_error(window: MainWindow, opened: OpenDocument):
    messages = window.context.messages
    messages.fail(InputError("It can't be read."), "open")
    messages.say("Two regions accepted.")
    messages.say("Restored.", action=MessageAction("Show", lambda: None))
    assert text(window) == "It can't be read."
    window.banner.dismiss()
    assert text(window) == "Restored."
    window.banner.dismiss()
    assert text(window) == ""


def test_a_job_queued_before_an_error_does_not_remove_it(
    window: MainWindow, opened: OpenDocument, settle: Settle
):
    def fail(progress: Progress) -> None:
        raise InputError("It can't be read.")

    def job(work: Callable[[Progress], None]) -> Job:
        return Job("Reading", work, lambda _: None, topic="read")

    jobs = window.context.jobs
    jobs.submit(job(fail))
    jobs.submit(job(lambda _: None))
    settle()
    assert text(window) == "It can't be read."
    jobs.submit(job(lambda _: None))
    settle()
    assert text(window) == ""
