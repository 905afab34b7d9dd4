"""Cancellation during the preparation of a restoration."""

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


class CancellingProgress(Progress):
    """Cancels at the check with the number ``last``; never if 0."""

    def __init__(self, last: int = 0) -> None:
        self.checks = 0
        super().__init__(cancelled=lambda: self.checks == last)

    def check(self) -> None:
        self.checks += 1
        super().check()


def assert_cancellable(work: Callable[[Progress], object], at_least: int) -> None:
    """Assert that ``work`` checks ``at_least`` times and stops at any of them."""
    complete = CancellingProgress()
    work(complete)
    assert complete.checks >= at_least
    for last in {1, complete.checks // 2, complete.checks}:
        cancelling = CancellingProgress(last)
        with pytest.raises(Cancelled):
            work(cancelling)
        assert cancelling.checks == last


def test_during_dilation(damage: DamageMap) -> None:
    assert_cancellable(lambda progress: damage.dilated(2, progress), len(damage.tiles()))


def test_during_region_search(damage: DamageMap) -> None:
    assert_cancellable(lambda progress: find_regions(damage, progress=progress), 2 * len(damage.tiles()))


def test_during_planning(damage: DamageMap) -> None:
    regions, layout = find_regions(damage), Layout(damage.box, 256, 512, 0.5)
    assert_cancellable(lambda progress: make_plan(damage, regions, layout, progress), 4 * len(damage.tiles()))


def test_during_style_suggestion(painting: Painting, damage: DamageMap) -> None:
    assert_cancellable(
        lambda progress: suggest_regions(painting, damage, progress=progress), len(damage.tiles()) + 2
    )


def test_between_stages_of_the_network(painting: Painting, tmp_path: Path) -> None:
    from imagest_core.models.cache import loaded_models

    request = RestorationRequest.of(
        engine="imagest", model=str(tiny_checkpoint(tmp_path / "toy")), device="cpu"
    )

    def opened(progress: Progress) -> None:
        loaded_models.clear()
        get_engine("imagest").open(request, None, progress).close()

    assert_cancellable(opened, 7)
    loaded_models.clear()
