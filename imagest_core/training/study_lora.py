"""A LoRA of Stable Diffusion that is trained on the intact crops of one painting."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor, nn

from imagest_core.arrays import Image
from imagest_core.models import studies
from imagest_core.models.hardware import Hardware
from imagest_core.models.installed import InstalledModel
from imagest_core.models.stable_diffusion.backbone import INPAINTING_CHANNELS, TextCondition
from imagest_core.models.weights_hash import weights_hash
from imagest_core.progress import Progress
from imagest_core.training.adapted_weights import Lora
from imagest_core.training.damage_simulation import simulate_mask
from imagest_core.training.intact_crops import Crops, CropSize
from imagest_core.training.stable_diffusion import StableDiffusionTask
from imagest_core.training.study_tasks import Draws, StudyOptions, coverage, seeded, weighted_errors


class LoraStudyTask(StableDiffusionTask):
    """Adapts the attention layers of a Stable Diffusion model, under one prompt."""

    adapts = studies.STABLE_DIFFUSION
    style_side = 0

    def __init__(
        self, model: InstalledModel, hardware: Hardware, options: StudyOptions, progress: Progress
    ) -> None:
        self.base_sha256 = weights_hash(model, progress)
        super().__init__(model, hardware, train_unet=False, checkpointing=hardware.device.type == "cuda")
        progress.check()
        self.base_name = model.name
        with seeded(options.seed):
            self._weights = Lora(self.parts, options.rank)
        for part in self.parts.modules:
            part.to(hardware.device)
        self.module: nn.Module = nn.ParameterDict(
            {name.replace(".", "/"): value for name, value in self._weights.parameters.items()}
        )
        full = self.backbone.working_size
        sides = [side for side in (full, full // 2) if side % self.multiple == 0] or [self.multiple]
        self.sizes = tuple(CropSize(side) for side in sides)
        self.latent_channels = self.backbone.latent_channels
        self._inpainting = int(self.parts.unet.config.in_channels) == INPAINTING_CHANNELS
        with torch.no_grad():
            self._condition = TextCondition(self.loaded.encoded([options.prompt])[0])

    def weights(self) -> Iterable[Tensor]:
        """Return all weights of the model and the LoRA."""
        return (weight for part in self.parts.modules for weight in part.parameters())

    def use_style(self, pictures: Image) -> None:
        """Nothing: the prompt is its only condition."""

    def draw_timesteps(self, count: int, generator: torch.Generator) -> Tensor:
        """Draw them evenly."""
        return torch.randint(0, self.backbone.schedule.steps, (count,), generator=generator)

    def draw_hole(
        self, side: int, rng: np.random.Generator
    ) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
        """Draw damage for the U-Net of an inpainting model; others predict everything."""
        return simulate_mask(side, rng) if self._inpainting else np.ones((side, side), np.bool_)

    def losses(self, crops: Crops, draws: Draws) -> Tensor:
        """Return the losses, without what is really damaged."""
        unknown = torch.maximum(draws.holes, crops.damaged)
        schedule, encoded = self.backbone.schedule, self.encode(crops.clean, unknown)
        noisy = schedule.add(encoded.known, draws.noise, draws.timesteps)
        with self.hardware.autocast():
            predicted = self.backbone.denoise(noisy, draws.timesteps, encoded, self._condition)
        target = schedule.target(encoded.known, draws.noise, draws.timesteps)
        factor = self.latent_factor
        weight = coverage(draws.holes, factor) * (1 - coverage(crops.damaged, factor))
        return weighted_errors(predicted, target, weight)

    def tensors(self) -> dict[str, Tensor]:
        """Return the LoRA under the names of diffusers."""
        return self._weights.tensors()
