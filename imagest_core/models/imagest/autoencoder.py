"""The KL autoencoder (f = 4, z = 4) whose decoder sees the known pixels and the mask.

The paper works on latents of 4×64×64 at 256 px (Imagest, "Latent diffusion model"). A plain KL
decoder re-synthesises every pixel at about 27 dB, less than a thin crack gets from its own rim, so
ours paints a *residual over the harmonic pre-fill* and is shown pre-fill and mask, as in asymmetric
autoencoders (Zhu et al., "Designing a Better Asymmetric VQGAN", 2023). With the hole's latents at
zero it answers with what the surroundings tell: that is the faithful mode.
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
    """Normalise, then two 3×3 convolutions, the second zero-initialised: a deep stack starts as identity."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(GROUPS, channels)
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(cast(Tensor, self.second.bias))

    def forward(self, x: Tensor) -> Tensor:
        """Same shape in and out, (n, c, h, w)."""
        return x + self.second(functional.silu(self.first(functional.silu(self.norm(x)))))


def _blocks(channels: int, count: int) -> nn.Sequential:
    return nn.Sequential(*(ResidualBlock(channels) for _ in range(count)))


class Encoder(nn.Module):
    """Picture (n, 3, h, w) in −1…1 → mean and log variance of the latents, (n, 2z, h/4, w/4)."""

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__()
        width = config.encoder_channels
        self.stem = nn.Conv2d(3 * LATENT_FACTOR**2, width, 3, padding=1)
        self.blocks = _blocks(width, config.encoder_blocks)
        self.head = nn.Conv2d(width, 2 * config.latent_channels, 3, padding=1)

    def forward(self, image: Tensor) -> Tensor:
        """``image`` sides must be multiples of 4."""
        x = self.stem(functional.pixel_unshuffle(image, LATENT_FACTOR))
        return self.head(functional.silu(self.blocks(x)))


class MaskedDecoder(nn.Module):
    """Latents + pre-filled picture + mask → residual over the pre-fill.

    A U-Net that starts at half resolution by space-to-depth (nothing of a 1 px crack is lost) and
    takes the latents in at a quarter.
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
        """Residual (n, 3, h, w) in −1…1 units; latents outside ``latent_mask`` are not looked at."""
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
            grown = functional.interpolate(self.grow[level](x), scale_factor=2.0, mode="nearest")
            x = self.up[level](kept[level] + grown)
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
        """Mean and log variance (kept in −20…10) of the scaled latents, (n, 4, h/4, w/4)."""
        mean, log_variance = self.encoder(image).float().chunk(2, dim=1)
        return mean / self._scale, log_variance.clamp(-20.0, 10.0)

    def encode(self, image: Tensor) -> Tensor:
        """The mean latents, scaled to unit deviation over the training set."""
        return self.moments(image)[0]

    def decode(self, latents: Tensor, latent_mask: Tensor, prefilled: Tensor, mask: Tensor) -> Tensor:
        """The picture with the hole painted: ``prefilled`` outside ``mask``, exactly."""
        residual = self.decoder(latents * self._scale, latent_mask, prefilled, mask)
        return prefilled + mask * residual.float()

    @property
    def _scale(self) -> Tensor:
        return cast(Tensor, self.latent_scale)


def latent_mask(mask: Tensor, dilation: int = 1) -> Tensor:
    """Pixel mask (n, 1, h, w) → latent mask (n, 1, h/4, w/4): max-pooled, then dilated by ``dilation`` cells.

    Nearest resizing would lose a 1 px crack in most places.
    """
    pooled = functional.max_pool2d(mask, LATENT_FACTOR)
    return functional.max_pool2d(pooled, 2 * dilation + 1, stride=1, padding=dilation) if dilation else pooled
