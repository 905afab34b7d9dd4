"""What all trainings over Stable Diffusion share: frozen parts, latents, and the loss of the noise."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

from imagest_core.models.backbone import EncodedWindows
from imagest_core.models.hardware import Hardware
from imagest_core.models.installed import InstalledModel
from imagest_core.models.stable_diffusion.backbone import (
    LoadedDiffusion,
    LoadOptions,
    StableDiffusionBackbone,
    autoencoder_dtype,
)
from imagest_core.models.stable_diffusion.components import load_components, quiet
from imagest_core.training.loop import best_precision

Predictor = Callable[[Tensor, Tensor, EncodedWindows], Tensor]
"""Noisy latents, timesteps, encoded windows → predicted noise or velocity, float32."""


def training_hardware(device: str, precision: str) -> Hardware:
    """Return the device and the number format of frozen weights, for the same options as the loop's."""
    chosen = "cuda" if device != "cpu" and torch.cuda.is_available() else "cpu"
    precision = best_precision(chosen) if precision == "auto" else precision
    formats = {"bf16": torch.bfloat16, "fp16": torch.float16}
    return Hardware(torch.device(chosen), formats.get(precision, torch.float32))


class StableDiffusionTask:
    """A loaded Stable Diffusion model, and the loss of its predictions.

    The autoencoder and the text encoders are frozen, in the number format of ``hardware``. So is the U-Net,
    unless ``train_unet`` is set; then it is float32 and trained.
    """

    def __init__(
        self, base: InstalledModel, hardware: Hardware, *, train_unet: bool, checkpointing: bool
    ) -> None:
        self.base, self.hardware, self.checkpointing = base, hardware, checkpointing
        dtype = torch.float32 if train_unet else hardware.dtype
        self.parts = load_components(base.path, base.identity, dtype)
        if train_unet:
            self.parts.unet.requires_grad_(True)
            with quiet():
                for part in self.parts.modules:
                    if part is not self.parts.unet:
                        part.to(hardware.dtype)
        with quiet():
            self.parts.autoencoder.to(autoencoder_dtype(self.parts, hardware))
        if checkpointing:
            self.parts.unet.enable_gradient_checkpointing()
        self.loaded = LoadedDiffusion(self.parts, "")
        self.backbone = StableDiffusionBackbone(base, self.loaded, hardware, LoadOptions())
        self._placed = False

    @property
    def latent_factor(self) -> int:
        """Pixels per latent along a side."""
        return self.backbone.latent_factor

    @property
    def multiple(self) -> int:
        """The side of crops must be a multiple of this."""
        return self.backbone.multiple

    @property
    def networks(self) -> Iterable[nn.Module]:
        """Every network in memory, for the plan."""
        return self.parts.modules

    def place(self, device: torch.device) -> None:
        """Move the U-Net and the autoencoder to ``device``, once."""
        if not self._placed:
            for part in (self.parts.unet, self.parts.autoencoder):
                part.to(device, memory_format=torch.channels_last)
            self._placed = True

    @torch.no_grad()
    def encode(self, clean: Tensor, mask: Tensor) -> EncodedWindows:
        """Return the latents of pictures (n, 3, s, s) in −1…1 with holes (n, 1, s, s)."""
        self.place(clean.device)
        return self.backbone.encode(clean, mask)

    def draw(self, count: int, seed: int) -> tuple[Tensor, torch.Generator]:
        """Return random timesteps (count,) and the generator that drew them, both fixed by ``seed``."""
        draws = torch.Generator().manual_seed(seed)
        return torch.randint(0, self.backbone.schedule.steps, (count,), generator=draws), draws

    def noise_loss(
        self, clean: Tensor, mask: Tensor, t: Tensor, draws: torch.Generator, predict: Predictor
    ) -> Tensor:
        """Return the mean squared error of the prediction in the holes, at timesteps ``t`` (n,)."""
        schedule, encoded = self.backbone.schedule, self.encode(clean, mask)
        t, latents = t.to(clean.device), encoded.known
        noise = torch.randn(latents.shape, generator=draws).to(clean.device)
        predicted = predict(schedule.add(latents, noise, t), t, encoded)
        target = schedule.target(latents, noise, t)
        error = (predicted - target).square().mean(1, keepdim=True)
        loss: Tensor = (error * encoded.inside).sum() / encoded.inside.sum()
        return loss

    def fixed_timesteps(self, count: int) -> list[Tensor]:
        """Return timesteps (1,) for the evaluation of ``count`` examples, evenly spaced."""
        steps = self.backbone.schedule.steps
        return [torch.tensor([(index + 1) * steps // (count + 1)]) for index in range(count)]
