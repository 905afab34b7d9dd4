"""Detecting damage over a whole scan: learn from samples, then tile by tile into a damage map."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Mask
from imagest_core.damage.classes import CRACK, LOSS
from imagest_core.damage.detection.cleanup import clean_up
from imagest_core.damage.detection.cracks import (
    CrackParameters,
    Models,
    cleaned_cracks,
    crack_masks,
    learn_cracks,
)
from imagest_core.damage.detection.losses import Colour, LossParameters, find_ground, loss_mask
from imagest_core.damage.map import DamageMap
from imagest_core.errors import MaskError
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting
from imagest_core.progress import Progress

PART = 1536
"""Side (px) of the parts a scan is looked through in: whole tiles and whole cells of texture."""
SAMPLE, SAMPLES = 512, 4
"""Side (px) of a sample, and how many are taken along each side of a large scan."""


def detect_cracks(
    painting: Painting, how: CrackParameters | None = None, progress: Progress | None = None
) -> DamageMap:
    """The cracks in a whole painting, as class *crack*; raises ``Cancelled``."""
    how, progress = how or CrackParameters(), progress or Progress()
    models = learn_cracks_of(painting, how, progress.part(0.0, 0.2, "learning what cracks look like"))

    def find(rgb: NDArray[np.float32]) -> tuple[Mask, ...]:
        return crack_masks(rgb, how, models)

    possible, sure = _over_all(painting, find, 2, how.halo, progress.part(0.2, 0.9, "looking for cracks"))
    found = relabelled(cleaned_cracks(possible, sure, how), CRACK.label)
    progress.set(1.0)
    return found


def detect_losses(
    painting: Painting, how: LossParameters | None = None, progress: Progress | None = None
) -> DamageMap:
    """Where bare ground shows in a whole painting, as class *loss*.

    Raises ``MaskError`` where no ground is given and none is found, and ``Cancelled``.
    """
    how, progress = how or LossParameters(), progress or Progress()
    ground = how.ground or find_ground_of(painting, how, progress.part(0.0, 0.2, "looking for bare ground"))
    if ground is None:
        raise MaskError("No bare ground was found in the painting: pick its colour.")

    def find(rgb: NDArray[np.float32]) -> tuple[Mask, ...]:
        return (loss_mask(rgb, ground, how.tolerance),)

    (raw,) = _over_all(painting, find, 1, how.halo, progress.part(0.2, 0.9, "looking for losses"))
    found = relabelled(clean_up(raw, how), LOSS.label)
    progress.set(1.0)
    return found


def learn_cracks_of(painting: Painting, how: CrackParameters, progress: Progress | None = None) -> Models:
    """What cracks look like in a painting; the window keeps this for its previews."""
    return learn_cracks(_samples(painting, progress or Progress()), how)


def find_ground_of(
    painting: Painting, how: LossParameters, progress: Progress | None = None
) -> Colour | None:
    """The ground's colour in a painting (sRGB 0–1); None where nothing looks like bare ground."""
    return find_ground(_samples(painting, progress or Progress()), how.tolerance)


def sample_boxes(whole: Box) -> list[Box]:
    """The whole picture where it is small, else 16 pieces spread evenly over it."""
    if whole.area <= SAMPLES**2 * SAMPLE**2:
        return [whole]
    across, down = (_starts(length) for length in (whole.width, whole.height))
    return [Box(x, y, SAMPLE, SAMPLE).within(whole) for y in down for x in across]


def relabelled(damage: DamageMap, label: int) -> DamageMap:
    """All damage under one ``label``."""
    made = DamageMap(damage.width, damage.height, damage.classes)
    for box in damage.occupied():
        made.write(box, (damage.read(box) > 0) * np.uint8(label))
    return made


def _starts(length: int) -> list[int]:
    room = max(length - SAMPLE, 0)
    return sorted({round(room * index / (SAMPLES - 1)) for index in range(SAMPLES)})


def _samples(painting: Painting, progress: Progress) -> list[NDArray[np.float32]]:
    return [painting.read_working(box) for box in progress.steps(sample_boxes(painting.box))]


def _over_all(
    painting: Painting,
    find: Callable[[NDArray[np.float32]], tuple[Mask, ...]],
    count: int,
    halo: int,
    progress: Progress,
) -> list[DamageMap]:
    """The ``count`` masks that ``find`` gives of every part, seen with ``halo`` px around, as maps."""
    maps = [DamageMap(painting.width, painting.height) for _ in range(count)]
    for part in progress.steps(list(painting.box.tiles(PART))):
        around = part.expanded(halo).within(painting.box)
        inside = part.moved(-around.x, -around.y).slices
        for made, mask in zip(maps, find(painting.read_working(around))):
            made.write(part, mask[inside])
    return maps
