"""The KL autoencoder (f = 4, z = 4) whose decoder sees the known pixels and the mask.

The paper uses latents of 4×64×64 at 256 px (Imagest, "Latent diffusion model"). A plain KL decoder
reconstructs every pixel at about 27 dB, worse than interpolation across a thin crack. So this decoder
predicts a *residual over the pre-fill* from pre-fill and mask, as in asymmetric autoencoders (Zhu et al.,
"Designing a Better Asymmetric VQGAN", 2023). With the hole's latents at zero it predicts from the
surroundings alone: the faithful mode.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

LATENT_FACTOR = 4
GROUPS = 8


@dataclass(frozen=True)
class AutoencoderConfig:
    """Sizes of the autoencoder; ``decoder_channels`` from half resolution downwards."""

    latent_channels: int = 4
    encoder_channels: int = 96
    encoder_blocks: int = 3
    decoder_channels: tuple[int, ...] = (64, 144, 208, 224, 208)
    decoder_blocks: tuple[int, ...] = (1, 2, 2, 1, 1)
    latent_scale: tuple[float, ...] = (1.0, 1.0, 1.0, 1.0)


class ResidualBlock(nn.Module):
    """Normalization and two 3×3 convolutions, the second zero-initialized, so it starts as identity."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(GROUPS, channels)
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(cast(Tensor, self.second.bias))

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, c, h, w) to the same shape."""
        return x + self.second(functional.silu(self.first(functional.silu(self.norm(x)))))


def _blocks(channels: int, count: int) -> nn.Sequential:
    return nn.Sequential(*(ResidualBlock(channels) for _ in range(count)))


class Encoder(nn.Module):
    """Encodes a picture (n, 3, h, w) in −1…1 as mean and log variance of latents, (n, 2z, h/4, w/4)."""

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__()
        width = config.encoder_channels
        self.stem = nn.Conv2d(3 * LATENT_FACTOR**2, width, 3, padding=1)
        self.blocks = _blocks(width, config.encoder_blocks)
        self.head = nn.Conv2d(width, 2 * config.latent_channels, 3, padding=1)

    def forward(self, image: Tensor) -> Tensor:
        """Encode ``image``, whose sides are multiples of 4."""
        x = self.stem(functional.pixel_unshuffle(image, LATENT_FACTOR))
        return self.head(functional.silu(self.blocks(x)))


class MaskedDecoder(nn.Module):
    """Predicts a residual over the pre-fill from latents, pre-filled picture and mask.

    A U-Net that starts at half resolution by space-to-depth (a 1 px crack is kept) and adds the latents at a
    quarter of the resolution.
    """

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__()
        widths, counts = config.decoder_channels, config.decoder_blocks
        self.stem = nn.Conv2d(4 * 4, widths[0], 3, padding=1)
        self.latent_in = nn.Conv2d(config.latent_channels + 1, widths[1], 3, padding=1)
        self.down = nn.ModuleList(_blocks(w, n) for w, n in zip(widths, counts))
        self.shrink = nn.ModuleList(nn.Conv2d(a, b, 3, stride=2, padding=1) for a, b in pairwise(widths))
        self.grow = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in pairwise(widths))
        self.up = nn.ModuleList(_blocks(w, n) for w, n in zip(widths[:-1], counts[:-1]))
        self.head = nn.Conv2d(widths[0], 3 * 4, 3, padding=1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(cast(Tensor, self.head.bias))

    def forward(self, latents: Tensor, latent_mask: Tensor, prefilled: Tensor, mask: Tensor) -> Tensor:
        """Return a residual (n, 3, h, w) in units of −1…1; latents outside ``latent_mask`` are ignored."""
        x = self.stem(functional.pixel_unshuffle(torch.cat([prefilled, mask], 1), 2))
        inside = torch.cat([latents * latent_mask, latent_mask], 1).to(x.dtype)
        kept: list[Tensor] = []
        for level, blocks in enumerate(self.down):
            if level == 1:
                x = x + self.latent_in(inside)
            x = blocks(x)
            if level < len(self.shrink):
                kept.append(x)
                x = self.shrink[level](x)
        for level in reversed(range(len(self.up))):
            upsampled = functional.interpolate(self.grow[level](x), scale_factor=2.0, mode="nearest")
            x = self.up[level](kept[level] + upsampled)
        return functional.pixel_shuffle(self.head(functional.silu(x)), 2)


class ImagestAutoencoder(nn.Module):
    """Encoder and mask-conditioned decoder; pictures are (n, 3, h, w) in −1…1."""

    def __init__(self, config: AutoencoderConfig | None = None) -> None:
        super().__init__()
        self.config = config or AutoencoderConfig()
        self.encoder = Encoder(self.config)
        self.decoder = MaskedDecoder(self.config)
        scale = torch.tensor(self.config.latent_scale).view(1, -1, 1, 1)
        self.register_buffer("latent_scale", scale, persistent=False)

    def moments(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log variance (clamped to −20…10) of the scaled latents, (n, 4, h/4, w/4)."""
        mean, log_variance = self.encoder(image).float().chunk(2, dim=1)
        return mean / self._scale, log_variance.clamp(-20.0, 10.0)

    def encode(self, image: Tensor) -> Tensor:
        """Return the mean latents, scaled to unit standard deviation over the training set."""
        return self.moments(image)[0]

    def decode(self, latents: Tensor, latent_mask: Tensor, prefilled: Tensor, mask: Tensor) -> Tensor:
        """Return the picture with the hole filled; exactly ``prefilled`` outside ``mask``."""
        residual = self.decoder(latents * self._scale, latent_mask, prefilled, mask)
        return prefilled + mask * residual.float()

    @property
    def _scale(self) -> Tensor:
        return cast(Tensor, self.latent_scale)


def latent_mask(mask: Tensor, dilation: int = 1) -> Tensor:
    """Max-pool a mask (n, 1, h, w) to latent size (n, 1, h/4, w/4) and dilate it by ``dilation`` cells.

    Nearest-neighbour resizing would lose most of a 1 px crack.
    """
    pooled = functional.max_pool2d(mask, LATENT_FACTOR)
    return functional.max_pool2d(pooled, 2 * dilation + 1, stride=1, padding=dilation) if dilation else pooled
