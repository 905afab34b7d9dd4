"""Second stage of the training: style encoder and U-Net, on the latents of a trained autoencoder.

It predicts velocity with a uniform loss: min-SNR weights are zero at zero terminal signal-to-noise ratio, so
the first sampling step would not be trained.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from imagest_core.errors import ModelError
from imagest_core.models.imagest.attention import StyleContext
from imagest_core.models.imagest.autoencoder import ImagestAutoencoder, latent_mask
from imagest_core.models.imagest.network import NetworkConfig
from imagest_core.models.imagest.style_swin import StyleConfig, StyleSwinEncoder
from imagest_core.models.imagest.unet import ImagestUNet, UNetConfig
from imagest_core.models.schedule import cosine_schedule
from imagest_core.models.validation import read_json
from imagest_core.painting.atomic import replacing, write_text
from imagest_core.training.autoencoder import as_picture, averaged_autoencoder, hole_psnr, prefill
from imagest_core.training.examples import Batch
from imagest_core.training.state import LATENT_SCALE, averaged, is_model, make_folder, network_of

STYLE_DROP = 0.1
KNOWN_WEIGHT = 0.1
"""Weight of the loss outside the hole, where the known samples replace the prediction."""


class StyledUNet(nn.Module):
    """The modules trained in this stage."""

    def __init__(self, unet: UNetConfig, style: StyleConfig) -> None:
        super().__init__()
        self.unet = ImagestUNet(unet)
        self.style = StyleSwinEncoder(style)

    def forward(
        self, noisy: Tensor, mask: Tensor, known: Tensor, t: Tensor, picture: Tensor, strength: Tensor
    ) -> Tensor:
        """Predict the velocity of ``noisy`` from mask, latents of the masked picture and style picture."""
        context = StyleContext(self.style(picture), strength)
        return self.unet(noisy, mask, known, t, context).float()


class DiffusionTask:
    """Trains :class:`StyledUNet` to predict the velocity of noised latents."""

    def __init__(
        self, autoencoder: ImagestAutoencoder, held_out: Batch, unet: UNetConfig, style: StyleConfig
    ) -> None:
        self.module = StyledUNet(unet, style)
        self.autoencoder = autoencoder.eval().requires_grad_(False)
        self.held_out, self.schedule = held_out, cosine_schedule()

    @classmethod
    def on_autoencoder(
        cls, run: Path, folder: Path, held_out: Batch, config: NetworkConfig, begin: Path | None = None
    ) -> DiffusionTask:
        """Create the task on a trained autoencoder, with latents scaled to unit standard deviation.

        The scale is measured once and stored in ``folder``, so a resumed run uses the same latents. With
        ``begin``, the averaged weights and the scale of that run are used. Raises ``ModelError`` if its
        network has another shape.
        """
        scale_file = folder / LATENT_SCALE
        if begin is not None and not scale_file.exists():
            _write_scale(scale_file, latent_scale(begin))
        if not scale_file.exists():
            _write_scale(scale_file, latent_deviation(averaged_autoencoder(run), held_out.clean))
        autoencoder = averaged_autoencoder(run, latent_scale(folder))
        task = cls(autoencoder, held_out, config.unet, config.style)
        if begin is not None:
            if (network_of(begin).unet, network_of(begin).style) != (config.unet, config.style):
                raise ModelError(f"{begin} trained a network of another shape: name its --network.")
            task.module.load_state_dict(averaged(begin, "unet", "style"))
        return task

    def loss(self, module: nn.Module, batch: Batch, step: int) -> tuple[Tensor, Mapping[str, float]]:
        """Return the mean squared error of the velocity, with a tenth of the weight outside the hole."""
        clean, known, inside = self._latents(batch.clean, batch.mask)
        n, device = len(clean), clean.device
        t = torch.randint(0, self.schedule.steps, (n,), device=device)
        noise = torch.randn_like(clean)
        strength = (torch.rand(n, 1, 1, device=device) >= STYLE_DROP).float()
        noisy = self.schedule.add(clean, noise, t)
        answer = module(noisy, inside, known, t, batch.style, strength)
        error = (answer - self.schedule.target(clean, noise, t)).square().mean(1, keepdim=True)
        weight = inside + KNOWN_WEIGHT * (1 - inside)
        loss = (error * weight).sum() / weight.sum()
        hole = (error * inside).sum() / inside.sum().clamp(min=1.0)
        return loss, {"hole": hole.item()}

    def _latents(self, clean: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return clean latents, latents of the pre-filled picture, and latent mask."""
        self.autoencoder.to(clean.device)
        with torch.no_grad():
            both = self.autoencoder.encode(torch.cat([clean, prefill(clean, mask)]))
        latents, known = both.chunk(2)
        return latents, known, latent_mask(mask)

    def evaluate(self, device: torch.device) -> tuple[Mapping[str, float], NDArray[np.uint8]]:
        """Return the held-out loss at fixed noise, the PSNR of one- and four-step fills, and a picture."""
        held = self.held_out.to(device)
        generator = torch.Generator().manual_seed(0)
        losses: list[Tensor] = []
        psnr: dict[int, list[Tensor]] = {1: [], 4: []}
        picture: list[Tensor] = []
        for start in range(0, len(held.clean), 8):
            part = slice(start, start + 8)
            batch = Batch(held.clean[part], held.mask[part], held.style[part])
            losses.append(self._held_out_loss(batch, generator))
            fills = {k: self._fill(batch, k, generator) for k in psnr}
            for k, fill in fills.items():
                psnr[k].append(hole_psnr(fill, batch.clean, batch.mask))
            if start == 0:
                columns = [batch.clean * (1 - batch.mask), fills[1], fills[4], batch.clean]
                picture = [torch.cat([c[i] for c in columns], dim=2) for i in range(min(6, len(batch.clean)))]
        figures = {f"psnr-{k}-steps": torch.cat(v).mean().item() for k, v in psnr.items()}
        return {"loss": torch.stack(losses).mean().item(), **figures}, as_picture(torch.cat(picture, dim=1))

    def _held_out_loss(self, batch: Batch, generator: torch.Generator) -> Tensor:
        clean, known, inside = self._latents(batch.clean, batch.mask)
        n = len(clean)
        t = torch.linspace(0, self.schedule.steps - 1, n).long().to(clean.device)
        noise = torch.randn(clean.shape, generator=generator).to(clean.device)
        noisy = self.schedule.add(clean, noise, t)
        answer = self.module(noisy, inside, known, t, batch.style, torch.ones(n, 1, 1, device=clean.device))
        error = (answer - self.schedule.target(clean, noise, t)).square().mean(1, keepdim=True)
        return (error * inside).sum() / inside.sum()

    def _fill(self, batch: Batch, steps: int, generator: torch.Generator) -> Tensor:
        """Decode a plain DDIM sample."""
        clean, known, inside = self._latents(batch.clean, batch.mask)
        z = torch.randn(clean.shape, generator=generator).to(clean.device)
        times = self.schedule.timesteps(steps).tolist()
        strength = torch.ones(len(clean), 1, 1, device=clean.device)
        for t, following in zip(times, [*times[1:], None]):
            at = torch.full((len(clean),), t, device=clean.device)
            velocity = self.module(z, inside, known, at, batch.style, strength)
            x0, eps = self.schedule.clean(z, velocity, at), self.schedule.residual_noise(z, velocity, at)
            x0 = inside * x0 + (1 - inside) * known
            z = x0 if following is None else self.schedule.add(x0, eps, torch.full_like(at, following))
        return self.autoencoder.decode(z, inside, prefill(batch.clean, batch.mask), batch.mask)


