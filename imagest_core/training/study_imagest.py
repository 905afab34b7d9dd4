"""Low-rank changes of the Imagest U-Net, trained on the intact crops of one painting."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from imagest_core.arrays import Image
from imagest_core.models import studies
from imagest_core.models.checkpoint import load_checkpoint
from imagest_core.models.hardware import Hardware
from imagest_core.models.imagest.attention import StyleContext
from imagest_core.models.imagest.autoencoder import LATENT_FACTOR, latent_mask
from imagest_core.models.low_rank import LowRankChanges
from imagest_core.progress import Progress
from imagest_core.training.autoencoder import prefill
from imagest_core.training.damage_simulation import DamageMix, simulate_mask
from imagest_core.training.intact_crops import Crops, CropSize
from imagest_core.training.study_tasks import Draws, StudyOptions, seeded, weighted_errors

SAMPLE_SCALE = 4
"""The Imagest engine samples windows at a quarter of their size."""
IMAGEST_SIDES = (64, 32)
"""Sides of crops in network pixels; smaller ones for small paintings."""
THICK = DamageMix(cracks=0.0, lacunae=1.0, strokes=0.0, large=1.0)
"""Only thick damage is sampled by the Imagest engine."""


class ImagestStudyTask:
    """Adapts the U-Net of an Imagest checkpoint."""

    adapts = studies.IMAGEST
    latent_factor = LATENT_FACTOR

    def __init__(
        self, folder: Path, hardware: Hardware, options: StudyOptions, progress: Progress | None = None
    ) -> None:
        checkpoint = load_checkpoint(folder, progress)
        self.base_name, self.base_sha256 = checkpoint.description.name, checkpoint.description.weights_hash
        self.hardware, self._network = hardware, checkpoint.network.to(hardware.device)
        config = self._network.config
        sides = [side for side in IMAGEST_SIDES if side % config.multiple == 0] or [config.multiple]
        self.sizes = tuple(CropSize(side, SAMPLE_SCALE) for side in sides)
        self.latent_channels, self.style_side = config.autoencoder.latent_channels, config.style.side
        with seeded(options.seed):
            self._changes = LowRankChanges(self._network.unet, options.rank)
        self.module: nn.Module = self._changes
        self._style: Tensor | None = None

    def weights(self) -> Iterable[Tensor]:
        """Return all weights of the network and its changes."""
        return self._network.parameters()

    def use_style(self, pictures: Image) -> None:
        """Condition it on style pictures, which the frozen style encoder reads."""
        tensor = torch.from_numpy(pictures).permute(0, 3, 1, 2).to(self.hardware.device) * 2 - 1
        with torch.no_grad(), self.hardware.autocast():
            self._style = self._network.style_context(tensor).tokens.float()

    def draw_timesteps(self, count: int, generator: torch.Generator) -> Tensor:
        """Draw half of them from all, and else the last: most fills take one step from noise alone."""
        steps = self._network.schedule.steps
        drawn = torch.randint(0, steps, (count,), generator=generator)
        return torch.where(torch.rand(count, generator=generator) < 0.5, steps - 1, drawn)

    def draw_hole(
        self, side: int, rng: np.random.Generator
    ) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
        """Draw thick damage."""
        return simulate_mask(side, rng, mix=THICK)

    def losses(self, crops: Crops, draws: Draws) -> Tensor:
        """Return the losses; what is really damaged is shown as a hole, and not measured."""
        network, unknown = self._network, torch.maximum(draws.holes, crops.damaged)
        with self.hardware.autocast():
            with torch.no_grad():
                both = torch.cat([crops.clean, prefill(crops.clean, unknown)])
                clean, known = network.autoencoder.encode(both).float().chunk(2)
            noisy = network.schedule.add(clean, draws.noise, draws.timesteps)
            inside = latent_mask(unknown)
            context = None
            if self._style is not None:
                context = StyleContext(self._style, torch.ones(1, 1, 1, device=clean.device))
            predicted = network.unet(noisy, inside, known, draws.timesteps, context).float()
        target = network.schedule.target(clean, draws.noise, draws.timesteps)
        weight = latent_mask(draws.holes) * (1 - latent_mask(crops.damaged, 0))
        return weighted_errors(predicted, target, weight)

    def tensors(self) -> dict[str, Tensor]:
        """Return the low-rank changes."""
        return self._changes.tensors()
