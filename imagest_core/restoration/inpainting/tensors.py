"""Pictures and masks as torch tensors, the other arrays that the solvers take."""

from __future__ import annotations

import torch
from torch import Tensor

from imagest_core.arrays import Image, Mask


def as_tensors(image: Image, mask: Mask, count: int = 1) -> tuple[Tensor, Tensor]:
    """``image`` (h, w, 3) as (count, 3, h, w) and ``mask`` (h, w) as (count, 1, h, w); nothing is copied."""
    images = torch.from_numpy(image).permute(2, 0, 1)[None]
    masks = torch.from_numpy(mask)[None, None]
    return images.expand(count, -1, -1, -1), masks.expand(count, -1, -1, -1)
