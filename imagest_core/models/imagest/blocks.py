"""Blocks of the U-Net, with the names and arithmetic of diffusers' ``UNet2DConditionModel``.

They are implemented here because importing diffusers and transformers takes longer than a fill. A test
compares them with diffusers; the weights are interchangeable.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from imagest_core.models.imagest.attention import Attention, StyleContext

GROUPS = 32


def timestep_embedding(timesteps: Tensor, channels: int) -> Tensor:
    """Return the sinusoidal embedding (n, channels) of timesteps (n,), cosines first (Ho et al., 2020)."""
    half = channels // 2
    rates = torch.exp(-math.log(10_000) / half * torch.arange(half, device=timesteps.device))
    angles = timesteps.float()[:, None] * rates
    return torch.cat([angles.cos(), angles.sin()], 1)


class TimestepEmbedding(nn.Module):
    """Two linear layers on the sinusoidal embedding."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.linear_1, self.linear_2 = nn.Linear(channels, width), nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, channels) to (n, width)."""
        embedded: Tensor = self.linear_2(functional.silu(self.linear_1(x)))
        return embedded


class ResnetBlock(nn.Module):
    """Two convolutions with the timestep embedding added between them."""

    def __init__(self, channels: int, out: int, time: int) -> None:
        super().__init__()
        self.norm1, self.conv1 = nn.GroupNorm(GROUPS, channels, 1e-5), nn.Conv2d(channels, out, 3, padding=1)
        self.time_emb_proj = nn.Linear(time, out)
        self.norm2, self.conv2 = nn.GroupNorm(GROUPS, out, 1e-5), nn.Conv2d(out, out, 3, padding=1)
        self.conv_shortcut = nn.Conv2d(channels, out, 1) if channels != out else None

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        """Map (n, channels, h, w) to (n, out, h, w)."""
        hidden = self.conv1(functional.silu(self.norm1(x)))
        hidden = hidden + self.time_emb_proj(functional.silu(time))[:, :, None, None]
        hidden = self.conv2(functional.silu(self.norm2(hidden)))
        return hidden + (x if self.conv_shortcut is None else self.conv_shortcut(x))


class GatedGelu(nn.Module):
    """A linear layer in which one half of the output gates the other (Shazeer, 2020)."""

    def __init__(self, channels: int, inner: int) -> None:
        super().__init__()
        self.proj = nn.Linear(channels, 2 * inner)

    def forward(self, x: Tensor) -> Tensor:
        """Map (…, channels) to (…, inner)."""
        value, gate = self.proj(x).chunk(2, -1)
        return value * functional.gelu(gate)


class FeedForward(nn.Module):
    """Gated GELU and a linear layer."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = 4 * channels
        self.net = nn.Sequential(GatedGelu(channels, inner), nn.Identity(), nn.Linear(inner, channels))

    def forward(self, x: Tensor) -> Tensor:
        """Map (…, channels) to the same shape."""
        out: Tensor = self.net(x)
        return out


class TransformerBlock(nn.Module):
    """Self-attention, cross-attention with text and style, feed-forward."""

    def __init__(self, channels: int, heads: int, context: int) -> None:
        super().__init__()
        self.norm1, self.attn1 = nn.LayerNorm(channels), Attention(channels, heads)
        self.norm2, self.attn2 = nn.LayerNorm(channels), Attention(channels, heads, context)
        self.norm3, self.ff = nn.LayerNorm(channels), FeedForward(channels)

    def forward(self, x: Tensor, text: Tensor, style: StyleContext | None) -> Tensor:
        """Map (n, tokens, channels) to the same shape."""
        x = x + self.attn1(self.norm1(x))
        x = x + self.attn2(self.norm2(x), text, style)
        return x + self.ff(self.norm3(x))


class SpatialTransformer(nn.Module):
    """A transformer block over the positions of a feature map."""

    def __init__(self, channels: int, heads: int, context: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(GROUPS, channels, 1e-6)
        self.proj_in, self.proj_out = nn.Linear(channels, channels), nn.Linear(channels, channels)
        self.transformer_blocks = nn.ModuleList([TransformerBlock(channels, heads, context)])

    def forward(self, x: Tensor, text: Tensor, style: StyleContext | None) -> Tensor:
        """Map (n, channels, h, w) to the same shape."""
        n, channels, height, width = x.shape
        tokens = self.proj_in(self.norm(x).permute(0, 2, 3, 1).reshape(n, -1, channels))
        for block in self.transformer_blocks:
            tokens = block(tokens, text, style)
        tokens = self.proj_out(tokens).reshape(n, height, width, channels).permute(0, 3, 1, 2)
        return tokens + x


class Downsample(nn.Module):
    """Halves the size with a strided convolution."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, stride=2, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, channels, h, w) to (n, channels, h / 2, w / 2)."""
        out: Tensor = self.conv(x)
        return out


