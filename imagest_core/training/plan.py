"""What a training needs: memory and time, printed before it begins."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from imagest_core.training.loop import BatchT, ExampleSet, LoopOptions, TrainingTask, best_precision

GIGABYTE = 1e9
HOUR, MINUTE = 3600.0, 60.0
PRECISIONS: Mapping[str, torch.dtype] = {"bf16": torch.bfloat16, "fp16": torch.float16}


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
        return [
            f"trained: {self.trained / 1e6:.1f} M parameters; frozen: {self.frozen / 1e6:.1f} M",
            f"memory: about {self.memory / GIGABYTE:.1f} GB ({listed})",
            f"time: about {duration(self.steps * self.seconds)} for {self.steps:,} steps of "
            f"{self.seconds:.2g} s, and the evaluations",
        ]


def duration(seconds: float) -> str:
    """Return a duration in hours, minutes or seconds."""
    if seconds >= HOUR:
        return f"{seconds / HOUR:.1f} hours"
    return f"{seconds / MINUTE:.0f} minutes" if seconds >= 2 * MINUTE else f"{seconds:.0f} seconds"


def plan_by_trial(task: TrainingTask[BatchT], data: ExampleSet[BatchT], options: LoopOptions) -> TrainingPlan:
    """Measure the gradient of one example, and estimate a training from it.

    Neither weights nor random numbers change. A step is counted as that many examples one after the other,
    which is more than it takes on a GPU.
    """
    cpu = options.device == "cpu" or not torch.cuda.is_available()
    device = torch.device("cpu" if cpu else "cuda")
    module = task.module.to(device)
    with torch.random.fork_rng(devices=[] if cpu else None):
        _trial(task, data, options, device)  # the first one also allocates
        seconds, activations = _trial(task, data, options, device)
    parameters = list(module.parameters())
    trained = sum(p.numel() for p in parameters if p.requires_grad)
    everything = sum(p.numel() for p in parameters)
    return TrainingPlan(
        trained=trained,
        frozen=everything - trained,
        weights=sum(p.numel() * p.element_size() for p in parameters),
        gradients=4 * trained,
        optimizer=(2 if options.eight_bit else 8) * trained,
        average=4 * trained if options.average else 0,
        activations=activations * options.batch,
        seconds=seconds * options.batch,
        steps=options.steps,
    )


def _trial(
    task: TrainingTask[BatchT], data: ExampleSet[BatchT], options: LoopOptions, device: torch.device
) -> tuple[float, int]:
    """Return seconds and bytes of activations of one example; the gradient is dropped."""
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    started = time.perf_counter()
    example: Any = data.collate([data[0]]).to(device)
    name = best_precision(device.type) if options.precision == "auto" else options.precision
    dtype = PRECISIONS.get(name, torch.float32)
    with (
        torch.autocast(device.type, dtype, enabled=name in PRECISIONS),
        torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor),
    ):
        loss, _ = task.loss(task.module, example, 0)
    loss.backward()  # type: ignore[no-untyped-call]
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    seconds = time.perf_counter() - started
    task.module.zero_grad(set_to_none=True)
    weights = {p.untyped_storage().data_ptr() for p in task.module.parameters()}
    return seconds, sum(size for place, size in kept.items() if place not in weights)
