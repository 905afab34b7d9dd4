"""What a training over Stable Diffusion needs: memory and time, estimated before it starts."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from imagest_core.training.loop import LoopOptions
from imagest_core.training.stable_diffusion import StableDiffusionTask

GIGABYTE = 1e9
STEP_OPERATIONS = 803e9 / 860e6 / 64**2
"""Floating-point operations of the U-Net's forward pass per parameter and latent, for Stable Diffusion 1."""
ENCODER_OPERATIONS = 1.1e12 / 512**2
"""Those of the autoencoder's encoder per pixel."""
EFFICIENCY = 0.3
"""Share of the speed of matrix products that convolutions and attention reach."""
ACTIVATIONS = {True: 10 << 10, False: 32 << 10}
"""Bytes of activations and work space per pixel, with and without checkpointing, in half precision."""


@dataclass(frozen=True)
class TrainingPlan:
    """Sizes in bytes, parameters, and seconds of a step."""

    trained: int
    frozen: int
    weights: int
    gradients: int
    optimizer: int
    average: int
    activations: int
    seconds: float
    steps: int

    @property
    def memory(self) -> int:
        """All memory in bytes."""
        return self.weights + self.gradients + self.optimizer + self.average + self.activations

    def lines(self) -> list[str]:
        """Return the plan as text."""
        parts = {
            "weights": self.weights,
            "gradients": self.gradients,
            "optimizer": self.optimizer,
            "average": self.average,
            "activations": self.activations,
        }
        listed = ", ".join(f"{name} {size / GIGABYTE:.1f}" for name, size in parts.items())
        hours = self.steps * self.seconds / 3600
        return [
            f"trained: {self.trained / 1e6:.1f} M parameters; frozen: {self.frozen / 1e6:.1f} M",
            f"memory: about {self.memory / GIGABYTE:.1f} GB ({listed})",
            f"time: about {hours:.1f} hours for {self.steps:,} steps of {self.seconds:.1f} s, "
            "and the evaluations",
        ]


def plan_training(
    task: StableDiffusionTask, trained_module: nn.Module, side: int, options: LoopOptions, done: int = 0
) -> TrainingPlan:
    """Estimate a training; ``done`` steps are finished."""
    parameters = {id(p): p for module in task.networks for p in module.parameters()}
    parameters |= {id(p): p for p in trained_module.parameters()}
    trained, everything = _count(trained_module.parameters()), _count(parameters.values())
    pixels, dtype = options.batch * side**2, task.hardware.dtype
    per_pixel = ACTIVATIONS[task.checkpointing] * torch.empty((), dtype=dtype).element_size() / 2
    passes = 4 if task.checkpointing else 3
    latents = pixels / task.latent_factor**2
    operations = passes * STEP_OPERATIONS * _count(task.parts.unet.parameters()) * latents
    operations += ENCODER_OPERATIONS * pixels
    return TrainingPlan(
        trained=trained,
        frozen=everything - trained,
        weights=sum(p.numel() * p.element_size() for p in parameters.values()),
        gradients=4 * trained,
        optimizer=(2 if options.eight_bit else 8) * trained,
        average=4 * trained if options.average else 0,
        activations=int(per_pixel * pixels),
        seconds=operations / (EFFICIENCY * matrix_speed(task.hardware.device, dtype)),
        steps=max(0, options.steps - done),
    )


def _count(parameters: Iterable[nn.Parameter]) -> int:
    return sum(p.numel() for p in parameters)


def matrix_speed(device: torch.device, dtype: torch.dtype, side: int = 1024) -> float:
    """Measure the floating-point operations per second of a matrix product."""
    matrix = torch.randn(side, side, device=device).to(dtype)
    _timed(matrix)
    return float(2 * side**3 / min(_timed(matrix) for _ in range(3)))


def _timed(matrix: Tensor) -> float:
    start = time.perf_counter()
    product = matrix @ matrix
    float(product[0, 0])  # waits for a GPU
    return time.perf_counter() - start
