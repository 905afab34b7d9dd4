"""The contact view: variations of a region side by side, by real keys and clicks."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from canvas_runs import filled_run
from mouse import Mouse
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from shown import painted
from user import User

from app.commands import decide as deciding
from app.compare.contact import ContactView
from app.compare.variation_view import VariationCell
from app.jobs.runner import Job
from app.selection import Compare
from app.window.main_window import MainWindow
from imagest_core.painting.geometry import Box
from imagest_core.project.operations import results
from imagest_core.project.state import Subject, Verdict

SIZE = (160, 120)
LOSS, OTHER = Box(50, 40, 30, 20), Box(110, 80, 20, 20)
GREYS = {1: 5_000, 2: 20_000, 3: 35_000, 4: 50_000, 5: 64_000}


def add_run(user: User, number: int, boxes: list[Box] | None = None) -> None:
    run = filled_run(number, boxes or [LOSS, OTHER], GREYS[number], SIZE)
    user.document.do(results.add_run(run))


@pytest.fixture
def user(window: MainWindow, scan: Path, qtbot: QtBot) -> User:
    """Three results of two regions, in a window for a screen of 1280 × 720."""
    made = User(window, qtbot)
    window.resize(1264, 672)
    made.open(scan)
    for number in (1, 2, 3):
        add_run(made, number)
    made.context.selection.run, made.context.selection.region = 1, 1
    qtbot.wait(20)
    return made


def contact_of(user: User) -> ContactView:
    found = user.window.area.contact
    assert found is not None
    return found


def open_contact(user: User) -> ContactView:
    user.press("C")
    user.until(lambda: user.window.area.contact is not None)
    QTest.qWait(30)
    return contact_of(user)


def shown_cells(contact: ContactView) -> list[VariationCell]:
    return [cell for cell in contact.cells if cell.isVisible()]


def accepted(user: User) -> set[Subject]:
    decisions = user.document.state.decisions
    return {each for each, decision in decisions.items() if decision.verdict is Verdict.ACCEPTED}


def centre(cell: VariationCell, box: Box = LOSS) -> QPoint:
    point = cell.view.viewportTransform().map(QPoint(box.x + box.width // 2, box.y + box.height // 2))
    return point


def test_the_variations_stand_beside_the_original(user: User) -> None:
    contact = open_contact(user)
    assert contact.shown == [1, 2, 3]
    titles = [cell.title.text() for cell in shown_cells(contact)]
    assert titles[0] == "Original"
    assert titles[1:] == [f"{place}   Result {place}" for place in (1, 2, 3)]
    assert contact.cells[2].details.text().startswith("harmonic · seed 0, variation 0 · ")
    assert not user.window.area.splitter.isVisible()
    for cell in shown_cells(contact):
        assert user.window.rect().contains(cell.mapTo(user.window, cell.rect().bottomRight()))
        assert min(cell.view.width(), cell.view.height()) > 90


def test_each_shows_its_own_fill(user: User) -> None:
    contact = open_contact(user)

    def greys() -> list[int]:
        found = []
        for cell in shown_cells(contact)[1:]:
            at = centre(cell)
            found.append(int(painted(cell.view.viewport())[at.y(), at.x()].mean()))
        return found

    def are_ordered() -> bool:
        values = greys()
        return values == sorted(values) and len(set(values)) == 3

    user.until(are_ordered)


def test_views_move_together(user: User) -> None:
    contact = open_contact(user)
    before = contact.position
    mouse = Mouse(contact.cells[2].view)
    mouse.press(100, 60)
    for step in range(1, 6):
        mouse.move(100 + 10 * step, 60)
    mouse.release(150, 60)
    assert contact.position.x != before.x
    assert accepted(user) == set(), "a drag accepts nothing"
    contact.cells[1].view.zoom_by(2)
    for cell in shown_cells(contact):
        assert cell.view.position == pytest.approx(contact.position, abs=0.6)
    user.act("actual")
    assert {cell.view.zoom for cell in shown_cells(contact)} == {1.0}


def test_click_accepts_and_undo_reverts(user: User) -> None:
    contact = open_contact(user)
    view = contact.cells[2].view
    QTest.mouseClick(
        view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(20, 20)
    )
    assert accepted(user) == {Subject(2, 1)}
    assert contact.cells[2].title.text().startswith("✓ ")
    QTest.mouseClick(
        view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(20, 20)
    )
    assert len(user.document.document.history.done) == 4
    user.act("undo")
    assert accepted(user) == set()
    assert not contact.cells[2].title.text().startswith("✓ ")
    Mouse(contact.cells[0].view).click(20, 20)
    assert accepted(user) == set()


def test_keys(user: User) -> None:
    contact = open_contact(user)
    focus = user.window.focusWidget()
    assert focus is contact.cells[1].view
    QTest.keyClick(focus, Qt.Key.Key_3)
    assert accepted(user) == {Subject(3, 1)}
    QTest.keyClick(focus, Qt.Key.Key_4)
    QTest.keyClick(focus, Qt.Key.Key_Right)
    assert contact.current == 2
    QTest.keyClick(user.window.focusWidget(), Qt.Key.Key_Return)
    assert accepted(user) == {Subject(2, 1)}
    QTest.keyClick(user.window.focusWidget(), Qt.Key.Key_Escape)
    assert user.window.area.contact is None
    assert user.context.selection.compare == Compare.SIDE
    assert user.window.area.view.isVisible()


def test_the_newest_four_are_shown_and_others_can_be_chosen(user: User) -> None:
    for number in (4, 5):
        add_run(user, number)
    contact = open_contact(user)
    assert contact.shown == [2, 3, 4, 5]
    assert len(shown_cells(contact)) == 5
    for cell in shown_cells(contact):
        assert min(cell.view.width(), cell.view.height()) > 90
    contact.menu.aboutToShow.emit()
    entries = {action.text()[0]: action for action in contact.menu.actions()}
    assert not entries["1"].isEnabled()
    entries["3"].trigger()
    assert contact.shown == [2, 4, 5]
    contact.menu.aboutToShow.emit()
    next(action for action in contact.menu.actions() if action.text()[0] == "1").trigger()
    assert contact.shown == [2, 4, 5, 1]


def test_a_result_that_arrives_is_added_without_moving_the_others(user: User) -> None:
    """Also while a job is running."""
    contact, gate = open_contact(user), threading.Event()
    user.context.jobs.submit(Job("other", lambda _: gate.wait(30), lambda _: None))
    add_run(user, 4)
    assert contact.shown == [1, 2, 3, 4]
    add_run(user, 5)
    assert contact.shown == [1, 2, 3, 4]
    assert "4 of 5 variations" in contact.title.text()
    assert user.context.jobs.busy
    user.act("undo")
    user.act("undo")
    assert contact.shown == [1, 2, 3]
    gate.set()
    user.settle()


def test_another_region_shows_its_own_variations(user: User) -> None:
    add_run(user, 4, [OTHER])
    contact = open_contact(user)
    assert contact.shown == [1, 2, 3]
    user.act("next_region")
    assert contact.shown == [1, 2, 3, 4]
    QTest.keyClick(contact.cells[1].view, Qt.Key.Key_1)
    assert accepted(user) == {Subject(1, 2)}
    user.act("previous_region")
    assert contact.shown == [1, 2, 3]


def test_contact_view_opens_from_panels_and_closes_with_other_modes(user: User) -> None:
    user.context.selection.run, user.context.selection.region = None, 0
    user.click(user.window.results.compare)
    contact = contact_of(user)
    assert (user.context.selection.run, user.context.selection.region > 0) == (3, True)
    user.until(lambda: user.window.action("contact").isChecked())
    user.act("swipe")
    assert user.window.area.contact is None
    assert not contact.isVisible()
    user.window.docks["review"].open(True)
    QTest.qWait(20)
    user.click(user.window.review.compare)
    user.click(contact_of(user).leave)
    assert user.window.area.contact is None
    assert user.window.action("side").isChecked()


def test_closing_the_document_closes_it(user: User, scan: Path) -> None:
    open_contact(user)
    user.act("close")
    assert user.window.area.contact is None
    user.open(scan)
    user.until(lambda: user.window.area.contact is None or user.window.area.contact.isVisible())


def test_a_single_result_says_how_to_get_more(user: User) -> None:
    for _ in range(2):
        user.act("undo")
    contact = open_contact(user)
    assert contact.shown == [1]
    assert "One result of this region" in contact.title.text()


def test_next_unreviewed_skips_what_is_accepted_in_another_result(user: User) -> None:
    contact = open_contact(user)
    QTest.keyClick(contact.cells[1].view, Qt.Key.Key_2)
    user.act("next_unreviewed")
    assert (user.context.selection.run, user.context.selection.region) == (1, 2)
    assert np.any(user.document.accepted.provenance(LOSS) == 2)


def test_tools_and_undone_results_return_to_the_canvas(user: User) -> None:
    open_contact(user)
    user.act("tool_brush")
    assert user.window.area.contact is None
    user.act("tool_pan")
    open_contact(user)
    for _ in range(3):
        user.act("undo")
    assert user.window.area.contact is None
    assert user.context.selection.compare == Compare.SINGLE


def test_no_message_covers_a_picture(user: User) -> None:
    def covered() -> bool:
        banner, contact = user.window.banner, user.window.area.contact
        assert contact is not None
        bottom = banner.mapToGlobal(banner.rect().bottomLeft()).y()
        return banner.isVisible() and contact.cells[0].mapToGlobal(QPoint(0, 0)).y() <= bottom

    user.press("C")
    user.until(lambda: user.window.area.contact is not None)
    user.context.messages.warn("Something that stays.", topic="a")
    user.until(lambda: user.window.banner.isVisible() and not covered())
    deciding.leave_variations(user.context)
    deciding.compare_variations(user.context)
    user.until(lambda: user.window.area.contact is not None and not covered())
    contact = user.window.area.contact
    assert contact is not None
    lower = contact.cells[0].y()
    while user.window.banner.isVisible():
        user.window.banner.dismiss()
    user.until(lambda: contact.cells[0].y() < lower)
    user.context.messages.say("Something that passes.")
    user.until(lambda: user.window.banner.isVisible() and not covered())
