"""What a study of a painting trains: low-rank changes of the Imagest U-Net, or a LoRA of Stable Diffusion."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from imagest_core.arrays import Image
from imagest_core.models import studies
from imagest_core.models.checkpoint import load_checkpoint
from imagest_core.models.hardware import Hardware, choose_hardware
from imagest_core.models.imagest.attention import StyleContext
from imagest_core.models.imagest.autoencoder import LATENT_FACTOR, latent_mask
from imagest_core.models.low_rank import LowRankChanges
from imagest_core.progress import Progress
from imagest_core.training.autoencoder import prefill
from imagest_core.training.damage_simulation import DamageMix, simulate_mask
from imagest_core.training.intact_crops import Crops, CropSize

if TYPE_CHECKING:
    from imagest_core.models.installed import InstalledModel

SAMPLE_SCALE = 4
"""The Imagest engine samples windows at a quarter of their size."""
IMAGEST_SIDES = (64, 32)
"""Sides of crops in network pixels; smaller ones for small paintings."""
THICK = DamageMix(cracks=0.0, lacunae=1.0, strokes=0.0, large=1.0)
"""Only thick damage is sampled by the Imagest engine."""


@dataclass(frozen=True)
class StudyOptions:
    """Options of the training.

    ``crops``: the largest number of crops; ``prompt``: what the painting shows, for models that read text.
    """

    steps: int
    rank: int
    rate: float
    batch: int
    seed: int = 0
    crops: int = 256
    prompt: str = ""


@dataclass(frozen=True)
class Draws:
    """Random inputs of a step: ``holes`` (n, 1, s, s), ``timesteps`` (n,), ``noise`` (n, c, h, w)."""

    holes: Tensor
    timesteps: Tensor
    noise: Tensor


class StudyTask(Protocol):
    """A model whose weights are adapted to a painting."""

    adapts: str
    base_name: str
    base_sha256: str
    hardware: Hardware
    sizes: tuple[CropSize, ...]
    module: nn.Module
    """Holds the trained parameters."""
    latent_channels: int
    style_side: int
    """Side of the style pictures it is conditioned on; 0 for none."""

    @property
    def latent_factor(self) -> int:
        """Pixels per latent along a side."""

    def weights(self) -> Iterable[Tensor]:
        """Return all weights in memory, for the plan."""

    def use_style(self, pictures: Image) -> None:
        """Condition it on style pictures (k, side, side, 3)."""

    def draw_timesteps(self, count: int, generator: torch.Generator) -> Tensor:
        """Draw timesteps (n,) as fills use them."""

    def draw_hole(
        self, side: int, rng: np.random.Generator
    ) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
        """Draw what is to be predicted of a crop."""

    def losses(self, crops: Crops, draws: Draws) -> Tensor:
        """Return the loss (n,) of each crop: the mean squared error of the prediction in its hole."""

    def tensors(self) -> dict[str, Tensor]:
        """Return what is stored."""


def draw(task: StudyTask, count: int, side: int, seed: tuple[int, ...]) -> Draws:
    """Return the random inputs that ``seed`` stands for."""
    rng = np.random.default_rng(seed)
    generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
    holes = np.stack([task.draw_hole(side, rng) for _ in range(count)])[:, None].astype(np.float32)
    latent = side // task.latent_factor
    noise = torch.randn(count, task.latent_channels, latent, latent, generator=generator)
    return Draws(torch.from_numpy(holes), task.draw_timesteps(count, generator), noise)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed torch's generator of the CPU within the block."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


def training_hardware(device: str) -> Hardware:
    """Return the hardware of a training without scaled gradients: float32 instead of float16."""
    hardware = choose_hardware(device)
    return hardware if hardware.dtype is torch.bfloat16 else Hardware(hardware.device, torch.float32)


def weighted_errors(predicted: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Return the mean squared error (n,) where ``weight`` (n, 1, h, w) is 1; 0 where it never is."""
    error = (predicted - target).square().mean(1, keepdim=True) * weight
    mean: Tensor = error.flatten(1).sum(1) / weight.flatten(1).sum(1).clamp(min=1.0)
    return mean


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


def stable_diffusion_task(
    model: InstalledModel, hardware: Hardware, options: StudyOptions, progress: Progress
) -> StudyTask:
    """Load Stable Diffusion with an untrained LoRA; needs the packages of the extra ``diffusion``."""
    from imagest_core.extras import require_extra

    require_extra("diffusion", "Studying a painting with Stable Diffusion")
    from imagest_core.training.study_lora import LoraStudyTask

    return LoraStudyTask(model, hardware, options, progress)


def coverage(mask: Tensor, factor: int) -> Tensor:
    """Return which latents (n, 1, h, w) a mask touches."""
    return functional.max_pool2d(mask, factor)
