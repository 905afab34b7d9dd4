"""First stage of the training: encoder and mask-conditioned decoder.

The decoder must not rely on the hole's latents, since at run time they are sampled: in training they are zero
(60 %), true (15 %), or scaled down and noised (25 %).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from imagest_core.models.imagest.autoencoder import AutoencoderConfig, ImagestAutoencoder, latent_mask
from imagest_core.restoration.inpainting.pde import spline
from imagest_core.training.examples import Batch
from imagest_core.training.state import averaged, network_of

ZERO_SHARE, TRUE_SHARE = 0.6, 0.15
PREFILL_CYCLES = 1
"""Multigrid cycles of the pre-fill: one fewer than at run time, for speed."""
SYNTHESIS_SHARE = 1 / 16
"""Share of examples that are masked completely, as for a plain autoencoder."""
KL_WEIGHT = 1e-4
PYRAMID_WEIGHT = 0.5
FAITHFUL_WEIGHT = 0.1
"""Weight of the logarithmic error; its gradient is then about as large as the other terms'."""


def prefill(clean: Tensor, mask: Tensor) -> Tensor:
    """Return the spline pre-fill of ``clean`` (n, 3, h, w); grey if everything is masked."""
    whole = mask.flatten(1).amin(1) > 0.5
    filled = spline(clean.float() * (1 - mask), mask, PREFILL_CYCLES).to(clean.dtype)
    return torch.where(whole.view(-1, 1, 1, 1), torch.zeros_like(filled), filled)


def pyramid_l1(difference: Tensor, mask: Tensor, levels: int = 3) -> Tensor:
    """Return the mean absolute Laplacian-pyramid coefficient of ``difference`` per masked pixel."""
    total = difference.new_zeros(())
    area = mask.sum().clamp(min=1.0)
    for level in range(levels):
        smaller = functional.avg_pool2d(difference, 2)
        band = difference - functional.interpolate(smaller, scale_factor=2.0, mode="bilinear")
        total = total + band.abs().sum() * 4.0**level / (3.0 * area)
        difference = smaller
    return total / levels


def hole_log_error(difference: Tensor, mask: Tensor) -> Tensor:
    """Return the log of the mean squared error in the hole, (n,); its mean is a mean in dB."""
    area = mask.flatten(1).sum(1).clamp(min=1.0) * 3.0
    return (difference.square().flatten(1).sum(1) / area + 1e-5).log()


class AutoencoderTask:
    """Trains :class:`ImagestAutoencoder` on simulated damage."""

    def __init__(
        self, config: AutoencoderConfig, held_out: Batch, begin: ImagestAutoencoder | None = None
    ) -> None:
        self.module = AutoencoderTraining(config)
        self.held_out = held_out
        if begin is not None:  # a second round trains the decoder only, so latents stay the same
            self.module.load_state_dict(begin.state_dict())
            self.module.encoder.requires_grad_(False)

    def loss(self, module: nn.Module, batch: Batch, step: int) -> tuple[Tensor, Mapping[str, float]]:
        """Return the loss: log error for zero latents, L1 and Laplacian pyramid for others, and KL."""
        n = len(batch.clean)
        kind = torch.rand(n, device=batch.clean.device)
        synthesis = torch.rand(n, device=kind.device) < SYNTHESIS_SHARE
        kind = torch.where(synthesis, torch.full_like(kind, ZERO_SHARE + 1e-3), kind)
        mask = torch.where(synthesis.view(-1, 1, 1, 1), torch.ones_like(batch.mask), batch.mask)
        prefilled = prefill(batch.clean, mask)
        output, mean, log_variance = module(batch.clean, prefilled, mask, kind)
        difference = (output - batch.clean) * mask
        blind = kind < ZERO_SHARE
        informed = (~blind).view(-1, 1, 1, 1) * mask
        faithful = FAITHFUL_WEIGHT * (hole_log_error(difference, mask) * blind).sum() / n
        l1 = difference.mul(informed).abs().sum() / (3.0 * informed.sum().clamp(min=1.0))
        pyramid = pyramid_l1(difference * informed, informed)
        kl = 0.5 * (mean.square() + log_variance.exp() - 1.0 - log_variance).mean()
        loss = faithful + 0.6 * (l1 + PYRAMID_WEIGHT * pyramid) + KL_WEIGHT * kl
        return loss, {
            "faithful": faithful.item(),
            "l1": l1.item(),
            "pyramid": pyramid.item(),
            "kl": kl.item(),
        }

    def evaluate(self, device: torch.device) -> tuple[Mapping[str, float], NDArray[np.uint8]]:
        """Return the PSNR in the hole with zero latents, with true latents, and of the pre-fill."""
        psnr: dict[str, list[Tensor]] = {"prefill": [], "zero": [], "true": []}
        rows: list[Tensor] = []
        for start in range(0, len(self.held_out.clean), 8):
            part = slice(start, start + 8)
            clean, mask = self.held_out.clean[part].to(device), self.held_out.mask[part].to(device)
            prefilled, inside = prefill(clean, mask), latent_mask(mask)
            latents = self.module.encode(clean)
            zero = self.module.decode(torch.zeros_like(latents), inside, prefilled, mask)
            true = self.module.decode(latents, inside, prefilled, mask)
            for name, image in (("prefill", prefilled), ("zero", zero), ("true", true)):
                psnr[name].append(hole_psnr(image, clean, mask))
            if start == 0:
                columns = [clean * (1 - mask), prefilled, zero, true, clean]
                rows = [torch.cat([c[i] for c in columns], dim=2) for i in range(min(6, len(clean)))]
        return {name: torch.cat(v).mean().item() for name, v in psnr.items()}, as_picture(
            torch.cat(rows, dim=1)
        )


