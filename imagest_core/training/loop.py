"""The training loop: devices through accelerate, EMA, resuming, losses to CSV and TensorBoard."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Generic, Protocol, Self, TypeVar

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.data import DataLoader

from imagest_core.errors import InputError
from imagest_core.painting.picture_files import write_picture
from imagest_core.progress import Progress
from imagest_core.training.examples import IndexRange
from imagest_core.training.log import log
from imagest_core.training.state import Average, TrainingClock, load_state, save_state


@dataclass(frozen=True)
class LoopOptions:
    """Options of the loop; the learning rate falls to 0 (cosine) at the first limit, steps or minutes.

    ``constant``: keep the learning rate instead. ``average``: decay of the averaged weights; 0 keeps none,
    and the results are the last weights. ``rate_factors``: factors of the learning rate by the start of
    parameters' names. ``eight_bit``: keep the optimizer's state in 8 bits, with the package bitsandbytes.
    ``picture_name``: start of the names of the pictures that evaluations write.
    """

    folder: Path
    steps: int = 4000
    minutes: float = math.inf
    batch: int = 16
    learning_rate: float = 3e-4
    warmup: int = 200
    average: float = 0.999
    clip: float = 0.5
    precision: str = "auto"
    device: str = "auto"
    workers: int = 0
    evaluate_every: int = 250
    save_every: int = 100
    rate_factors: Mapping[str, float] = field(default_factory=dict)
    eight_bit: bool = False
    constant: bool = False
    picture_name: str = "held-out"


class DeviceBatch(Protocol):
    """Examples as tensors."""

    def to(self, device: torch.device) -> Self:
        """Return the batch on another device."""


BatchT = TypeVar("BatchT", bound=DeviceBatch)
BatchInputT = TypeVar("BatchInputT", bound=DeviceBatch, contravariant=True)
BatchOutputT = TypeVar("BatchOutputT", bound=DeviceBatch, covariant=True)


class ExampleSet(Protocol[BatchOutputT]):
    """Infinitely many examples; example *k* depends on ``seed`` and k only."""

    seed: int

    def __getitem__(self, index: int) -> Any: ...

    def collate(self, items: Sequence[Any]) -> BatchOutputT:
        """Stack examples into a batch."""


class TrainingTask(Protocol[BatchInputT]):
    """A module to train, its loss, and its evaluation on held-out works."""

    @property
    def module(self) -> nn.Module:
        """The module to train."""

    def loss(self, module: nn.Module, batch: BatchInputT, step: int) -> tuple[Tensor, Mapping[str, float]]:
        """Return the loss and values to log; ``module`` is the task's module, wrapped for devices."""

    def evaluate(self, device: torch.device) -> tuple[Mapping[str, float], NDArray[np.uint8] | None]:
        """Return held-out metrics and a picture (h, w, 3) if there is one, with the averaged weights."""


def best_precision(device: str) -> str:
    """Return ``bf16`` if the hardware is fast with it, else ``fp16`` on CUDA and ``no`` on the CPU."""
    if device == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported() else "fp16"
    return "bf16" if torch.cpu._is_amx_tile_supported() else "no"


def learning_rate(options: LoopOptions, clock: TrainingClock) -> float:
    """Return the learning rate: linear warm-up, then cosine to zero over the used steps or minutes.

    It stays the same after the warm-up if the options say so.
    """
    used = min(1.0, max(clock.step / options.steps, clock.seconds / 60.0 / options.minutes))
    warm = min(1.0, (clock.step + 1) / options.warmup)
    if options.constant:
        return options.learning_rate * warm
    return options.learning_rate * warm * 0.5 * (1.0 + math.cos(math.pi * used))


def finished(options: LoopOptions, clock: TrainingClock) -> bool:
    """Whether the steps or the minutes are used up."""
    return clock.step >= options.steps or clock.seconds >= 60.0 * options.minutes


def check_eight_bit(device: str) -> None:
    """Raise ``InputError`` unless the 8-bit optimizer can be used."""
    if find_spec("bitsandbytes") is None:
        raise InputError(
            "The 8-bit optimizer needs the package bitsandbytes: install it with pip install bitsandbytes, "
            "or leave out --eight-bit."
        )
    if device == "cpu" or not torch.cuda.is_available():
        raise InputError("The 8-bit optimizer needs a GPU: leave out --eight-bit.")


