"""Windows of one region are joined within fixed blocks; everything else stays as it was."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from imagest_core.damage.map import DamageMap
from imagest_core.damage.regions import find_regions
from imagest_core.painting.geometry import Box, union
from imagest_core.restoration.planning.joining import ALIGNMENT
from imagest_core.restoration.planning.layout import Layout, Plan
from imagest_core.restoration.planning.plan import make_plan


def plans(mask: np.ndarray, joined: int = 3) -> tuple[Plan, Plan]:
    """The plan with separate windows, and the one with joined windows."""
    dilated = DamageMap.from_mask(mask)
    layout, regions = Layout(dilated.box, 64, 96, 0.5), find_regions(dilated)
    return make_plan(dilated, regions, layout), make_plan(dilated, regions, replace(layout, joined=joined))


def losses() -> np.ndarray:
    """A large loss with a crack out of it, a long loss, a small one."""
    y, x = np.mgrid[:500, :700]
    mask = (y - 200) ** 2 + (x - 250) ** 2 < 110**2
    mask[198:202, 250:690] = True
    mask[400:416, 20:660] = True
    mask[470:480, 600:612] = True
    return mask


@pytest.mark.parametrize("joined", [2, 3, 4])
def test_the_same_windows_fill_the_same_pixels(joined: int) -> None:
    separate, together = plans(losses(), joined)
    assert sorted(map(str, together.windows)) == sorted(map(str, separate.windows))
    assert [w.scale for w in together.windows] == [w.scale for w in separate.windows], "coarse first"
    picture = Box(0, 0, 700, 500)
    for layer, part in ((0, picture), (1, Box(100, 60, 300, 250))):
        for scale in (1, 2, 4):
            sums = [
                sum(
                    plan.weights(task, part, picture)
                    for task in plan.tasks
                    if (task.layer, task.window.scale) == (layer, scale)
                )
                for plan in (separate, together)
            ]
            assert np.allclose(*sums, atol=1e-5)


def test_canvases_are_bounded_aligned_and_connected() -> None:
    _, together = plans(losses())
    canvases = [task for task in together.tasks if task.parts]
    assert len(canvases) > 4
    for task in canvases:
        box, scale = task.window.box, task.window.scale
        around = union(part.window.box for part in task.parts)
        assert box.contains(around)
        assert max(box.width - around.width, box.height - around.height) < 2 * ALIGNMENT * scale
        assert not any(side % (ALIGNMENT * scale) for side in box)
        side = task.parts[0].window.box.width
        assert max(around.width, around.height) <= 3 * side
        assert len({(part.window.scale, part.window.box.width, part.layer) for part in task.parts}) == 1
        assert 1 < len(task.parts) <= 9
        assert all(set(part.cut) <= set(task.cut) and part.cut for part in task.parts)


def test_windows_of_other_regions_and_other_blocks_stay_apart() -> None:
    mask = np.zeros((64, 2000), np.bool_)
    mask[30:34, 10:1990] = True
    _, together = plans(mask)
    assert [len(task.parts) for task in together.tasks[:-1]] == [3] * (len(together.tasks) - 1)
    more = mask.copy()
    more[30:34, 900:960] = False  # elsewhere the same windows are joined
    first, others = (
        [[w.box for w in task.windows] for task in plan.tasks] for plan in (together, plans(more)[1])
    )
    kept = [boxes for boxes in others if boxes in first]
    assert len(kept) >= len(first) - 2
    single = np.zeros((300, 300), np.bool_)
    single[100:120, 100:120] = single[200:210, 30:50] = True
    assert not [task for task in plans(single)[1].tasks if task.parts]