class AutoencoderTraining(ImagestAutoencoder):
    """The autoencoder with a forward pass for training, which accelerate's wrappers call."""

    def forward(
        self, clean: Tensor, prefilled: Tensor, mask: Tensor, kind: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return the decoded picture, and mean and log variance of the latents."""
        mean, log_variance = self.moments(clean)
        sample = mean + (0.5 * log_variance).exp() * torch.randn_like(mean)
        latents = corrupted(sample, kind)
        return self.decode(latents, latent_mask(mask), prefilled, mask), mean, log_variance


def averaged_autoencoder(run: Path, latent_scale: tuple[float, ...] | None = None) -> ImagestAutoencoder:
    """Return the autoencoder of a run (averaged weights) or a model; raises ``ModelError``."""
    config = network_of(run).autoencoder
    autoencoder = ImagestAutoencoder(
        config if latent_scale is None else replace(config, latent_scale=latent_scale)
    )
    autoencoder.load_state_dict(averaged(run, "encoder", "decoder"))
    return autoencoder


def corrupted(latents: Tensor, kind: Tensor) -> Tensor:
    """Return zero, true, or scaled and noised latents, by ``kind`` in 0…1 (n,)."""
    n = len(latents)
    pick = kind.view(-1, 1, 1, 1)
    shrink = 0.5 + 0.5 * torch.rand(n, 1, 1, 1, device=latents.device)
    noise = 0.4 * torch.rand(n, 1, 1, 1, device=latents.device) * torch.randn_like(latents)
    noised = shrink * latents + noise
    known = torch.where(pick < ZERO_SHARE + TRUE_SHARE, latents, noised)
    return torch.where(pick < ZERO_SHARE, torch.zeros_like(latents), known)


def hole_psnr(image: Tensor, clean: Tensor, mask: Tensor) -> Tensor:
    """Return the PSNR in dB inside the hole, (n,), of pictures in −1…1."""
    area = mask.flatten(1).sum(1).clamp(min=1.0) * 3.0
    error = ((image.float() - clean).mul(mask).square().flatten(1).sum(1) / area / 4.0).clamp(min=1e-10)
    return -10.0 * error.log10()


def as_picture(image: Tensor) -> NDArray[np.uint8]:
    """Convert (3, h, w) in −1…1 to (h, w, 3) uint8."""
    scaled = ((image.float().clamp(-1, 1) + 1) * 127.5).round().byte()
    return np.ascontiguousarray(scaled.permute(1, 2, 0).cpu().numpy())
