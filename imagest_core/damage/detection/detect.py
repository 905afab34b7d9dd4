"""Detection over a whole scan: learn from samples, then process tile by tile."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Mask
from imagest_core.damage.classes import CRACK, LOSS
from imagest_core.damage.detection.cleanup import clean_up
from imagest_core.damage.detection.cracks import (
    CrackModels,
    CrackParameters,
    cleaned_cracks,
    crack_masks,
    learn_cracks,
)
from imagest_core.damage.detection.losses import (
    Colour,
    GroundEstimate,
    LossParameters,
    estimate_ground,
    loss_mask,
)
from imagest_core.damage.map import DamageMap
from imagest_core.errors import MaskError
from imagest_core.messages import Message
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting
from imagest_core.progress import Progress

PART = 1536
"""Side (px) of the parts a scan is processed in: a multiple of the tiles and of the texture cells."""
SAMPLE, SAMPLES = 512, 4
"""Side (px) of a sample, and number of samples along each side of a large scan."""


def detect_cracks(
    painting: Painting, parameters: CrackParameters | None = None, progress: Progress | None = None
) -> DamageMap:
    """Detect the cracks in a painting as class *crack*; raises ``Cancelled``."""
    parameters, progress = parameters or CrackParameters(), progress or Progress()
    models = learn_cracks_from(
        painting, parameters, progress.part(0.0, 0.2, "learning what cracks look like")
    )

    def find(rgb: NDArray[np.float32]) -> tuple[Mask, ...]:
        return crack_masks(rgb, parameters, models)

    possible, sure = _map_tiles(
        painting, find, 2, parameters.halo, progress.part(0.2, 0.9, "looking for cracks")
    )
    damage = with_label(cleaned_cracks(possible, sure, parameters), CRACK.label)
    progress.set(1.0)
    return damage


def detect_losses(
    painting: Painting, parameters: LossParameters | None = None, progress: Progress | None = None
) -> DamageMap:
    """Detect bare ground in a painting as class *loss*.

    Raises ``MaskError`` if no ground is given and none is found for sure, and ``Cancelled``.
    """
    parameters, progress = parameters or LossParameters(), progress or Progress()
    ground = parameters.ground or find_ground_in(
        painting, parameters, progress.part(0.0, 0.2, "looking for bare ground")
    )

    def find(rgb: NDArray[np.float32]) -> tuple[Mask, ...]:
        return (loss_mask(rgb, ground, parameters.tolerance),)

    (raw,) = _map_tiles(painting, find, 1, parameters.halo, progress.part(0.2, 0.9, "looking for losses"))
    damage = with_label(clean_up(raw, parameters), LOSS.label)
    progress.set(1.0)
    return damage


def learn_cracks_from(
    painting: Painting, parameters: CrackParameters, progress: Progress | None = None
) -> CrackModels:
    """Learn crack models from samples of a painting."""
    return learn_cracks(_samples(painting, progress or Progress()), parameters)


def find_ground_in(
    painting: Painting, parameters: LossParameters, progress: Progress | None = None
) -> Colour:
    """Find the colour of the ground in a painting (sRGB 0–1).

    Raises ``MaskError`` if there is none, or if it might as well be pale paint.
    """
    return trusted_ground(estimate_ground_in(painting, parameters, progress))


def estimate_ground_in(
    painting: Painting, parameters: LossParameters, progress: Progress | None = None
) -> GroundEstimate | None:
    """Return the colour most like bare ground in a painting with its confidence, or None."""
    return estimate_ground(_samples(painting, progress or Progress()), parameters.tolerance)


def trusted_ground(estimate: GroundEstimate | None) -> Colour:
    """Return the estimated colour; raise ``MaskError`` if it can't be trusted."""
    if estimate is None:
        raise MaskError(
            "No bare ground was found in the painting: pick its colour, or learn the damage from strokes."
        )
    if not estimate.trusted:
        raise MaskError(
            Message(
                "What looks most like bare ground may be paint (confidence {confidence}): pick the colour of "
                "the ground, or learn the damage from strokes.",
                confidence=f"{estimate.confidence:.0%}",
            )
        )
    return estimate.colour


def sample_boxes(whole: Box) -> list[Box]:
    """Return the whole image if it is small, else 16 evenly spaced samples."""
    if whole.area <= SAMPLES**2 * SAMPLE**2:
        return [whole]
    across, down = (_sample_starts(length) for length in (whole.width, whole.height))
    return [Box(x, y, SAMPLE, SAMPLE).within(whole) for y in down for x in across]


def with_label(damage: DamageMap, label: int) -> DamageMap:
    """Return all damage with a single ``label``."""
    result = DamageMap(damage.width, damage.height, damage.classes)
    for box in damage.occupied():
        result.write(box, (damage.read(box) > 0) * np.uint8(label))
    return result


def _sample_starts(length: int) -> list[int]:
    last = max(length - SAMPLE, 0)
    return sorted({round(last * index / (SAMPLES - 1)) for index in range(SAMPLES)})


def _samples(painting: Painting, progress: Progress) -> list[NDArray[np.float32]]:
    return [painting.read_working(box) for box in progress.steps(sample_boxes(painting.box))]


def _map_tiles(
    painting: Painting,
    find: Callable[[NDArray[np.float32]], tuple[Mask, ...]],
    count: int,
    halo: int,
    progress: Progress,
) -> list[DamageMap]:
    """Apply ``find`` to every part with ``halo`` px of context; return its ``count`` masks as maps."""
    maps = [DamageMap(painting.width, painting.height) for _ in range(count)]
    for part in progress.steps(list(painting.box.tiles(PART))):
        padded = part.expanded(halo).within(painting.box)
        inside = part.moved(-padded.x, -padded.y).slices
        for damage, mask in zip(maps, find(painting.read_working(padded))):
            damage.write(part, mask[inside])
    return maps
