"""The U-Net, conditioned on the mask, the latents of the masked picture, text and style.

It has nine input channels, as in inpainting with latent diffusion (Rombach et al., CVPR 2022): the paper's
"text replaced by a masked image".
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from imagest_core.models.imagest.attention import StyleContext, install_style
from imagest_core.models.imagest.blocks import (
    GROUPS,
    DownBlock,
    MidBlock,
    TimestepEmbedding,
    UpBlock,
    timestep_embedding,
)


@dataclass(frozen=True)
class UNetConfig:
    """Sizes of the U-Net and the layers conditioned on style (name prefixes of its cross-attentions).

    ``restoration_layers``: the first attention layer; ``synthesis_layers``: those of the decoder. Text is
    (n, m, ``text_channels``), the width of CLIP; 0: the network has a null text only.
    """

    channels: tuple[int, ...] = (64, 96, 160)
    attention: tuple[bool, ...] = (False, True, True)
    layers: int = 1
    head_channels: int = 32
    context_channels: int = 256
    text_channels: int = 0
    style_channels: int = 256
    restoration_layers: tuple[str, ...] = ("down_blocks.1.attentions.0",)
    synthesis_layers: tuple[str, ...] = ()

    def heads(self, level: int) -> int:
        """Return the number of attention heads at a level; 0 without attention."""
        return max(1, self.channels[level] // self.head_channels) if self.attention[level] else 0


class ConditionalUNet(nn.Module):
    """The U-Net itself; its weights have the names of diffusers' ``UNet2DConditionModel``."""

    def __init__(self, config: UNetConfig) -> None:
        super().__init__()
        channels, layers, context = config.channels, config.layers, config.context_channels
        self.channels = channels
        time, levels = 4 * channels[0], range(len(channels))
        self.time_embedding = TimestepEmbedding(channels[0], time)
        self.encoder_hid_proj = nn.Linear(config.text_channels, context) if config.text_channels else None
        self.conv_in = nn.Conv2d(9, channels[0], 3, padding=1)
        self.down_blocks = nn.ModuleList(
            DownBlock(
                channels[max(i - 1, 0)],
                channels[i],
                layers,
                time,
                config.heads(i),
                context,
                last=i == len(channels) - 1,
            )
            for i in levels
        )
        mid_heads = max(1, channels[-1] // config.head_channels)
        self.mid_block = MidBlock(channels[-1], time, mid_heads, context)
        skips = _skips(channels, layers)
        self.up_blocks = nn.ModuleList()
        for i in reversed(levels):
            own = [skips.pop() for _ in range(layers + 1)]
            before = channels[min(i + 1, len(channels) - 1)]
            self.up_blocks.append(
                UpBlock(before, own, channels[i], time, config.heads(i), context, last=i == 0)
            )
        self.conv_norm_out = nn.GroupNorm(GROUPS, channels[0], 1e-5)
        self.conv_out = nn.Conv2d(channels[0], 4, 3, padding=1)

    def forward(self, x: Tensor, timesteps: Tensor, text: Tensor, style: StyleContext | None) -> Tensor:
        """Map (n, 9, h, w) to (n, 4, h, w)."""
        embedded = timestep_embedding(timesteps, self.channels[0]).to(self.conv_in.weight.dtype)
        time = self.time_embedding(embedded)
        if self.encoder_hid_proj is not None:
            text = self.encoder_hid_proj(text)
        x = self.conv_in(x)
        skips = [x]
        for block in self.down_blocks:
            x, own = block(x, time, text, style)
            skips += own
        x = self.mid_block(x, time, text, style)
        for block in self.up_blocks:
            x = block(x, skips, time, text, style)
        out: Tensor = self.conv_out(functional.silu(self.conv_norm_out(x)))
        return out


def _skips(channels: tuple[int, ...], layers: int) -> list[int]:
    """Return the channels of every skip connection in the order of the encoder."""
    skips = [channels[0]]
    for level, width in enumerate(channels):
        skips += [width] * (layers + (level < len(channels) - 1))
    return skips


class ImagestUNet(nn.Module):
    """Predicts the velocity of noisy latents."""

    def __init__(self, config: UNetConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or UNetConfig()
        self.net = ConditionalUNet(config)
        layers = (*config.restoration_layers, *config.synthesis_layers)
        install_style(self.net, layers, config.style_channels)
        width = config.text_channels or config.context_channels
        self.null_text = nn.Parameter(torch.zeros(1, 1, width))

    def forward(
        self,
        noisy: Tensor,
        mask: Tensor,
        masked_latents: Tensor,
        timestep: Tensor,
        style: StyleContext | None = None,
        text: Tensor | None = None,
    ) -> Tensor:
        """Predict the velocity (n, 4, h, w); ``mask`` (n, 1, h, w), ``timestep`` (n,), ``text`` (n, m, d)."""
        context = self.null_text.expand(len(noisy), -1, -1) if text is None else text
        predicted: Tensor = self.net(torch.cat([noisy, mask, masked_latents], 1), timestep, context, style)
        return predicted
