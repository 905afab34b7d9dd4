"""The infill studies the paint at hand: what it saw there it continues better than what it learned before."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from imagest_core.models.infill import InfillConfig, PatchMixture, shape_of
from imagest_core.models.study import LACK, MOST, TRUST, Study
from imagest_core.restoration.inpainting.spline import spline_torch
from imagest_core.restoration.patch_infill import infill
from imagest_core.training.infill import PatchFit

SIDE = 7


def weave(height: int, width: int, pace: float) -> Tensor:
    """Threads that cross (3, h, w) in 0–1; ``pace``: radians from one px to the next."""
    rows, columns = np.mgrid[:height, :width]
    threads = np.sin(pace * (rows + 0.4 * columns)) * np.sin(pace * (columns - 0.4 * rows))
    return torch.from_numpy(np.stack([0.5 + 0.3 * threads] * 3).astype(np.float32))


def crossed(height: int, width: int) -> Tensor:
    """Two cracks (h, w)."""
    hole = torch.zeros(height, width, dtype=torch.bool)
    hole[height // 2 : height // 2 + 4, 6 : width - 6] = True
    hole[6 : height - 6, width // 2 : width // 2 + 3] = True
    return hole


@pytest.fixture(scope="module")
def study() -> Study:
    """Of a mixture that learned another weave."""
    view = weave(96, 96, 0.5)[0].unfold(0, SIDE, 1).unfold(1, SIDE, 1).reshape(-1, SIDE**2)
    fit = PatchFit(shape_of(view[::7]), InfillConfig(SIDE, 2, 12))
    mixture: PatchMixture = fit.improved(fit.first())[0]
    return Study(mixture, mixture.tables())


def test_what_was_studied_is_continued_better(study: Study) -> None:
    picture, hole = weave(80, 80, 1.1), crossed(80, 80)
    spline = spline_torch(picture[None] * ~hole, hole[None, None].float())[0]
    before, after = study.studied(), study.studied(study.look(spline, hole))
    fills = [infill(spline, hole, tables) for tables in (before, after)]
    errors = [float((fill - picture)[:, hole].square().mean()) for fill in fills]
    assert errors[1] < errors[0] / 1.5


def test_nothing_studied_leaves_what_was_learned(study: Study) -> None:
    (learned,) = study.studied()
    fine, half, coarse = study.studied(study.look(weave(40, 40, 1.1), torch.zeros(40, 40, dtype=torch.bool)))
    assert torch.equal(learned.precision, coarse.precision)
    assert not torch.equal(learned.precision, fine.precision)
    assert not torch.equal(fine.precision, half.precision)
    assert torch.equal(learned.whitening, fine.whitening), "patches are told apart as they were learned"


def test_what_several_pictures_tell_counts_together(study: Study) -> None:
    none = torch.zeros(40, 40, dtype=torch.bool)
    one, other = study.look(weave(40, 40, 1.1), none), study.look(weave(40, 40, 0.8), none)
    alone, both, turned = (study.studied(*seen)[0].precision for seen in ((one,), (one, other), (other, one)))
    assert float((both - turned).abs().max()) < 0.01 * float((both - alone).abs().max())


def test_every_component_stays_sound_however_little_was_seen(study: Study) -> None:
    flat = study.look(torch.full((3, 9, 9), 0.5), torch.zeros(9, 9, dtype=torch.bool))
    for tables in study.studied(flat):
        assert bool((torch.linalg.eigvalsh(tables.precision.double()) > 0).all())


def test_only_patches_that_lack_little_are_studied(study: Study) -> None:
    hole = torch.zeros(SIDE, 60, dtype=torch.bool)
    hole[:, 40:] = True
    found = study.look(weave(SIDE, 60, 1.1), hole)[0]
    assert len(found) == 40 - SIDE + 1 + int(LACK * SIDE)
    assert not any(len(seen) for seen in study.look(weave(SIDE, 60, 1.1), torch.ones_like(hole)))


def test_a_picture_smaller_than_a_patch_tells_nothing(study: Study) -> None:
    small = study.look(weave(SIDE - 1, 30, 1.1), torch.zeros(SIDE - 1, 30, dtype=torch.bool))
    assert [seen.shape for seen in small] == [(0, SIDE**2)] * len(TRUST)


def test_of_a_large_picture_so_many_as_take_no_longer(study: Study) -> None:
    assert len(study.look(weave(200, 200, 1.1), torch.zeros(200, 200, dtype=torch.bool))[0]) == MOST


def test_the_same_again_to_the_bit(study: Study) -> None:
    seen = study.look(weave(60, 60, 1.1), crossed(60, 60))
    first, second = (study.studied(seen) for _ in range(2))
    assert all(torch.equal(one.precision, two.precision) for one, two in zip(first, second))