@torch.no_grad()
def latent_deviation(autoencoder: ImagestAutoencoder, clean: Tensor) -> list[float]:
    """Return the standard deviation of each latent channel over ``clean``."""
    latents = torch.cat([autoencoder.encode(clean[i : i + 8]) for i in range(0, len(clean), 8)])
    return [float(v) for v in latents.std(dim=(0, 2, 3))]


def latent_scale(run: Path) -> tuple[float, ...]:
    """Return the latent scale of a diffusion run or a packed model."""
    if is_model(run):
        return network_of(run).autoencoder.latent_scale
    path = run / LATENT_SCALE
    if not path.exists():
        raise ModelError(f"{run} contains no trained diffusion network: run `imagest train imagest` first.")
    try:
        scale = tuple(float(value) for value in read_json(path))
    except (OSError, ValueError, TypeError) as error:
        raise ModelError(f"{path} is damaged: start in a new folder.") from error
    if not scale or not all(math.isfinite(value) and value > 0 for value in scale):
        raise ModelError(f"{path} is damaged: start in a new folder.")
    return scale


def _write_scale(path: Path, scale: Sequence[float]) -> None:
    make_folder(path.parent)
    with replacing(path, force=True) as temporary:
        write_text(temporary, json.dumps(list(scale)), path)
