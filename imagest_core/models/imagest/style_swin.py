"""The Style Swin Encoder: a Swin transformer without shifted windows that outputs style tokens.

The paper omits the cyclic shift ("style features … are largely decoupled from content semantics") and encodes
positions by deviation values. Two interpretations are supported: Swin's relative table over (Δy, Δx), and a
table over the absolute deviations (|Δy|, |Δx|), which treats a stroke and its mirror image alike.

The weights have the names of timm's ``SwinTransformer``. It is implemented here so that filling need not
import timm; a test compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

RELATIVE, DEVIATION = "relative", "deviation"


@dataclass(frozen=True)
class StyleConfig:
    """Sizes of the style encoder; the defaults are the embedded model's, :func:`paper_style` the paper's."""

    side: int = 128
    channels: int = 32
    depths: tuple[int, ...] = (2, 2, 2, 2)
    heads: tuple[int, ...] = (2, 4, 8, 16)
    window: int = 8
    patch: int = 4
    position: str = DEVIATION
    token_channels: int = 256


def paper_style() -> StyleConfig:
    """Return the paper's encoder: dimensions 96…768 and depths 2, 2, 18, 2, i.e. Swin-S (48.8 M)."""
    return StyleConfig(
        side=224, channels=96, depths=(2, 2, 18, 2), heads=(3, 6, 12, 24), window=7, token_channels=768
    )


def deviation_index(height: int, width: int) -> Tensor:
    """Return the row of the deviation table for each pair of cells of a window, (h·w, h·w)."""
    y, x = _differences(height, width)
    return torch.from_numpy(np.abs(y) * width + np.abs(x))


def deviation_table(relative: Tensor, height: int, width: int) -> Tensor:
    """Convert a trained relative table to a deviation table: the mean over mirrored deviations.

    ``relative`` is ((2h − 1)(2w − 1), heads), the result (h·w, heads).
    """
    grid = relative.view(2 * height - 1, 2 * width - 1, -1)
    folded = (grid + grid.flip(0) + grid.flip(1) + grid.flip(0, 1)) / 4
    return folded[height - 1 :, width - 1 :].reshape(height * width, -1)


def relative_index(height: int, width: int) -> Tensor:
    """Return the row of the relative table for each pair of cells of a window, (h·w, h·w)."""
    y, x = _differences(height, width)
    return torch.from_numpy((y + height - 1) * (2 * width - 1) + (x + width - 1))


