"""The Style Swin Encoder: timm's Swin without shifted windows, giving a sequence of style tokens.

The paper drops the cyclic shift ("style features … are largely decoupled from content semantics") and
encodes position by deviation values. Two readings of that are kept: timm's relative table on (Δy, Δx), and
a table on the absolute deviations (|Δy|, |Δx|), which treats a stroke and its mirror image alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from timm.models.swin_transformer import SwinTransformer, SwinTransformerBlock, WindowAttention
from torch import Tensor, nn

RELATIVE, DEVIATION = "relative", "deviation"


@dataclass(frozen=True)
class StyleConfig:
    """Sizes of the style encoder; the defaults are the embedded one's, :func:`paper_style` the paper's."""

    side: int = 128
    channels: int = 32
    depths: tuple[int, ...] = (2, 2, 2, 2)
    heads: tuple[int, ...] = (2, 4, 8, 16)
    window: int = 8
    patch: int = 4
    position: str = DEVIATION
    token_channels: int = 256


def paper_style() -> StyleConfig:
    """The paper's encoder: dimensions 96…768 and depths 2, 2, 18, 2, which is Swin-S (48.8 M)."""
    return StyleConfig(
        side=224, channels=96, depths=(2, 2, 18, 2), heads=(3, 6, 12, 24), window=7, token_channels=768
    )


class DeviationAttention(WindowAttention):
    """Window attention whose position bias depends on (|Δy|, |Δx|) only."""

    def __init__(self, dim: int, num_heads: int, window_size: tuple[int, int]) -> None:
        super().__init__(dim, num_heads=num_heads, window_size=window_size)
        table = torch.zeros(window_size[0] * window_size[1], num_heads)
        self.relative_position_bias_table = nn.Parameter(nn.init.trunc_normal_(table, std=0.02))

    def _init_buffers(self) -> None:
        self.relative_position_index.copy_(deviation_index(*self.window_size))


def deviation_index(height: int, width: int) -> Tensor:
    """Row of the deviation table for each pair of a window's cells, (h·w, h·w)."""
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    y, x = y.flatten(), x.flatten()
    return (y[:, None] - y[None]).abs() * width + (x[:, None] - x[None]).abs()


def deviation_table(relative: Tensor, height: int, width: int) -> Tensor:
    """A deviation table from a trained relative one: the mean over the mirrored deviations.

    ``relative``: ((2h − 1)(2w − 1), heads) → (h·w, heads).
    """
    grid = relative.view(2 * height - 1, 2 * width - 1, -1)
    folded = (grid + grid.flip(0) + grid.flip(1) + grid.flip(0, 1)) / 4
    return folded[height - 1 :, width - 1 :].reshape(height * width, -1)


class StyleSwinEncoder(nn.Module):
    """Style picture (n, 3, side, side) in −1…1 → style tokens (n, m, token_channels)."""

    def __init__(self, config: StyleConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or StyleConfig()
        if config.position not in (RELATIVE, DEVIATION):
            raise ValueError(f"The position table is {RELATIVE} or {DEVIATION}, not {config.position!r}")
        self.swin = SwinTransformer(
            img_size=config.side,
            patch_size=config.patch,
            num_classes=0,
            global_pool="",
            embed_dim=config.channels,
            depths=config.depths,
            num_heads=config.heads,
            window_size=config.window,
            drop_path_rate=0.0,
        )
        for block in self.blocks():
            _without_shift(block)
            if config.position == DEVIATION:
                attn = block.attn
                block.attn = DeviationAttention(attn.dim, attn.num_heads, attn.window_size)
        self.project = nn.Linear(self.swin.num_features, config.token_channels)

    def blocks(self) -> list[SwinTransformerBlock]:
        """All Swin blocks in order."""
        return [m for m in self.swin.modules() if isinstance(m, SwinTransformerBlock)]

    def forward(self, picture: Tensor) -> Tensor:
        """Tokens of the last stage, row by row."""
        features = cast(Tensor, self.swin.forward_features(picture))
        return self.project(features.flatten(1, 2))


def _without_shift(block: SwinTransformerBlock) -> None:
    block.shift_size = block.target_shift_size = (0, 0)
    block.attn_mask = None
