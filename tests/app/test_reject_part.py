"""Rejecting a part of a result in the window, and restoring that part again."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot
from user import User

from app.window.main_window import MainWindow
from imagest_core.painting.geometry import Box
from imagest_core.project.accepted_fills import AcceptedFills
from imagest_core.project.storage.check import check_project

LOSS = Box(50, 40, 30, 20)


@pytest.fixture
def user(window: MainWindow, scan, qtbot: QtBot) -> User:
    """The loss is restored, its region under review, and the Review panel open."""
    made = User(window, qtbot)
    window.resize(1264, 672)
    made.open(scan)
    made.mark(LOSS)
    made.act("restore_all")
    made.settle()
    made.until(lambda: made.document.state.runs)
    made.context.selection.run = 1
    made.act("next_unreviewed")
    window.docks["review"].open(True)
    qtbot.wait(20)
    return made


def reject_left_half(user: User) -> None:
    user.push("Reject a part with the lasso   Shift+J")
    assert user.context.selection.tool == "reject_lasso"
    user.draw((40, 30), (65, 30), (65, 70), (40, 70))


def test_a_part_is_rejected_and_restored_again(user: User) -> None:
    area = int(user.document.state.runs[1].regions["area"][0])
    user.act("accept_region")
    reject_left_half(user)
    assert user.names()[-1] == "Reject part of result 1"
    user.context.selection.run, user.context.selection.region = 1, 1
    rejected = user.document.state.rejected_parts[1].count()
    assert f"{rejected:,} px of it rejected" in user.window.review.facts.text()
    assert np.count_nonzero(user.document.accepted.provenance(LOSS.expanded(1))) == area - rejected
    user.push("Restore part again")
    user.settle()
    user.until(lambda: 2 in user.document.state.runs)
    part = user.document.state.runs[2]
    assert (part.pixels, part.base) == (rejected, 1)
    user.context.selection.run, user.context.selection.region = 2, 1
    user.act("accept_region")
    provenance = AcceptedFills(user.document.state).provenance(user.document.painting.box)
    assert {int(number): int(np.count_nonzero(provenance == number)) for number in (1, 2)} == {
        1: area - rejected,
        2: rejected,
    }
    user.context.selection.run, user.context.selection.region = 2, 1
    user.act("restore_region")
    user.settle()
    user.until(lambda: 3 in user.document.state.runs)
    assert (user.document.state.runs[3].pixels, user.document.state.runs[3].base) == (rejected, 1)
    path = user.document.document.path
    assert path is not None
    check_project(path)


def test_shortcuts_and_undo(user: User) -> None:
    user.press("J")
    assert user.context.selection.tool == "reject_brush"
    assert user.window.review.reject_tools["reject_brush"].isChecked()
    assert not user.context.selection.mask_visible
    assert user.context.selection.shown == "restored"
    user.context.selection.brush_size = 8.0
    user.draw((55, 50), (70, 50))
    assert 1 in user.document.state.rejected_parts
    user.press("Ctrl+Z")
    assert user.document.state.rejected_parts == {}
    assert not user.window.review.restore_part.isEnabled()
    user.push("Reject a part with the brush   J")
    assert user.context.selection.tool == "pan"


def test_without_a_rejected_part_it_is_refused(user: User) -> None:
    user.press("Ctrl+J")
    assert "paint the part to restore first" in user.said[-1].sentence
    assert not user.context.jobs.busy


def test_a_part_gets_a_variation_of_its_own(user: User) -> None:
    reject_left_half(user)
    user.context.selection.region = 0
    selection = user.context.selection
    selection.request = selection.request.changed(engine="imagest", mode="textured", quality="draft", seed=0)
    selection.seed_locked = True
    submitted: list = []
    user.context.jobs.started.connect(submitted.append)
    user.press("Ctrl+J")
    assert [job.title for job in submitted] == ["Restoring a part of result 1"]
    user.context.jobs.cancel()
    user.settle()


def test_a_part_outside_the_region_under_review_is_restored_again(user: User) -> None:
    other = Box(110, 80, 20, 20)
    user.mark(other)
    user.act("restore_all")
    user.settle()
    user.until(lambda: 2 in user.document.state.runs)
    selection = user.context.selection
    selection.run, selection.region = 2, 1
    user.push("Reject a part with the lasso   Shift+J")
    user.draw((105, 75), (120, 75), (120, 105), (105, 105))
    selection.run, selection.region = 2, 1
    rejected = user.document.state.rejected_parts[2].count()
    assert "rejected" not in user.window.review.facts.text(), "the part is in the other region"
    user.push("Restore part again")
    user.settle()
    user.until(lambda: 3 in user.document.state.runs)
    assert (user.document.state.runs[3].pixels, user.document.state.runs[3].base) == (rejected, 2)


def test_review_of_a_reopened_project_says_how_to_start(user: User) -> None:
    user.act("show_accepted")
    card = user.window.review.card
    assert card.isVisible()
    assert card.title.text() == "Choose a result"
    thumbs = user.window.results.findChildren(QToolButton, "thumb")
    user.click(next(thumb for thumb in thumbs if thumb.text().startswith("1")))
    assert not card.isVisible()
    for _ in range(2):
        user.press("Ctrl+Z")
    assert card.isVisible()
    assert card.title.text() == "Nothing to review yet"
