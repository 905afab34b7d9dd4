"""What a training of the style branch needs: memory and time, estimated before it starts."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from imagest_core.training.loop import LoopOptions
from imagest_core.training.style_branch import StyleBranchTask

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
class StylePlan:
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


def plan_style(task: StyleBranchTask, side: int, options: LoopOptions, done: int = 0) -> StylePlan:
    """Estimate a training; ``done`` steps are finished."""
    unet = task.parts.unet
    modules = [task.branch, *task.parts.modules]
    parameters = {id(p): p for module in modules for p in module.parameters()}.values()
    trained = _count(p for p in parameters if p.requires_grad)
    pixels = options.batch * side**2
    hardware = task.options.hardware
    bytes_per_value = torch.empty((), dtype=hardware.dtype).element_size()
    per_pixel = ACTIVATIONS[task.options.checkpointing] * bytes_per_value / 2
    passes = 4 if task.options.checkpointing else 3
    latents = pixels / task.latent_factor**2
    operations = passes * STEP_OPERATIONS * _count(unet.parameters()) * latents + ENCODER_OPERATIONS * pixels
    return StylePlan(
        trained=trained,
        frozen=_count(parameters) - trained,
        weights=sum(p.numel() * p.element_size() for p in parameters),
        gradients=4 * trained,
        optimizer=(2 if options.eight_bit else 8) * trained,
        average=4 * trained,
        activations=int(per_pixel * pixels),
        seconds=operations / (EFFICIENCY * matrix_speed(hardware.device, hardware.dtype)),
        steps=options.steps - done,
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
