"""What a training over Stable Diffusion needs: memory and time, estimated before it starts."""

from __future__ import annotations

import time
from collections.abc import Iterable

import torch
from torch import Tensor, nn

from imagest_core.training.loop import LoopOptions
from imagest_core.training.plan import TrainingPlan
from imagest_core.training.stable_diffusion import StableDiffusionTask

STEP_OPERATIONS = 803e9 / 860e6 / 64**2
"""Floating-point operations of the U-Net's forward pass per parameter and latent, for Stable Diffusion 1."""
ENCODER_OPERATIONS = 1.1e12 / 512**2
"""Those of the autoencoder's encoder per pixel."""
EFFICIENCY = 0.3
"""Share of the speed of matrix products that convolutions and attention reach."""
ACTIVATIONS = {True: 10 << 10, False: 32 << 10}
"""Bytes of activations and work space per pixel, with and without checkpointing, in half precision."""


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
