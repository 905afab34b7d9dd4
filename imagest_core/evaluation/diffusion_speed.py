"""Compare the speed and memory of our sampling loop with diffusers' own inpainting pipeline.

Both use the same networks, Stable Diffusion 1.5 with random weights, on windows of 512 px.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
import torch

from imagest_core.damage.map import DamageMap
from imagest_core.evaluation.peak_memory import peak, reset_peak
from imagest_core.evaluation.random_models import random_model
from imagest_core.models.cache import loaded_models
from imagest_core.models.hardware import Hardware
from imagest_core.models.installed import InstalledModel
from imagest_core.models.stable_diffusion.backbone import LoadedDiffusion, keep_loaded
from imagest_core.models.stable_diffusion.components import Components, quiet
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import open_painting
from imagest_core.progress import Progress
from imagest_core.restoration import parameters as base
from imagest_core.restoration.api import restore_with
from imagest_core.restoration.engines.presets import PRESETS, STEPS
from imagest_core.restoration.engines.stable_diffusion import StableDiffusionEngine
from imagest_core.restoration.modes import DDIM, Quality
from imagest_core.restoration.planning.window import Window, WindowView
from imagest_core.restoration.request import RestorationRequest

PROMPT, GUIDANCE = "a vase with flowers, oil on canvas", 7.5
DEFAULT_STEPS = 50
"""Steps of diffusers' pipeline by default; its PNDM evaluates the model once more."""
MAX_TIME, MAX_MEMORY, MAX_PRESET, MAX_REGION, MAX_OPEN = 1.05, 1.0, 0.35, 1.3, 0.1
"""Targets: ratios, and seconds of opening a loaded model again."""
REGIONS = 3
"""Regions of the scan of which one is filled again, each in a window of its own."""


@dataclass
class RunTimes:
    """Seconds and peak memory in bytes of one window.

    ``sampling``: from the first evaluation of the model to the decoder; ``memory``: 0 if unknown.
    """

    total: float = 0.0
    sampling: float = 0.0
    evaluations: int = 0
    memory: int = 0

    @property
    def evaluation(self) -> float:
        """Seconds of an evaluation with everything between it and the next."""
        return self.sampling / max(self.evaluations, 1)

    @property
    def rest(self) -> float:
        """Seconds of text encoder, autoencoder and everything else."""
        return self.total - self.sampling

    def best(self, other: RunTimes) -> RunTimes:
        """Return the smaller of each number."""
        return RunTimes(
            min(self.rest, other.rest) + min(self.sampling, other.sampling),
            min(self.sampling, other.sampling),
            self.evaluations,
            min(self.memory, other.memory),
        )


@dataclass
class DiffusionSpeed:
    """What was measured; ``preset``: seconds of (ours, theirs), ``computed`` from those of evaluations."""

    size: str
    hardware: Hardware
    steps: int
    ours: RunTimes
    theirs: RunTimes
    preset: tuple[float, float]
    computed: bool
    region: float
    share: float
    opening: float

    def lines(self) -> list[str]:
        """Return a table of ratios with the targets."""
        ours, theirs, kind = self.ours, self.theirs, "computed" if self.computed else "measured"
        dtype = str(self.hardware.dtype).removeprefix("torch.")
        rows = [
            f"{self.size} on {self.hardware.name}, {dtype}: imagest beside diffusers' pipeline, "
            f"{self.steps} steps of DDIM, guidance {GUIDANCE:g}",
            _row("a model evaluation", ours.evaluation, theirs.evaluation, MAX_TIME),
            _row("text encoder, autoencoder, rest", ours.rest, theirs.rest, None),
            _row("a window", ours.total, theirs.total, None),
        ]
        if ours.memory and theirs.memory:
            ratio = ours.memory / theirs.memory
            rows.append(
                f"  {'peak memory':<34}{ours.memory / 1e6:9.0f} MB{theirs.memory / 1e6:9.0f} MB{ratio:8.2f} ×"
                f"  (target: at most {MAX_MEMORY:.2f} ×)"
            )
        rows.append(_row(f"preset without prompt ({kind})", *self.preset, MAX_PRESET))
        ratio = self.region / self.share
        rows.append(
            f"  {'one of ' + str(REGIONS) + ' regions filled again':<34}{self.region:9.3f} s "
            f"{self.share:9.3f} s {ratio:8.2f} ×  (target: at most {MAX_REGION:.2f} × its share)"
        )
        rows.append(
            f"  {'opening the loaded model again':<34}{self.opening:9.3f} s "
            f"{'':>19} (target: at most {MAX_OPEN:.2f} s)"
        )
        return rows


