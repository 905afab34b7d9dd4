"""Previews of a derived mask: coarse first, then fine; the last request counts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.commands import previews as previewing
from app.commands.mask_detectors import CrackDetector, LossDetector
from app.commands.previews import MaskPreview, Previewer, level_within
from app.context import Context
from app.document import OpenDocument
from app.window.main_window import MainWindow
from imagest_core.damage.selection import Selection
from imagest_core.painting.geometry import Box

WHITE = (60_000 / 65_535,) * 3
VALUES = {"tolerance": 6.0, "opening": 0, "closing": 0, "min_area": 0, "dilate": 0}


@pytest.fixture
def shown() -> list[MaskPreview]:
    return []


@pytest.fixture
def previewer(context: Context, shown: list[MaskPreview], monkeypatch: pytest.MonkeyPatch) -> Previewer:
    """One that looks at few pixels first."""
    monkeypatch.setattr(previewing, "FIRST_PIXELS", 5_000)
    monkeypatch.setattr(previewing, "MIN_PIXELS", 1_000)

    def failed(error: Exception) -> None:
        raise error

    return Previewer(context.background, shown.append, failed)


def finals(shown: list[MaskPreview]) -> Callable[[], bool]:
    return lambda: bool(shown) and shown[-1].final


def test_the_visible_part_is_previewed_coarsely_then_finely(
    previewer: Previewer, opened: OpenDocument, shown: list[MaskPreview], qtbot: QtBot
):
    painting = opened.painting
    previewer.ask(LossDetector(), painting, WHITE, VALUES, painting.box)
    qtbot.waitUntil(finals(shown), timeout=20_000)
    soon, sharp = shown
    assert (soon.level, soon.final) == (1, False)
    assert (sharp.level, sharp.final) == (0, True)
    assert soon.box == sharp.box == painting.box
    assert soon.mask.shape == (60, 80)
    assert sharp.mask[42:58, 52:78].all()
    assert (np.kron(soon.mask, np.ones((2, 2), np.bool_)) == sharp.mask).mean() > 0.98


def test_previews_follow_a_moving_slider_and_end_with_the_last_values(
    previewer: Previewer, opened: OpenDocument, shown: list[MaskPreview], qtbot: QtBot
):
    painting = opened.painting
    for dilate in range(5):
        previewer.ask(LossDetector(), painting, WHITE, {**VALUES, "dilate": dilate}, painting.box)
    qtbot.waitUntil(finals(shown), timeout=20_000)
    assert len(shown) in (2, 3), "the first and the last question, not those between"
    seen = LossDetector().read(painting, painting.box, 0, WHITE)
    assert (
        shown[-1].mask == LossDetector().preview(seen, 0, WHITE, {**VALUES, "dilate": 4}, exact=True)
    ).all()
    assert shown[0].mask.sum() < shown[-1].mask.sum()


def test_dropped_requests_are_not_shown(
    previewer: Previewer, opened: OpenDocument, shown: list[MaskPreview], qtbot: QtBot
):
    previewer.ask(LossDetector(), opened.painting, WHITE, VALUES, opened.painting.box)
    previewer.forget()
    previewer.ask(LossDetector(), opened.painting, WHITE, VALUES, Box(0, 0, 32, 32))
    qtbot.waitUntil(finals(shown), timeout=20_000)
    assert {preview.box for preview in shown} == {Box(0, 0, 32, 32)}


def test_another_crack_width_is_previewed_from_the_cache_then_exactly(
    previewer: Previewer, opened: OpenDocument, shown: list[MaskPreview], qtbot: QtBot
):
    from imagest_core.progress import Progress

    detector, box = CrackDetector(), Box(0, 0, 64, 64)
    values = {"sensitivity": 0.25, "widest": 9, "shortest": 8, "closing": 0, "dilate": 1}
    prepared = detector.prepare(opened.painting, values, Progress())
    previewer.ask(detector, opened.painting, prepared, values, box)
    qtbot.waitUntil(finals(shown), timeout=20_000)
    shown.clear()
    previewer.ask(detector, opened.painting, prepared, {**values, "widest": 5}, box)
    qtbot.waitUntil(finals(shown), timeout=20_000)
    assert [preview.final for preview in shown] == [False, True]
    assert detector.settled(0, prepared, {**values, "widest": 5})


def test_level_within_a_number_of_pixels():
    assert level_within(Box(0, 0, 1000, 1000), 1_000_000) == 0
    assert level_within(Box(0, 0, 1000, 1000), 999_999) == 1
    assert level_within(Box(0, 0, 10_000, 10_000), 1_500_000) == 4


def test_the_registration_is_shown_as_text_and_as_a_picture(
    window: MainWindow, opened: OpenDocument, scan: Path, tmp_path: Path, qtbot: QtBot
):
    panel = window.damage
    picture = tifffile.imread(scan)
    picture[40:60, 50:80] = picture[40:60, 20:50]
    tifffile.imwrite(tmp_path / "clean.tif", picture, photometric="rgb")
    panel.show_derive("difference")
    window.context.selection.visible = opened.painting.box
    registration = panel.derive.registration
    assert registration.isHidden()
    panel.derive.clean.use_file(tmp_path / "clean.tif")
    qtbot.waitUntil(lambda: not registration.picture.pixmap().isNull(), timeout=30_000)
    assert "already aligned" in registration.text.text()
    before = registration.picture.pixmap().toImage()
    registration.mode.choose("blend")
    registration.refresh()
    qtbot.waitUntil(lambda: registration.picture.pixmap().toImage() != before, timeout=30_000)
    panel.derive.choose("losses")
    assert registration.isHidden()


def test_the_previous_tool_returns_after_picking_the_ground(window: MainWindow, opened: OpenDocument):
    window.context.selection.tool = "brush"
    window.damage.show_derive("losses")
    window.damage.derive.ground.pick()
    assert window.context.selection.tool == "pick"
    window.context.selection.picked.emit(60, 50)
    assert window.context.selection.tool == "brush"


def test_a_picked_ground_is_the_median_of_a_few_pixels(window: MainWindow, opened: OpenDocument):
    window.damage.show_derive("losses")
    panel = window.damage.derive
    around = opened.painting.read_working(Box(49, 44, 5, 5))
    panel.ground.pick()
    window.context.selection.picked.emit(51, 46)
    assert panel.ground.colour == pytest.approx(np.median(around, axis=(0, 1)))
    texts = [each.text() for each in panel.findChildren(QLabel)]
    assert "ground colour: picked, median of 5 × 5 px" in texts


def test_a_picked_ground_fits_the_panel(window: MainWindow, opened: OpenDocument, qtbot: QtBot):
    window.damage.show_derive("losses")
    panel = window.damage.derive
    panel.ground.pick()
    window.context.selection.picked.emit(51, 46)
    qtbot.waitUntil(lambda: panel.apply_button.isEnabled(), timeout=30_000)
    assert window.damage.minimumSizeHint().width() <= 352


def test_a_selection_limits_the_preview(window: MainWindow, opened: OpenDocument, qtbot: QtBot):
    selection = window.context.selection
    selection.visible = opened.painting.box
    selection.within = Selection.of_box(Box(0, 0, 60, 120), opened.state.box)
    window.damage.show_derive("losses")
    window.damage.derive.ground.pick()
    selection.picked.emit(55, 50)
    qtbot.waitUntil(lambda: selection.proposal is not None and bool(selection.proposal.mask.any()))
    proposal = selection.proposal
    assert proposal is not None
    assert not proposal.mask[:, 60 >> proposal.level :].any()
    selection.within = None
    qtbot.waitUntil(lambda: bool(selection.proposal.mask[:, 62 >> selection.proposal.level :].any()))
    assert window.damage.derive.apply_button.text() == "Apply to the whole scan"
