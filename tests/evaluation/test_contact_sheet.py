from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from imagest_core.arrays import Image8, Mask
from imagest_core.evaluation.benchmark import CaseFills
from imagest_core.evaluation.cases import Case, CasePictures
from imagest_core.evaluation.contact_sheet import (
    CELL,
    PAPER,
    close_strip,
    close_up,
    contact_sheet,
    whole_strip,
)


@pytest.fixture
def filled(picture: Image8, mask: Mask) -> CaseFills:
    damaged = np.where(mask[..., None], np.uint8(255), picture)
    fills = {"none": damaged, "telea": picture // 2}
    return CaseFills(Case("000-losses", "losses", Path()), CasePictures(picture, damaged, mask), fills)


def test_columns_run_from_the_damage_to_the_truth(filled: CaseFills) -> None:
    strip = whole_strip(filled)
    assert list(strip.cells) == ["damaged", "telea", "truth"]
    assert np.array_equal(np.asarray(strip.cells["telea"]), filled.fills["telea"])


def test_large_pictures_are_reduced_and_small_ones_left(filled: CaseFills) -> None:
    large = {"none": np.zeros((300, 600, 3), np.uint8)}
    pictures = CasePictures(large["none"], large["none"], np.zeros((300, 600), bool))
    sizes = {cell.size for cell in whole_strip(CaseFills(filled.case, pictures, large)).cells.values()}
    assert sizes == {(CELL, CELL // 2)}


def test_a_close_up_shows_damage_with_its_surroundings() -> None:
    mask = np.zeros((400, 300), bool)
    mask[300:380, 200:290] = True
    rows, cols = close_up(mask, 96)
    assert (rows.stop - rows.start, cols.stop - cols.start) == (96, 96)
    assert mask[rows, cols].mean() == pytest.approx(0.4, abs=0.01)


def test_a_close_up_of_a_small_picture_is_all_of_it(filled: CaseFills, mask: Mask) -> None:
    assert close_up(mask) == (slice(0, 48), slice(0, 48))
    assert close_strip(filled).cells["truth"].size == (288, 288)


def test_the_sheet_holds_each_picture_and_is_lettered(filled: CaseFills) -> None:
    strip = whole_strip(filled)
    sheet = np.asarray(contact_sheet([strip, strip]))
    for cell in strip.cells.values():
        assert _places(sheet, np.asarray(cell)) == 2
    lettering = sheet[:30]
    assert ((lettering == PAPER).all(2)).any()
    assert lettering.min() < 60


def _places(sheet: np.ndarray, cell: np.ndarray) -> int:
    windows = np.lib.stride_tricks.sliding_window_view(sheet[..., 0], cell.shape[:2])
    starts = np.argwhere((windows[..., 0, 0] == cell[0, 0, 0]) & (windows[..., -1, -1] == cell[-1, -1, 0]))
    return sum(np.array_equal(windows[y, x], cell[..., 0]) for y, x in starts)
