"""The lay-in: the broad masses that a large loss hid, from all that surrounds it.

A painter lays in the masses before anything else. Deep in a large loss patches of paint know nothing, and a
spline goes on evenly; what lies right, left, above and below together tells a little more. This small U-Net
sees a window at a quarter of its size, with the spline in its holes, and answers with what to change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

GROUPS = 8
PACKED = 2
"""The stem takes squares of this side as one place."""
STRIDE = 8
"""Sides must be multiples of this: the deepest of three levels, each half the one before."""


@dataclass(frozen=True)
class LayInConfig:
    """Channels of the three levels; the deepest one looks at the whole window with so many heads."""

    channels: tuple[int, int, int] = (32, 96, 160)
    heads: int = 5


class Block(nn.Module):
    """Two 3×3 convolutions beside a straight way; the second begins at zero."""

    def __init__(self, given: int, made: int) -> None:
        super().__init__()
        self.first_norm = nn.GroupNorm(GROUPS, given)
        self.first = nn.Conv2d(given, made, 3, padding=1)
        self.second_norm = nn.GroupNorm(GROUPS, made)
        self.second = nn.Conv2d(made, made, 3, padding=1)
        self.straight = nn.Conv2d(given, made, 1) if given != made else nn.Identity()
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(cast(Tensor, self.second.bias))

    def forward(self, x: Tensor) -> Tensor:
        """(n, given, h, w) → (n, made, h, w)."""
        inner = self.first(functional.silu(self.first_norm(x)))
        return cast(Tensor, self.straight(x)) + self.second(functional.silu(self.second_norm(inner)))


class Look(nn.Module):
    """Every place looks at every other (Vaswani et al., "Attention is all you need", 2017)."""

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(GROUPS, channels)
        self.attention = nn.MultiheadAttention(channels, heads, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        """Same shape in and out, (n, c, h, w)."""
        places = self.norm(x).flatten(2).mT
        found = self.attention(places, places, places, need_weights=False)[0]
        return x + found.mT.reshape(x.shape)


class LayIn(nn.Module):
    """What to change in the holes of a spline pre-fill; untrained it changes nothing."""

    def __init__(self, config: LayInConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or LayInConfig()
        fine, middle, deep = config.channels
        self.stem = nn.Conv2d(5 * PACKED**2, fine, 3, padding=1)
        self.fine = Block(fine, fine)
        self.to_middle = nn.Conv2d(fine, middle, 2, 2)
        self.middle = nn.Sequential(Block(middle, middle), Block(middle, middle))
        self.to_deep = nn.Conv2d(middle, deep, 2, 2)
        self.deep = nn.Sequential(
            Block(deep, deep), Block(deep, deep), Look(deep, config.heads), Block(deep, deep)
        )
        self.from_deep = nn.ConvTranspose2d(deep, middle, 2, 2)
        self.middle_again = nn.Sequential(Block(2 * middle, middle), Block(middle, middle))
        self.from_middle = nn.ConvTranspose2d(middle, fine, 2, 2)
        self.fine_again = nn.Sequential(Block(2 * fine, fine), Block(fine, fine))
        self.norm = nn.GroupNorm(GROUPS, fine)
        self.head = nn.Conv2d(fine, 3 * PACKED**2, 3, padding=1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(cast(Tensor, self.head.bias))

    def forward(self, prefilled: Tensor, hole: Tensor, depth: Tensor) -> Tensor:
        """The change (n, 3, h, w) of ``prefilled`` in −1…1, at a quarter of the window's size.

        ``hole`` (n, 1, h, w) in 0–1; ``depth``, px from its rim over 8. Sides are multiples of 8.
        """
        seen = torch.cat([prefilled, 2 * hole - 1, depth], 1)
        fine = self.fine(self.stem(functional.pixel_unshuffle(seen, PACKED)))
        middle = self.middle(self.to_middle(fine))
        deep = self.deep(self.to_deep(middle))
        middle = self.middle_again(torch.cat([self.from_deep(deep), middle], 1))
        fine = self.fine_again(torch.cat([self.from_middle(middle), fine], 1))
        return 0.5 * functional.pixel_shuffle(self.head(functional.silu(self.norm(fine))), PACKED)
