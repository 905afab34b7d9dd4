from __future__ import annotations

import numpy as np
from pytestqt.qtbot import QtBot

from app.compare.live_fills import LiveFills
from app.context import Context
from app.document import OpenDocument
from app.jobs.live_fill import dilated_mask, live_fill, masked_image
from app.window.main_window import MainWindow
from imagest_core.damage.map import DamageMap
from imagest_core.painting.geometry import Box
from imagest_core.restoration.planning.window import Preview, Window


def damaged() -> DamageMap:
    damage = DamageMap(160, 120)
    damage.write(Box(20, 20, 10, 10), np.ones((10, 10), np.uint8))
    return damage


def test_mask_is_dilated_and_reduced_to_working_pixels():
    assert dilated_mask(damaged(), Window(1, Box(0, 0, 64, 64)), 2).sum() == 14 * 14
    assert dilated_mask(damaged(), Window(1, Box(0, 0, 64, 64), 2), 1).shape == (32, 32)


def test_only_filled_pixels_are_drawn():
    mask = np.zeros((4, 4), bool)
    mask[1, 1] = True
    image = masked_image(np.ones((4, 4, 3), np.float32), mask)
    assert image.pixelColor(1, 1).alpha() == 255
    assert image.pixelColor(0, 0).alpha() == 0


def test_previews_are_shown_while_the_job_runs(window: MainWindow, opened: OpenDocument, qtbot: QtBot):
    from app.jobs.runner import Job

    context: Context = window.context
    opened.document.state.damage.write(Box(20, 20, 10, 10), np.ones((10, 10), np.uint8))
    seen: list[int] = []
    live: LiveFills = window.live
    context.jobs.preview.connect(lambda _: seen.append(live.count))
    preview = Preview(Window(1, Box(0, 0, 64, 64)), np.ones((64, 64, 3), np.float32))
    fill = live_fill(preview, damaged(), 1)
    assert fill.image.pixelColor(25, 25).alpha() == 255
    assert fill.image.pixelColor(5, 5).alpha() == 0
    context.jobs.submit(Job("fill", lambda progress: progress.preview(fill), lambda _: None))
    qtbot.waitUntil(lambda: not context.jobs.busy)
    assert seen == [1]
    assert live.count == 0
