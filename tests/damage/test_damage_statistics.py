from __future__ import annotations

import csv
import math

import numpy as np
import pytest
import skimage.morphology

from imagest_core.damage.classes import CRACK, LOSS, OVERPAINT
from imagest_core.damage.map import DamageMap
from imagest_core.damage.statistics import NO_SCALE, THICK, as_csv, centre_steps, class_figures
from imagest_core.painting.geometry import Box
from imagest_core.painting.resolution import Resolution
from imagest_core.progress import Progress


def filled(damage: DamageMap, box: Box, label: int) -> None:
    damage.write(box, np.full((box.height, box.width), label, np.uint8))


@pytest.fixture
def damage() -> DamageMap:
    damage = DamageMap(1000, 500)
    for index, side in enumerate((10, 20, 30)):
        filled(damage, Box(100 * index + 40, 240, side, side), LOSS.label)
    filled(damage, Box(100, 100, 401, 3), CRACK.label)
    filled(damage, Box(700, 10, 5, 5), OVERPAINT.label)
    return damage


def test_count_and_areas_of_each_class(damage: DamageMap) -> None:
    by_name = {item.name: item for item in class_figures(damage)}
    losses = by_name["loss"]
    assert (losses.count, losses.area_px) == (3, 1400)
    assert losses.sizes_px == (100, 250, 400, 650, 900)
    assert losses.percent == pytest.approx(100 * 1400 / 500_000)
    assert by_name["overpaint"].policy == "record"
    assert (losses.area_mm2, losses.length_mm, losses.scale) == (None, None, NO_SCALE)


def test_millimetres_say_where_they_come_from(damage: DamageMap) -> None:
    resolution = Resolution(20.0, 10.0, "TIFF resolution")
    losses, cracks, _ = class_figures(damage, resolution)
    assert losses.area_mm2 == pytest.approx(7.0)
    assert losses.sizes_mm2 == pytest.approx((0.5, 1.25, 2.0, 3.25, 4.5))
    assert cracks.length_mm == pytest.approx(401 / 20, rel=0.02)
    assert losses.scale == "TIFF resolution"


@pytest.mark.parametrize("slope", [0.0, 0.5, 1.0])
def test_the_length_of_a_line_is_that_of_its_centre_across_tiles(slope: float) -> None:
    damage = DamageMap(900, 900)
    for x in range(20, 820):
        filled(damage, Box(x, 30 + round(slope * (x - 20)), 1, 1), CRACK.label)
    steps = 799 * (1 - slope + slope * math.sqrt(2))
    assert centre_steps(damage).length() == pytest.approx(steps, rel=0.01)
    assert centre_steps(damage).length(0.5, 0.0) == pytest.approx(799 / 2, rel=0.01)


@pytest.mark.parametrize("at", [(100, 200), (250, 250), (390, 120)])
def test_what_is_thick_has_no_length_but_the_crack_that_leaves_it_has(at: tuple[int, int]) -> None:
    damage = DamageMap(1200, 800)
    filled(damage, Box(*at, 200, 200), CRACK.label)
    assert centre_steps(damage).length() == pytest.approx(0, abs=2 * THICK)
    filled(damage, Box(at[0] + 200, at[1] + 100, 500, 3), CRACK.label)
    assert centre_steps(damage).length() == pytest.approx(500, abs=2 * THICK)


def test_progress_runs_from_none_to_all(damage: DamageMap) -> None:
    seen: list[float] = []
    class_figures(damage, progress=Progress(lambda report: seen.append(report.fraction)))
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (0.0, 1.0)


def test_nothing_has_no_figures_and_no_length() -> None:
    assert class_figures(DamageMap(10, 10)) == ()
    assert centre_steps(DamageMap(10, 10)).length() == 0


def test_the_table_reads_back(damage: DamageMap) -> None:
    rows = list(csv.DictReader(as_csv(class_figures(damage)).splitlines()))
    assert [row["name"] for row in rows] == ["loss", "crack", "overpaint"]
    assert rows[0]["area_px"] == "1400"
    assert rows[0]["area_mm2"] == ""


def test_a_label_without_a_class_is_counted_too() -> None:
    damage = DamageMap(10, 10)
    filled(damage, Box(0, 0, 2, 2), 99)
    assert class_figures(damage)[0].name == "class 99"


def test_what_is_thick_throughout_is_not_thinned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thinning it takes long, holds up every other thread, and its line is thrown away."""
    thin, thinned = skimage.morphology.skeletonize, []
    monkeypatch.setattr(skimage.morphology, "skeletonize", lambda mask: thinned.append(mask) or thin(mask))
    damage = DamageMap(1000, 1000)
    damage.write(damage.box, np.ones((1000, 1000), np.uint8))
    assert centre_steps(damage).length() == 0
    assert len(thinned) <= 4, "only at corners"
