"""Laying in broad masses (:mod:`imagest_core.models.lay_in`), before patches of paint fill what is left."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from imagest_core.models.lay_in import STRIDE, LayIn
from imagest_core.restoration.spline import spline_torch

SCALE = 4
"""The masses are laid in at this part of the window's size."""
INTACT = 0.47
"""Share of a cell that must be intact for it to count as known."""
DEPTH_UNIT = 8.0
PULL = 1.7
"""By how much the change is strengthened: the patches that come after it take part of it back."""


def broad(pictures: Tensor, masks: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """What the lay-in sees of ``pictures`` (n, 3, h, w) with their holes ``masks`` (n, 1, h, w) in 0–1.

    Pre-fill, hole and depth at a quarter of the size; sides must be multiples of 4. Samples in the holes are
    not looked at.
    """
    intact = functional.avg_pool2d(1 - masks, SCALE)
    known = functional.avg_pool2d(pictures * (1 - masks), SCALE) / intact.clamp(min=1 / SCALE**2)
    hole = (intact < INTACT).to(pictures.dtype)
    depth = np.stack([cv2.distanceTransform(each, cv2.DIST_L2, cv2.DIST_MASK_5) for each in _bytes(hole)])
    far = torch.from_numpy(depth)[:, None].to(pictures.device, pictures.dtype) / DEPTH_UNIT
    return spline_torch(known, hole, cycles=0), hole, far


def _bytes(hole: Tensor) -> list[np.ndarray[tuple[int, ...], np.dtype[np.uint8]]]:
    return list(hole[:, 0].cpu().numpy().astype(np.uint8))


def laid_in(pictures: Tensor, masks: Tensor, network: LayIn) -> Tensor:
    """``pictures`` (n, 3, h, w) in −1…1, pre-filled, with the broad masses laid in."""
    height, width = pictures.shape[-2:]
    multiple = SCALE * STRIDE
    padding = (0, -width % multiple, 0, -height % multiple)
    seen = functional.pad(pictures, padding, mode="replicate")
    prefilled, hole, depth = broad(seen, functional.pad(masks, padding))
    if not bool(hole.any()):
        return pictures
    change = functional.interpolate(
        network(prefilled, hole, depth) * hole, scale_factor=float(SCALE), mode="bilinear"
    )
    return pictures + PULL * masks * change[..., :height, :width]