def _optimizer(module: nn.Module, options: LoopOptions) -> torch.optim.Optimizer:
    """Return AdamW with one group of parameters for each factor of the learning rate."""
    groups: dict[float, list[nn.Parameter]] = {}
    for name, parameter in module.named_parameters():
        factors = (f for start, f in options.rate_factors.items() if name.startswith(start))
        groups.setdefault(next(factors, 1.0), []).append(parameter)
    described = [{"params": chosen, "factor": factor} for factor, chosen in groups.items()]
    kind: Any = import_module("bitsandbytes").optim.AdamW8bit if options.eight_bit else torch.optim.AdamW
    optimizer: torch.optim.Optimizer = kind(described, lr=options.learning_rate, weight_decay=0.01)
    return optimizer


class Trainer(Generic[BatchT]):
    """Runs a :class:`TrainingTask` until its options say it is finished."""

    def __init__(self, task: TrainingTask[BatchT], data: ExampleSet[BatchT], options: LoopOptions) -> None:
        options.folder.mkdir(parents=True, exist_ok=True)
        self.task, self.data, self.options = task, data, options
        cpu = options.device == "cpu" or not torch.cuda.is_available()
        precision = (
            best_precision("cpu" if cpu else "cuda") if options.precision == "auto" else options.precision
        )
        if not (torch.distributed.is_available() and torch.distributed.is_initialized()):
            AcceleratorState._reset_state(reset_partial_state=True)  # of an earlier training in this process
        self.accelerator = Accelerator(cpu=cpu, mixed_precision=precision)
        data.seed += 1_000_003 * self.accelerator.process_index  # each device gets its own examples
        module = task.module.to(memory_format=torch.channels_last)
        self.module, self.optimizer = self.accelerator.prepare(module, _optimizer(module, options))
        self.average = Average(self.bare, options.average)
        self.clock = (
            load_state(options.folder, self.bare, self.average, self.bare_optimizer) or TrainingClock()
        )

    @property
    def bare(self) -> nn.Module:
        """The module without device wrappers."""
        return self.accelerator.unwrap_model(self.module)

    @property
    def bare_optimizer(self) -> torch.optim.Optimizer:
        """The optimizer without its wrapper."""
        return getattr(self.optimizer, "optimizer", self.optimizer)

    def run(self, progress: Progress) -> TrainingClock:
        """Train until finished; killing the process loses at most ``save_every`` steps, cancelling none."""
        began = time.monotonic() - self.clock.seconds
        try:
            for batch in self._batches():
                self._step(batch)
                self.clock.seconds = time.monotonic() - began
                self._housekeeping(progress)
                if finished(self.options, self.clock):
                    break
        finally:
            self._save()
        return self.clock

    def _batches(self) -> DataLoader[BatchT]:
        size, options = self.options.batch, self.options
        rows = IndexRange(self.clock.step * size, max(0, options.steps - self.clock.step) * size)
        data: Any = self.data
        return DataLoader(data, size, sampler=rows, collate_fn=self.data.collate, num_workers=options.workers)

    def _step(self, batch: BatchT) -> None:
        rate = learning_rate(self.options, self.clock)
        for group in self.optimizer.param_groups:
            group["lr"] = rate * group["factor"]
        with self.accelerator.autocast():
            loss, details = self.task.loss(self.module, batch.to(self.accelerator.device), self.clock.step)
        self.accelerator.backward(loss)
        norm = self.accelerator.clip_grad_norm_(self.module.parameters(), self.options.clip)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.clock.step += 1
        self.average.update(self.bare, self.clock.step)
        self.latest = {"loss": loss.item(), "rate": rate, "gradient": float(norm), **details}

    def _housekeeping(self, progress: Progress) -> None:
        step, options = self.clock.step, self.options
        if self.accelerator.is_main_process:
            if step % 25 == 0:
                self._log("train", self.latest)
            if step % options.evaluate_every == 0 or finished(options, self.clock):
                self._evaluate()
            if step % options.save_every == 0:
                self._save()
        used = max(step / options.steps, self.clock.seconds / 60.0 / options.minutes)
        pace = f"training, {step / max(self.clock.seconds, 1e-3):.2f} steps/s"
        progress.part(0.0, 1.0, pace).set(used, step, options.steps)

    @torch.no_grad()
    def _evaluate(self) -> None:
        bare = self.bare
        self.average.swap(bare)
        bare.eval()
        try:
            with self.accelerator.autocast():
                figures, picture = self.task.evaluate(self.accelerator.device)
        finally:
            bare.train()
            self.average.swap(bare)
        self._log("held-out", figures)
        if picture is not None:
            name = f"{self.options.picture_name}-{self.clock.step:06d}.png"
            write_picture(self.options.folder / name, picture[..., ::-1])

    def _log(self, kind: str, figures: Mapping[str, float]) -> None:
        log(self.options.folder, self.clock, kind, figures)

    def _save(self) -> None:
        if self.accelerator.is_main_process:
            save_state(self.options.folder, self.bare, self.average, self.bare_optimizer, self.clock)
