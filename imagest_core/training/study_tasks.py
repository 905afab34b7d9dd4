"""What a study of a painting needs of a model, whose weights it adapts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from imagest_core.arrays import Image
from imagest_core.models.hardware import Hardware, choose_hardware
from imagest_core.training.intact_crops import Crops, CropSize


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


def coverage(mask: Tensor, factor: int) -> Tensor:
    """Return which latents (n, 1, h, w) a mask touches."""
    return functional.max_pool2d(mask, factor)
