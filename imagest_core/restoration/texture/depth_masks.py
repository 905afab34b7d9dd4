"""Textured fills: where a sample is shown at all, and the fine detail laid over it.

Thin damage needs no diffusion: its rims tell more than any sample. So a sample's share grows with the
local thickness of the damage, from none in a crack to a set part in a loss; what the fill then lacks in
texture is taken from intact paint (:mod:`.texture_transfer`). Both choices go to the record.
"""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]
Mask = NDArray[np.bool_]

RADII = (4, 6, 8)
"""Discs in px that must fit into the damage for a third of the sample's share each."""
MOST = 0.15
"""The sample's share in thick damage: it brings what is coarser than the octaves that intact paint lends.
More of it is livelier and less like the truth."""
SOFT = 2.0
"""Radius in px over which the share changes smoothly."""
BROAD = 3
"""Where a disc of this radius in px fits, damage is broader than a crack."""
DEEP = 24
"""Where even a disc of this radius fits, nothing certain is near."""
DEEP_SOFT = 6.0
"""Radius in px over which depth changes smoothly."""


def share_of_sample(mask: Mask) -> Image:
    """How much of a sample, not of the faithful fill, is shown: (h, w) in 0–0.15, 0 in damage under 9 px."""
    inside = np.pad(mask.astype(np.uint8), 1)
    share = np.zeros(inside.shape, np.float32)
    for radius in RADII:
        share += np.float32(MOST / len(RADII)) * _opened(inside, radius)
    if not share.any():
        return share[1:-1, 1:-1]
    soft = cv2.GaussianBlur(share, (0, 0), SOFT)
    return np.asarray(soft[1:-1, 1:-1] * mask, np.float32)


def thickness(share: Image) -> Image:
    """0 in thin damage, 1 in thick, (h, w), from the share of a sample."""
    return np.minimum(share / np.float32(MOST), np.float32(1))


def broadness(mask: Mask) -> Image:
    """1 where damage is broader than a crack, 0 in cracks, (h, w)."""
    inside = _opened(np.pad(mask.astype(np.uint8), 1), BROAD)[1:-1, 1:-1].astype(np.float32)
    return np.asarray(cv2.GaussianBlur(inside, (0, 0), 1.0) * mask if inside.any() else inside, np.float32)


def deepness(mask: Mask) -> Image:
    """1 deep in large losses, 0 elsewhere, (h, w)."""
    inside = _opened(np.pad(mask.astype(np.uint8), 1), DEEP)[1:-1, 1:-1].astype(np.float32)
    return np.asarray(cv2.GaussianBlur(inside, (0, 0), DEEP_SOFT) if inside.any() else inside, np.float32)


def _opened(inside: NDArray[np.uint8], radius: int) -> NDArray[np.uint8]:
    """Where a disc of this radius fits; damage that reaches the edge goes on beyond it."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return np.asarray(
        cv2.morphologyEx(inside, cv2.MORPH_OPEN, disc, borderType=cv2.BORDER_REPLICATE), np.uint8
    )


def texture_note(share: Image, mask: Mask) -> Mapping[str, str]:
    """What the record says of a window: how much of its damage shows a sample."""
    return {"sampled": f"{float(share[mask].mean()) if mask.any() else 0.0:.0%} of the damage"}
