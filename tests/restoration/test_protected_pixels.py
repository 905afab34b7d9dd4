from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from scans import damage_of, smooth_picture, write_scan

from imagest_core.damage.classes import PROTECTED
from imagest_core.damage.map import DamageMap
from imagest_core.damage.rim import clean_rim
from imagest_core.damage.selection import Selection
from imagest_core.errors import ImagestError, MaskError, StyleError, VerificationError
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import open_painting
from imagest_core.restoration.api import export, restore
from imagest_core.restoration.compositing.window_views import view_of
from imagest_core.restoration.fill_mask import check_untouched, with_protection
from imagest_core.restoration.planning.window import Window
from imagest_core.restoration.record import RestorationRecord
from imagest_core.restoration.request import RestorationRequest
from imagest_core.restoration.verify import verify
from imagest_core.style.check import check_style
from imagest_core.style.reference import StyleReference
from imagest_core.style.suggest import suggest_regions

HEIGHT, WIDTH = 90, 120
HARMONIC = RestorationRequest.of("harmonic", dilation=2)


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    return write_scan(tmp_path / "scan.tif", smooth_picture(HEIGHT, WIDTH), 16)


def square(x: int, y: int, width: int, height: int) -> np.ndarray:
    mask = np.zeros((HEIGHT, WIDTH), np.bool_)
    mask[y : y + height, x : x + width] = True
    return mask


HOLE, KEPT = square(30, 30, 20, 20), square(50, 25, 20, 30)


def damage() -> DamageMap:
    return with_protection(damage_of(HOLE), DamageMap.from_mask(KEPT))


def test_protected_pixels_are_neither_filled_nor_grown_into(scan: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.tif"
    with open_painting(scan) as painting:
        result = restore(painting, damage(), HARMONIC)
        verification = export(painting, result, out)
    before, after = tifffile.imread(scan), tifffile.imread(out)
    assert np.array_equal(before[KEPT], after[KEPT])
    assert (before[HOLE] != after[HOLE]).any()
    dilated = result.dilated.read(result.dilated.box) > 0
    assert dilated[30, 28]
    assert not dilated[30, 50]
    assert verification.protected == result.record.mask.protected == KEPT.sum()
    assert any("protected" in note for note in result.record.notes)
    assert RestorationRecord.from_json(result.record.to_json()) == result.record


def test_mask_of_protected_pixels_adds_to_the_classes(scan: Path) -> None:
    with open_painting(scan) as painting:
        more = DamageMap.from_mask(square(30, 30, 10, 20))
        result = restore(painting, damage(), HARMONIC, protected=more)
        assert not result.dilated.within(more).count()
        with pytest.raises(MaskError, match="protected"):
            restore(painting, damage(), HARMONIC, protected=DamageMap.from_mask(HOLE))
        with pytest.raises(MaskError, match="pixels"):
            restore(painting, damage(), HARMONIC, protected=DamageMap.from_mask(np.ones((5, 5), np.bool_)))


def test_fill_of_a_protected_pixel_is_an_error(scan: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.tif"
    with open_painting(scan) as painting:
        result = restore(painting, damage_of(HOLE), HARMONIC)
        with pytest.raises(ImagestError, match="protected"):
            check_untouched(result.fills, DamageMap.from_mask(KEPT))
        with pytest.raises(VerificationError, match="protected"):
            export(painting, replace(result, protected=DamageMap.from_mask(KEPT)), out)
        assert not out.exists()
        export(painting, result, out)
        with pytest.raises(VerificationError, match="protected"):
            verify(painting, result.fills, out, protected=DamageMap.from_mask(KEPT))


def test_rim_stops_at_protected_pixels(tmp_path: Path) -> None:
    side = 160
    picture = smooth_picture(side, side)
    picture[46:114, 46:114] = 0.95
    hole, kept = np.zeros((2, side, side), np.bool_)
    hole[50:110, 50:110] = kept[:, 110:] = True
    with open_painting(write_scan(tmp_path / "scan.tif", picture, 16)) as painting:
        marked = with_protection(damage_of(hole), DamageMap.from_mask(kept))
        within = Selection.of_box(Box(0, 0, side, 70), painting.box)
        free = clean_rim(painting, damage_of(hole), 8).added
        cleaned = clean_rim(painting, marked, 8).added
        limited = clean_rim(painting, marked, 8, within=within).added
    assert free.read(free.box)[kept].any()
    assert cleaned.count()
    assert not cleaned.read(cleaned.box)[kept].any()
    assert limited.bounds().bottom == 70


def test_protected_area_is_no_style_reference(scan: Path) -> None:
    with open_painting(scan) as painting:
        style = StyleReference((Box(30, 20, 40, 20),))
        kept = with_protection(DamageMap(WIDTH, HEIGHT), DamageMap.from_mask(KEPT))
        with pytest.raises(StyleError, match="protected area"):
            check_style(style, painting, kept)
        trimmed = check_style(style, painting, kept, trim=True)
        for region in (*trimmed.regions, *suggest_regions(painting, kept)):
            assert not kept.read(region).any()


def test_no_paint_is_taken_from_protected_pixels(scan: Path) -> None:
    with open_painting(scan) as painting:
        kept = DamageMap.from_mask(KEPT)
        for scale, side in ((1, 80), (2, 40)):
            window = Window(0, Box(10, 10, 80, 80), scale)
            view = view_of(painting, damage_of(HOLE), window, kept)
            assert view.source_mask.shape == (side, side)
            assert not view.source_mask[20 // scale, 50 // scale]
            assert not view.mask[20 // scale, 50 // scale]
            assert view.source_mask[2, 2]
        assert view_of(painting, damage_of(HOLE), window).source_mask[10, 25]


def test_protected_class_of_a_map_without_one_gets_a_free_label() -> None:
    own = DamageMap(WIDTH, HEIGHT, (PROTECTED.with_label(3).__class__(7, "gilding", "#aa8800"),))
    result = with_protection(own, DamageMap.from_mask(KEPT))
    assert [item.name for item in result.classes] == ["gilding", "protected"]
    assert result.classes[1].label != 7
    assert result.any_protected


def test_restoration_is_limited_to_a_selection(scan: Path) -> None:
    within = Selection.of_box(Box(0, 0, 40, HEIGHT), Box(0, 0, WIDTH, HEIGHT))
    request = replace(HARMONIC, within=within)
    with open_painting(scan) as painting:
        result = restore(painting, damage_of(HOLE), request)
        outside = Selection.of_box(Box(100, 0, 20, HEIGHT), painting.box)
        with pytest.raises(MaskError, match="selection contains no damage"):
            restore(painting, damage_of(HOLE), replace(HARMONIC, within=outside))
    assert result.dilated.bounds() == Box(28, 28, 12, 24)
    assert result.record.within == within.facts
    stored = RestorationRecord.from_json(result.record.to_json())
    assert stored.within == within.facts
    assert stored.request == HARMONIC
    assert request != HARMONIC