def _row(name: str, ours: float, theirs: float, target: float | None) -> str:
    goal = f"  (target: at most {target:.2f} ×)" if target else ""
    return f"  {name:<34}{ours:9.3f} s {theirs:9.3f} s {ours / theirs:8.2f} ×{goal}"


class _RandomEngine(StableDiffusionEngine):
    """Stable Diffusion with the model in memory, whatever the request names."""

    def __init__(self, model: InstalledModel) -> None:
        self._model = model

    def model_of(self, parameters: base.Parameters) -> InstalledModel:
        return self._model


class _Watch:
    """Times the evaluations of a U-Net until its decoder starts."""

    def __init__(self, parts: Components, device: torch.device) -> None:
        self._device, self._first, self._last, self.evaluations = device, 0.0, 0.0, 0
        self._hooks = [
            parts.unet.register_forward_pre_hook(self._evaluated),
            parts.autoencoder.decoder.register_forward_pre_hook(self._decoded),
        ]

    def _evaluated(self, *_: object) -> None:
        if not self.evaluations:
            self._first = _now(self._device)
        self.evaluations += 1

    def _decoded(self, *_: object) -> None:
        self._last = _now(self._device)

    def measure(self, work: Callable[[], object]) -> RunTimes:
        """Return the times of ``work``, which samples one window."""
        self.evaluations = 0
        reset_peak(self._device)
        started = _now(self._device)
        work()
        total = _now(self._device) - started
        return RunTimes(total, self._last - self._first, self.evaluations, peak(self._device))

    def close(self) -> None:
        for hook in self._hooks:
            hook.remove()


def measure_diffusion(
    hardware: Hardware, progress: Progress, *, small: bool = False, steps: int = 3, repeats: int = 2
) -> DiffusionSpeed:
    """Measure both on ``hardware``; the presets in whole where that is fast. Raises ``Cancelled``."""
    model, parts = random_model(hardware.dtype, hardware.device, small=small)
    loaded = keep_loaded(model, parts, hardware)
    engine, watch = _RandomEngine(model), _Watch(parts, hardware.device)
    side = int(model.identity.details["sample_size"]) * 8
    view = _view(side)
    try:
        progress.check()
        guided = _request(hardware, prompt=PROMPT, guidance=GUIDANCE, scheduler=DDIM, steps=steps, detail=0.0)
        ours, theirs = _compare(
            watch,
            lambda: _fill(engine, guided, view, loaded),
            lambda: _fill_by_diffusers(parts, view, steps, DDIM),
            repeats,
            progress,
        )
        whole = hardware.device.type == "cuda"
        preset = _presets(engine, parts, view, watch, hardware, (ours, theirs), whole, repeats, progress)
        region, share = _second_run(engine, hardware, side, steps, progress)
        opening = _reopening(engine, guided)
    finally:
        watch.close()
        loaded_models.clear()
    size = "a small model" if small else "Stable Diffusion 1.5"
    return DiffusionSpeed(size, hardware, steps, ours, theirs, preset, not whole, region, share, opening)


def _request(hardware: Hardware, **values: Any) -> RestorationRequest:
    return RestorationRequest.of("stable-diffusion", device=hardware.device.type, **values)