def _differences(height: int, width: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the differences in row and in column of each pair of cells of a window, (h·w, h·w) each.

    In NumPy: under torch's meta device the subtraction would import torch._dynamo, which takes two seconds.
    """
    y, x = (each.ravel().astype(np.int64) for each in np.indices((height, width)))
    return y[:, None] - y[None], x[:, None] - x[None]


class WindowAttention(nn.Module):
    """Self-attention within windows of side ``window``, with a position bias."""

    relative_position_index: Tensor

    def __init__(self, channels: int, heads: int, window: int, position: str) -> None:
        super().__init__()
        self.heads, self.window = heads, window
        deviation = position == DEVIATION
        rows = window**2 if deviation else (2 * window - 1) ** 2
        self.relative_position_bias_table = nn.Parameter(
            nn.init.trunc_normal_(torch.zeros(rows, heads), std=0.02)
        )
        index = (deviation_index if deviation else relative_index)(window, window)
        self.register_buffer("relative_position_index", index, persistent=False)
        self.qkv, self.proj = nn.Linear(channels, 3 * channels), nn.Linear(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Map (windows, window², channels) to the same shape."""
        n, cells, channels = x.shape
        qkv = self.qkv(x).reshape(n, cells, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        bias = self.relative_position_bias_table[self.relative_position_index].permute(2, 0, 1)[None]
        query, key, value = qkv.unbind(0)
        mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=bias.to(x.dtype))
        out: Tensor = self.proj(mixed.transpose(1, 2).reshape(n, cells, channels))
        return out


class Mlp(nn.Module):
    """Two linear layers with a GELU between them."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(channels, 4 * channels), nn.Linear(4 * channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Map (…, channels) to the same shape."""
        out: Tensor = self.fc2(functional.gelu(self.fc1(x)))
        return out


class SwinBlock(nn.Module):
    """Window attention and an MLP, both residual."""

    def __init__(self, channels: int, heads: int, window: int, position: str) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(channels)
        self.attn = WindowAttention(channels, heads, window, position)
        self.norm2, self.mlp = nn.LayerNorm(channels), Mlp(channels)

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, h, w, channels) to the same shape."""
        x = x + self._attended(self.norm1(x))
        return x + self.mlp(self.norm2(x))

    def _attended(self, x: Tensor) -> Tensor:
        n, height, width, channels = x.shape
        side = self.attn.window
        down, right = -height % side, -width % side
        x = functional.pad(x, (0, 0, 0, right, 0, down))
        rows, columns = x.shape[1] // side, x.shape[2] // side
        windows = x.reshape(n, rows, side, columns, side, channels).transpose(2, 3)
        mixed = self.attn(windows.reshape(-1, side * side, channels))
        mixed = mixed.reshape(n, rows, columns, side, side, channels).transpose(2, 3)
        return mixed.reshape(n, rows * side, columns * side, channels)[:, :height, :width]


class PatchMerging(nn.Module):
    """Halves the size: four neighbours become one position with twice the channels."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(4 * channels)
        self.reduction = nn.Linear(4 * channels, 2 * channels, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, h, w, channels) to (n, h / 2, w / 2, 2 channels)."""
        n, height, width, channels = x.shape
        x = functional.pad(x, (0, 0, 0, width % 2, 0, height % 2))
        x = x.reshape(n, -(-height // 2), 2, -(-width // 2), 2, channels).permute(0, 1, 3, 4, 2, 5).flatten(3)
        out: Tensor = self.reduction(self.norm(x))
        return out


class SwinStage(nn.Module):
    """Blocks at one size; all stages but the first merge patches first."""

    def __init__(self, config: StyleConfig, stage: int) -> None:
        super().__init__()
        channels = config.channels * 2**stage
        side = config.side // config.patch // 2**stage
        self.downsample = PatchMerging(channels // 2) if stage else nn.Identity()
        self.blocks = nn.Sequential(
            *(
                SwinBlock(channels, config.heads[stage], min(config.window, side), config.position)
                for _ in range(config.depths[stage])
            )
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, h, w, channels) to the size of this stage."""
        out: Tensor = self.blocks(self.downsample(x))
        return out


class PatchEmbedding(nn.Module):
    """Embeds patches of the picture as positions."""

    def __init__(self, channels: int, patch: int) -> None:
        super().__init__()
        self.proj, self.norm = nn.Conv2d(3, channels, patch, stride=patch), nn.LayerNorm(channels)

    def forward(self, picture: Tensor) -> Tensor:
        """Map (n, 3, side, side) to (n, side / patch, side / patch, channels)."""
        out: Tensor = self.norm(self.proj(picture).permute(0, 2, 3, 1))
        return out


class SwinTransformer(nn.Module):
    """Stages of window attention without shifts."""

    def __init__(self, config: StyleConfig) -> None:
        super().__init__()
        self.patch_embed = PatchEmbedding(config.channels, config.patch)
        self.layers = nn.Sequential(*(SwinStage(config, stage) for stage in range(len(config.depths))))
        self.num_features = config.channels * 2 ** (len(config.depths) - 1)
        self.norm = nn.LayerNorm(self.num_features)
        self.apply(_initialize)

    def forward(self, picture: Tensor) -> Tensor:
        """Map (n, 3, side, side) to (n, h, w, num_features)."""
        out: Tensor = self.norm(self.stages(picture)[-1])
        return out

    def stages(self, picture: Tensor) -> list[Tensor]:
        """Return the output (n, h, w, channels) of every stage."""
        outputs = []
        x = self.patch_embed(picture)
        for layer in self.layers:
            x = layer(x)
            outputs.append(x)
        return outputs


def _initialize(module: nn.Module) -> None:
    if isinstance(module, nn.Linear):
        nn.init.trunc_normal_(module.weight, std=0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


class StyleSwinEncoder(nn.Module):
    """Encodes style pictures (n, 3, side, side) in −1…1 as style tokens (n, m, token_channels)."""

    def __init__(self, config: StyleConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or StyleConfig()
        if config.position not in (RELATIVE, DEVIATION):
            raise ValueError(f"The position table is {RELATIVE} or {DEVIATION}, not {config.position!r}")
        self.swin = SwinTransformer(config)
        self.project = nn.Linear(self.swin.num_features, config.token_channels)

    def forward(self, picture: Tensor) -> Tensor:
        """Return the tokens of the last stage in row order."""
        tokens: Tensor = self.project(self.swin(picture).flatten(1, 2))
        return tokens