class Upsample(nn.Module):
    """Doubles the size with nearest-neighbour interpolation and a convolution."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, channels, h, w) to (n, channels, 2 h, 2 w)."""
        out: Tensor = self.conv(functional.interpolate(x, scale_factor=2.0, mode="nearest"))
        return out


class DownBlock(nn.Module):
    """Residual blocks, each followed by attention if ``heads`` > 0, then downsampling unless ``last``."""

    def __init__(
        self, channels: int, out: int, layers: int, time: int, heads: int, context: int, *, last: bool
    ) -> None:
        super().__init__()
        self.resnets = nn.ModuleList(ResnetBlock(out if i else channels, out, time) for i in range(layers))
        self.attentions = nn.ModuleList(
            SpatialTransformer(out, heads, context) for _ in range(layers if heads else 0)
        )
        self.downsamplers = nn.ModuleList([] if last else [Downsample(out)])

    def forward(
        self, x: Tensor, time: Tensor, text: Tensor, style: StyleContext | None
    ) -> tuple[Tensor, list[Tensor]]:
        """Return the output and all intermediate outputs for the skip connections."""
        skips = []
        for i, resnet in enumerate(self.resnets):
            x = resnet(x, time)
            if len(self.attentions):
                x = self.attentions[i](x, text, style)
            skips.append(x)
        for downsample in self.downsamplers:
            x = downsample(x)
            skips.append(x)
        return x, skips


class MidBlock(nn.Module):
    """Residual block, attention, residual block."""

    def __init__(self, channels: int, time: int, heads: int, context: int) -> None:
        super().__init__()
        self.resnets = nn.ModuleList(ResnetBlock(channels, channels, time) for _ in range(2))
        self.attentions = nn.ModuleList([SpatialTransformer(channels, heads, context)])

    def forward(self, x: Tensor, time: Tensor, text: Tensor, style: StyleContext | None) -> Tensor:
        """Map (n, channels, h, w) to the same shape."""
        x = self.attentions[0](self.resnets[0](x, time), text, style)
        out: Tensor = self.resnets[1](x, time)
        return out


class UpBlock(nn.Module):
    """Residual blocks over the skips, with attention if ``heads`` > 0, then upsampling unless ``last``."""

    def __init__(
        self, channels: int, skips: list[int], out: int, time: int, heads: int, context: int, *, last: bool
    ) -> None:
        super().__init__()
        self.resnets = nn.ModuleList(
            ResnetBlock((out if i else channels) + skip, out, time) for i, skip in enumerate(skips)
        )
        self.attentions = nn.ModuleList(
            SpatialTransformer(out, heads, context) for _ in range(len(skips) if heads else 0)
        )
        self.upsamplers = nn.ModuleList([] if last else [Upsample(out)])

    def forward(
        self, x: Tensor, skips: list[Tensor], time: Tensor, text: Tensor, style: StyleContext | None
    ) -> Tensor:
        """Consume ``skips`` from the end."""
        for i, resnet in enumerate(self.resnets):
            x = resnet(torch.cat([x, skips.pop()], 1), time)
            if len(self.attentions):
                x = self.attentions[i](x, text, style)
        for upsample in self.upsamplers:
            x = upsample(x)
        return x