def _view(side: int) -> WindowView:
    """Return a window with a hole in the middle."""
    image = np.random.default_rng(0).random((side, side, 3)).astype(np.float32)
    mask = np.zeros((side, side), np.bool_)
    mask[side // 3 : side * 2 // 3, side // 3 : side * 2 // 3] = True
    return WindowView(Window(1, Box(0, 0, side, side)), np.where(mask[..., None], np.float32(0), image), mask)


def _compare(
    watch: _Watch,
    ours: Callable[[], object],
    theirs: Callable[[], object],
    repeats: int,
    progress: Progress,
) -> tuple[RunTimes, RunTimes]:
    """Time both in turns, so that a load on the machine meets both; the first runs warm up."""
    ours(), theirs()
    best: list[RunTimes | None] = [None, None]
    for _ in range(repeats):
        for index, work in enumerate((ours, theirs)):
            progress.check()
            run, known = watch.measure(work), best[index]
            best[index] = run if known is None else known.best(run)
    first, second = best
    assert first is not None
    assert second is not None
    return first, second


def _fill(
    engine: StableDiffusionEngine,
    request: RestorationRequest,
    view: WindowView,
    loaded: LoadedDiffusion | None = None,
) -> None:
    """Fill a window in a new session; ``loaded``: the model whose encoded texts are dropped first."""
    if loaded is not None:
        loaded.texts.clear()
    with engine.open(request, None) as session:
        session.fill([view], Progress())


def _fill_by_diffusers(parts: Components, view: WindowView, steps: int, scheduler: str = "") -> None:
    """Fill the window by diffusers' pipeline; by default with the scheduler of the model."""
    diffusers: Any = import_module("diffusers")
    kind = diffusers.DDIMScheduler if scheduler == DDIM else diffusers.PNDMScheduler
    components = {**parts.holder.components, "scheduler": kind.from_config(parts.holder.scheduler.config)}
    with quiet(), torch.inference_mode():
        pipeline = diffusers.StableDiffusionInpaintPipeline(**components, requires_safety_checker=False)
        pipeline.set_progress_bar_config(disable=True)
        image = torch.from_numpy(view.image.transpose(2, 0, 1)[None].copy())
        pipeline(
            prompt=PROMPT,
            image=image,
            mask_image=torch.from_numpy(view.mask[None, None].astype(np.float32)),
            height=view.mask.shape[0],
            width=view.mask.shape[1],
            num_inference_steps=steps,
            guidance_scale=GUIDANCE,
            generator=torch.Generator().manual_seed(0),
            output_type="np",
        )


def _presets(
    engine: StableDiffusionEngine,
    parts: Components,
    view: WindowView,
    watch: _Watch,
    hardware: Hardware,
    guided: tuple[RunTimes, RunTimes],
    whole: bool,
    repeats: int,
    progress: Progress,
) -> tuple[float, float]:
    """Return the seconds of our standard preset without a prompt, and of diffusers' default.

    Unless ``whole``, they are computed from measured times of an evaluation and of everything else.
    """
    count = STEPS[PRESETS[Quality.STANDARD]]
    if whole:
        request = _request(hardware)
        ours, theirs = _compare(
            watch,
            lambda: _fill(engine, request, view),
            lambda: _fill_by_diffusers(parts, view, DEFAULT_STEPS),
            repeats,
            progress,
        )
        return ours.total, theirs.total
    request = _request(hardware, steps=2)
    _fill(engine, request, view)
    runs = [watch.measure(lambda: _fill(engine, request, view)) for _ in range(repeats)]
    plain = runs[0]
    for run in runs[1:]:
        plain = plain.best(run)
    theirs = guided[1]
    return plain.rest + count * plain.evaluation, theirs.rest + (DEFAULT_STEPS + 1) * theirs.evaluation


def _second_run(
    engine: StableDiffusionEngine, hardware: Hardware, side: int, steps: int, progress: Progress
) -> tuple[float, float]:
    """Return the seconds of filling one region of several again, and its share of the first run."""
    request = _request(hardware, steps=min(steps, 2))
    samples = np.random.default_rng(1).integers(0, 256, (side, side * 2 * REGIONS, 3), np.uint8)
    mask = np.zeros((side, side * 2 * REGIONS), np.bool_)
    for index in range(REGIONS):
        left = side * 2 * index + side // 2
        mask[side // 3 : side * 2 // 3, left : left + side // 3] = True
    one = mask & (np.arange(side * 2 * REGIONS) < side * 2)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "scan.tif")
        tifffile.imwrite(path, samples, photometric="rgb")
        with open_painting(path) as painting:
            seconds = []
            for damage in (mask, one):
                progress.check()
                started = _now(hardware.device)
                result = restore_with(engine, painting, DamageMap.from_mask(damage), request)
                seconds.append((_now(hardware.device) - started, len(result.record.windows)))
    (all_seconds, windows), (again, few) = seconds
    return again, all_seconds * few / windows


def _reopening(engine: StableDiffusionEngine, request: RestorationRequest) -> float:
    started = time.perf_counter()
    engine.open(request, None).close()
    return time.perf_counter() - started


def _now(device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()
