"""Borders round pictures on the device."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional


def mirrored(picture: Tensor, border: int) -> Tensor:
    """``picture`` (c, h, w) with a mirrored border; one sample's width of picture is enough for it."""
    while border > 0:
        step = min(border, min(picture.shape[-2:]) - 1)
        if step < 1:
            return functional.pad(picture[None], (border,) * 4, mode="replicate")[0]
        picture = functional.pad(picture[None], (step,) * 4, mode="reflect")[0]
        border -= step
    return picture
