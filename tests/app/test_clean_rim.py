"""*Clean rim* proposes to grow the mask, adds it as one step, and is offered after a restoration."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.document import OpenDocument
from app.window.main_window import MainWindow
from imagest_core.painting.geometry import Box
from imagest_core.project.operations.mask import change_mask

Settle = Callable[[], None]
LOSS = np.s_[40:60, 50:80]


@pytest.fixture
def scan(scan: Path) -> Path:
    """The scan with a soft rim of ground, 4 px wide, around its loss."""
    picture = tifffile.imread(scan)
    mask = np.zeros(picture.shape[:2], np.uint8)
    mask[LOSS] = 1
    distance = cv2.distanceTransform(1 - mask, cv2.DIST_L2, 5)
    cover = np.clip(1.1 - distance / 4.5, 0, 1)[..., np.newaxis]
    soft = np.rint(picture * (1 - cover) + 60_000 * cover).astype(np.uint16)
    tifffile.imwrite(scan, soft, photometric="rgb", resolution=(40, 40), resolutionunit="CENTIMETER")
    return scan


@pytest.fixture
def marked(opened: OpenDocument) -> OpenDocument:
    """The loss is marked without its rim."""
    damage = opened.state.damage.copy()
    labels = damage.read(damage.box)
    labels[LOSS] = 1
    damage.write(damage.box, labels)
    opened.do(change_mask(opened.state.damage, damage, "Brush stroke"))
    return opened


def click(qtbot: QtBot, widget) -> None:
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)


def test_the_rim_is_proposed_then_added_as_one_step(
    window: MainWindow, marked: OpenDocument, qtbot: QtBot, settle: Settle
):
    panel, selection = window.damage.rim, window.context.selection
    before = marked.state.damage.copy()
    click(qtbot, panel.start_button)
    settle()
    assert selection.proposal is not None
    proposed = int(selection.proposal.mask.sum())
    assert proposed > 200
    assert f"{proposed:,} px" in panel.status.text()
    assert panel.add_button.isVisibleTo(window.damage)
    assert marked.state.damage == before, "a proposal changes nothing"

    click(qtbot, panel.add_button)
    settle()
    assert selection.proposal is None
    assert not panel.add_button.isVisibleTo(window.damage)
    assert [str(entry.name) for entry in marked.document.history.done] == ["Brush stroke", "Clean rim"]
    assert marked.state.damage.count() == before.count() + proposed
    window.action("undo").trigger()
    assert marked.state.damage == before


def test_a_thin_rim_is_shown_where_it_is(
    window: MainWindow, marked: OpenDocument, qtbot: QtBot, settle: Settle
):
    panel, view = window.damage.rim, window.area.view
    click(qtbot, panel.start_button)
    settle()
    revealed: list = []
    window.context.selection.zoom_to.connect(revealed.append)
    view.fit()
    before = view.zoom
    assert panel.show_button.isVisibleTo(window.damage)
    click(qtbot, panel.show_button)
    assert panel.proposed.added.read(revealed[0]).any()
    assert view.visible_box().contains(revealed[0])
    assert view.zoom >= before
    assert window.damage.minimumSizeHint().width() <= 352
    panel.discard()
    click(qtbot, panel.show_button)
    assert len(revealed) == 1


def test_a_large_rim_is_shown_wherever_one_looks(
    window: MainWindow, marked: OpenDocument, qtbot: QtBot, settle: Settle, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("app.panels.rim.MAX_SHOWN", 100)
    panel, selection = window.damage.rim, window.context.selection
    window.area.view.fit_box(Box(0, 0, 12, 12))  # far from the rim
    click(qtbot, panel.start_button)
    settle()
    assert selection.proposal is None
    click(qtbot, panel.show_button)
    assert selection.proposal is not None
    assert selection.proposal.mask.sum() > 200


def test_a_proposal_that_is_not_added_is_not_restored(
    window: MainWindow, marked: OpenDocument, qtbot: QtBot, settle: Settle
):
    expected = window.restore.footer.expected
    qtbot.waitUntil(lambda: " px, in " in expected.text())
    assert "not applied" not in expected.text()
    click(qtbot, window.damage.rim.start_button)
    settle()
    qtbot.waitUntil(lambda: "without the preview, which is not applied yet" in expected.text())
    click(qtbot, window.damage.rim.discard_button)
    qtbot.waitUntil(lambda: "not applied" not in expected.text())


def test_a_proposal_ends_when_it_is_discarded_or_the_mask_changes(
    window: MainWindow, marked: OpenDocument, qtbot: QtBot, settle: Settle
):
    panel, selection = window.damage.rim, window.context.selection
    click(qtbot, panel.start_button)
    settle()
    click(qtbot, panel.discard_button)
    assert selection.proposal is None
    assert panel.proposed is None

    window.action("clean_rim").trigger()
    settle()
    assert selection.proposal is not None
    window.action("undo").trigger()
    assert selection.proposal is None
    assert not panel.start_button.isEnabled(), "nothing is marked any more"


def test_a_restoration_warns_of_the_rim_and_offers_to_clean_it(
    window: MainWindow, marked: OpenDocument, qtbot: QtBot, settle: Settle
):
    window.action("restore_all").trigger()
    settle()
    banner = window.banner
    assert banner.message is not None
    assert banner.message.level == "warning"
    assert "may still show around these regions: 1." in banner.sentence.text()
    click(qtbot, banner.act)
    settle()
    assert window.context.selection.proposal is not None
    click(qtbot, window.damage.rim.add_button)
    settle()
    window.action("restore_all").trigger()
    settle()
    assert banner.message.level == "info"


def test_the_record_says_that_the_rim_was_cleaned(
    window: MainWindow, marked: OpenDocument, qtbot: QtBot, settle: Settle
):
    panel = window.damage.rim
    click(qtbot, panel.start_button)
    settle()
    added = panel.proposed.pixels
    click(qtbot, panel.add_button)
    settle()
    window.actions_["restore_all"].trigger()
    settle()
    record = marked.state.runs[1].facts
    assert (record.rim.limit, record.rim.pixels) == (8, added)
    assert any("grown over its rim" in note for note in record.notes)
    marked.undo()
    marked.undo()
    window.actions_["restore_all"].trigger()
    settle()
    assert marked.state.runs[max(marked.state.runs)].facts.rim.pixels == 0


def offered(said: list) -> list:
    return [each.action.text for each in said if each.action is not None]


def test_clean_rim_is_offered_after_wand_derive_and_import(
    window: MainWindow, opened: OpenDocument, qtbot: QtBot, settle: Settle, said: list, tmp_path: Path
):
    from app.commands.mask_import import import_mask
    from imagest_core.damage.classes import PROTECTED
    from imagest_core.painting.picture_files import write_picture

    window.context.selection.tool = "wand"
    view = window.area.view
    at = view.mapFromScene(65, 50)
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    qtbot.waitUntil(lambda: not opened.state.damage.empty)
    qtbot.waitUntil(lambda: offered(said) == ["Clean rim"])

    window.damage.show_derive("losses")
    derive = window.damage.derive
    qtbot.waitUntil(derive.apply_button.isEnabled, timeout=20_000)
    click(qtbot, derive.apply_button)
    settle()
    assert offered(said) == ["Clean rim"] * 2

    mask = np.zeros(opened.state.damage.read(opened.state.box).shape, np.uint8)
    mask[10:20, 10:20] = 255
    write_picture(tmp_path / "mask.png", mask)
    for label, count in ((1, 3), (PROTECTED.label, 3)):
        window.context.selection.label = label
        import_mask(window.context, tmp_path / "mask.png")
        settle()
        assert len(offered(said)) == count


def test_a_restoration_with_a_rim_offers_to_show_it_too(
    window: MainWindow, marked: OpenDocument, qtbot: QtBot, settle: Settle
):
    window.action("restore_all").trigger()
    settle()
    banner = window.banner
    assert (banner.second.text(), banner.act.text()) == ("Show", "Clean rim")
    click(qtbot, banner.second)
    assert window.context.selection.compare == "side"
    assert not window.context.selection.mask_visible
    assert banner.isVisible()
    assert not banner.second.isVisible()
    click(qtbot, banner.act)
    settle()
    assert window.context.selection.proposal is not None
    assert not banner.isVisible()


def test_the_warning_of_a_rim_leaves_with_the_result(
    window: MainWindow, marked: OpenDocument, settle: Settle
):
    window.action("restore_all").trigger()
    settle()
    assert window.banner.isVisible()
    window.action("undo").trigger()
    assert not window.banner.isVisible()


def test_news_of_a_derived_mask_leave_with_it_and_count_what_was_marked(
    window: MainWindow, opened: OpenDocument, qtbot: QtBot, settle: Settle
):
    kept = opened.state.damage.copy()
    kept.write(Box(50, 40, 10, 20), np.full((20, 10), 2, np.uint8))
    opened.do(change_mask(opened.state.damage, kept, "Brush stroke"))
    window.damage.show_derive("losses")
    derive = window.damage.derive
    qtbot.waitUntil(derive.apply_button.isEnabled, timeout=20_000)
    click(qtbot, derive.apply_button)
    settle()
    marked = opened.state.damage.count(1)
    assert f"Losses: {marked:,} px marked" in window.banner.sentence.text()
    window.action("undo").trigger()
    assert not window.banner.isVisible()


def test_warnings_of_the_file_stay_when_a_step_is_undone(window: MainWindow, marked: OpenDocument):
    window.context.messages.warn("The file has no colour profile.", topic="notes")
    window.action("undo").trigger()
    assert window.banner.isVisible()
