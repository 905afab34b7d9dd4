"""The infill network: what the surroundings tell of a loss, before any sample is painted over it.

A small residual U-Net over the spline pre-fill. Conservators level a loss with an infill before they retouch
it; so does this: alone it is the faithful fill, and latents are read and samples decoded on top of it.
It knows no noise, no style and no latents: it answers with the mean of what could have been there.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

FOLD = 2
"""Pixels are folded into channels 2×2 at the entrance: nothing of a 1 px crack is lost."""


@dataclass(frozen=True)
class InfillConfig:
    """Sizes of the infill network: channels and residual blocks from half resolution downwards."""

    channels: tuple[int, ...] = (32, 48, 64, 80)
    blocks: tuple[int, ...] = (1, 2, 1, 1)

    @property
    def multiple(self) -> int:
        """Sides of a window must be multiples of this."""
        return FOLD * 2 ** (len(self.channels) - 1)


class PlainBlock(nn.Module):
    """Two 3×3 convolutions over a skip, the second begun at zero; without normalisation, which would make
    a crack's fill depend on the mean of the whole window."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(cast(Tensor, self.second.bias))

    def forward(self, x: Tensor) -> Tensor:
        """Same shape in and out, (n, c, h, w)."""
        return x + self.second(functional.relu(self.first(functional.relu(x))))


def _blocks(channels: int, count: int) -> nn.Sequential:
    return nn.Sequential(*(PlainBlock(channels) for _ in range(count)))


class InfillNetwork(nn.Module):
    """Pre-filled picture and mask → the picture with its hole filled."""

    def __init__(self, config: InfillConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or InfillConfig()
        widths, counts = config.channels, config.blocks
        self.stem = nn.Conv2d(4 * FOLD**2, widths[0], 3, padding=1)
        self.down = nn.ModuleList(_blocks(w, n) for w, n in zip(widths, counts))
        self.shrink = nn.ModuleList(nn.Conv2d(a, b, 2, stride=2) for a, b in pairwise(widths))
        self.grow = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in pairwise(widths))
        self.up = nn.ModuleList(_blocks(w, n) for w, n in zip(widths[:-1], counts[:-1]))
        self.head = nn.Conv2d(widths[0], 3 * FOLD**2, 3, padding=1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(cast(Tensor, self.head.bias))

    def forward(self, prefilled: Tensor, mask: Tensor) -> Tensor:
        """``prefilled`` (n, 3, h, w) in −1…1, ``mask`` (n, 1, h, w) → the picture, exact outside the mask."""
        x = self.stem(functional.pixel_unshuffle(torch.cat([prefilled, mask], 1), FOLD))
        kept: list[Tensor] = []
        for level, blocks in enumerate(self.down):
            x = blocks(x)
            if level < len(self.shrink):
                kept.append(x)
                x = self.shrink[level](x)
        for level in reversed(range(len(self.up))):
            grown = functional.interpolate(self.grow[level](x), scale_factor=2.0, mode="bilinear")
            x = self.up[level](kept[level] + grown)
        residual = functional.pixel_shuffle(self.head(functional.relu(x)), FOLD)
        return prefilled + mask * residual.float()
