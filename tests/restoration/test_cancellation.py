"""A cancel is heard while a restoration is only being prepared."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from tiny_model import tiny_checkpoint

from imagest_core.damage.map import DamageMap
from imagest_core.damage.regions import find_regions
from imagest_core.painting.reader import Painting, open_painting
from imagest_core.progress import Cancelled, Progress
from imagest_core.restoration.engines.registry import get_engine
from imagest_core.restoration.planning.layout import Layout
from imagest_core.restoration.planning.plan import make_plan
from imagest_core.restoration.request import RestorationRequest
from imagest_core.style.suggest import suggest_regions

SIDE = 1200


@pytest.fixture
def damage() -> DamageMap:
    """Two cracks over many tiles, and a loss too thick to be cut."""
    mask = np.zeros((SIDE, SIDE), np.bool_)
    mask[100:103] = mask[:, 1000:1002] = mask[300:900, 200:800] = True
    return DamageMap.from_mask(mask)


@pytest.fixture
def painting(tmp_path: Path):
    path = tmp_path / "scan.tif"
    tifffile.imwrite(path, np.random.default_rng(1).integers(0, 255, (SIDE, SIDE), np.uint8))
    with open_painting(path) as opened:
        yield opened


class Impatient(Progress):
    """Is cancelled when it is asked for the ``last`` time; 0 for never."""

    def __init__(self, last: int = 0) -> None:
        self.asked = 0
        super().__init__(cancelled=lambda: self.asked == last)

    def check(self) -> None:
        self.asked += 1
        super().check()


def stops_anywhere(work: Callable[[Progress], object], at_least: int) -> None:
    """``work`` asks so many times at least, and ends with the answer wherever it is yes."""
    patient = Impatient()
    work(patient)
    assert patient.asked >= at_least
    for last in {1, patient.asked // 2, patient.asked}:
        impatient = Impatient(last)
        with pytest.raises(Cancelled):
            work(impatient)
        assert impatient.asked == last


def test_while_the_mask_is_grown(damage: DamageMap) -> None:
    stops_anywhere(lambda progress: damage.dilated(2, progress), len(damage.tiles()))


def test_while_regions_are_found(damage: DamageMap) -> None:
    stops_anywhere(lambda progress: find_regions(damage, progress=progress), 2 * len(damage.tiles()))


def test_while_windows_are_planned(damage: DamageMap) -> None:
    regions, layout = find_regions(damage), Layout(damage.box, 256, 512, 0.5)
    stops_anywhere(lambda progress: make_plan(damage, regions, layout, progress), 4 * len(damage.tiles()))


def test_while_a_style_is_looked_for(painting: Painting, damage: DamageMap) -> None:
    stops_anywhere(
        lambda progress: suggest_regions(painting, damage, progress=progress), len(damage.tiles()) + 2
    )


def test_between_the_parts_of_the_network(painting: Painting, tmp_path: Path) -> None:
    from imagest_core.models.imagest.backbone import cache

    request = RestorationRequest.of(
        engine="imagest", model=str(tiny_checkpoint(tmp_path / "toy")), device="cpu"
    )

    def opened(progress: Progress) -> None:
        cache.clear()
        get_engine("imagest").open(request, None, progress).close()

    stops_anywhere(opened, 7)
    cache.clear()
