from __future__ import annotations

import csv
import math

import numpy as np
import pytest
import skimage.morphology

from imagest_core.damage.classes import CRACK, LOSS, OVERPAINT
from imagest_core.damage.map import DamageMap
from imagest_core.damage.selection import Selection
from imagest_core.damage.statistics import NO_SCALE, THICK, as_csv, class_statistics, skeleton_steps
from imagest_core.painting.geometry import Box
from imagest_core.painting.resolution import Resolution
from imagest_core.progress import Progress


def fill(damage: DamageMap, box: Box, label: int) -> None:
    damage.write(box, np.full((box.height, box.width), label, np.uint8))


@pytest.fixture
def damage() -> DamageMap:
    damage = DamageMap(1000, 500)
    for index, side in enumerate((10, 20, 30)):
        fill(damage, Box(100 * index + 40, 240, side, side), LOSS.label)
    fill(damage, Box(100, 100, 401, 3), CRACK.label)
    fill(damage, Box(700, 10, 5, 5), OVERPAINT.label)
    return damage


def test_count_and_areas_of_each_class(damage: DamageMap) -> None:
    by_name = {item.name: item for item in class_statistics(damage)}
    losses = by_name["loss"]
    assert (losses.count, losses.area_px) == (3, 1400)
    assert losses.sizes_px == (100, 250, 400, 650, 900)
    assert losses.percent == pytest.approx(100 * 1400 / 500_000)
    assert by_name["overpaint"].policy == "record"
    assert (losses.area_mm2, losses.length_mm, losses.scale) == (None, None, NO_SCALE)


def test_reports_millimetres_with_their_origin(damage: DamageMap) -> None:
    resolution = Resolution(20.0, 10.0, "TIFF resolution")
    losses, cracks, _ = class_statistics(damage, resolution)
    assert losses.area_mm2 == pytest.approx(7.0)
    assert losses.sizes_mm2 == pytest.approx((0.5, 1.25, 2.0, 3.25, 4.5))
    assert cracks.length_mm == pytest.approx(401 / 20, rel=0.02)
    assert losses.scale == "TIFF resolution"


@pytest.mark.parametrize("slope", [0.0, 0.5, 1.0])
def test_length_of_a_line_across_tiles(slope: float) -> None:
    damage = DamageMap(900, 900)
    for x in range(20, 820):
        fill(damage, Box(x, 30 + round(slope * (x - 20)), 1, 1), CRACK.label)
    steps = 799 * (1 - slope + slope * math.sqrt(2))
    assert skeleton_steps(damage).length() == pytest.approx(steps, rel=0.01)
    assert skeleton_steps(damage).length(0.5, 0.0) == pytest.approx(799 / 2, rel=0.01)


@pytest.mark.parametrize("corner", [(100, 200), (250, 250), (390, 120)])
def test_thick_damage_has_no_length_but_connected_cracks_have(corner: tuple[int, int]) -> None:
    damage = DamageMap(1200, 800)
    fill(damage, Box(*corner, 200, 200), CRACK.label)
    assert skeleton_steps(damage).length() == pytest.approx(0, abs=2 * THICK)
    fill(damage, Box(corner[0] + 200, corner[1] + 100, 500, 3), CRACK.label)
    assert skeleton_steps(damage).length() == pytest.approx(500, abs=2 * THICK)


def test_reports_progress_from_0_to_1(damage: DamageMap) -> None:
    fractions: list[float] = []
    class_statistics(damage, progress=Progress(lambda report: fractions.append(report.fraction)))
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)


def test_empty_map_has_no_statistics_and_no_length() -> None:
    assert class_statistics(DamageMap(10, 10)) == ()
    assert skeleton_steps(DamageMap(10, 10)).length() == 0


def test_csv_can_be_parsed(damage: DamageMap) -> None:
    rows = list(csv.DictReader(as_csv(class_statistics(damage)).splitlines()))
    assert [row["name"] for row in rows] == ["loss", "crack", "overpaint"]
    assert rows[0]["area_px"] == "1400"
    assert rows[0]["area_mm2"] == ""


def test_counts_labels_without_a_class() -> None:
    damage = DamageMap(10, 10)
    fill(damage, Box(0, 0, 2, 2), 99)
    assert class_statistics(damage)[0].name == "class 99"


def test_thick_damage_is_not_thinned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thinning it is slow, blocks all other threads, and the result is discarded."""
    thin, thinned = skimage.morphology.skeletonize, []
    monkeypatch.setattr(skimage.morphology, "skeletonize", lambda mask: thinned.append(mask) or thin(mask))
    damage = DamageMap(1000, 1000)
    damage.write(damage.box, np.ones((1000, 1000), np.uint8))
    assert skeleton_steps(damage).length() == 0
    assert len(thinned) <= 4, "only at the corners"


def test_statistics_are_limited_to_a_selection(damage: DamageMap) -> None:
    within = Selection.of_box(Box(0, 200, 250, 100), damage.box)
    (losses,) = class_statistics(damage, within=within)
    assert (losses.count, losses.area_px) == (3, 800)
    assert losses.percent == pytest.approx(100 * 800 / 25_000)
