"""Study a painting: adapt a model to its intact crops, and keep that only if held-out crops improve."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save
from torch import Tensor

from imagest_core.damage.map import DamageMap
from imagest_core.errors import InputError
from imagest_core.extras import require_extra
from imagest_core.messages import Message
from imagest_core.models import studies
from imagest_core.models.installed import find_model
from imagest_core.models.studies import Study, StudyFacts, parse_study
from imagest_core.painting.reader import Painting
from imagest_core.printable import size_text
from imagest_core.progress import Progress
from imagest_core.restoration.engines.added_model import AddedModelEngine
from imagest_core.restoration.engines.registry import get_engine
from imagest_core.restoration.record import mask_hash
from imagest_core.restoration.style_pictures import style_squares
from imagest_core.style.reference import StyleReference
from imagest_core.training.intact_crops import CropPlaces, Crops, place_crops, read_crops
from imagest_core.training.state import Average, TrainingClock, load_state, make_folder, save_state
from imagest_core.training.study_imagest import ImagestStudyTask
from imagest_core.training.study_states import remove_old_states, states_folder
from imagest_core.training.study_tasks import (
    Draws,
    StudyOptions,
    StudyTask,
    draw,
    training_hardware,
)

HELD_OUT_DRAWS = 4
"""Random inputs with which the loss of each held-out crop is measured, the same before and after."""
MEASURING_BATCH = 8
STYLE_CROPS = 4
WARMUP = 10
CLIP = 1.0
SAVE_SECONDS = 15.0
"""A killed study loses at most this time."""
ADAM_BYTES = 16
"""Bytes of weight, gradient and optimizer's state for each trained number."""


DEFAULTS: Mapping[str, StudyOptions] = {
    studies.IMAGEST: StudyOptions(steps=200, rank=8, rate=1e-3, batch=8),
    studies.STABLE_DIFFUSION: StudyOptions(steps=200, rank=8, rate=1e-4, batch=1),
}


@dataclass(frozen=True)
class StudyPlan:
    """What a study will do: bytes of memory, seconds, steps that are done already, and its crops."""

    memory: int
    seconds: float
    steps: int
    done: int
    trained: int
    places: CropPlaces

    def lines(self) -> list[str]:
        """Return the plan as text."""
        size, places = self.places.size, self.places
        done = f" ({self.done:,} of them are done)" if self.done else ""
        return [
            f"crops: {len(places.training):,} to study, {len(places.held_out):,} held out, "
            f"of {size.native} px",
            f"trained: {self.trained / 1e3:,.0f} thousand numbers",
            f"memory: about {size_text(self.memory)}",
            f"time: about {time_text(self.seconds)} for {self.steps:,} steps{done}",
        ]


def time_text(seconds: float) -> str:
    """Return a rounded duration."""
    return f"{math.ceil(seconds)} s" if seconds < 90 else f"{math.ceil(seconds / 60):,} min"


@dataclass(frozen=True)
class StudyOutcome:
    """The facts, the study, which is None if it doesn't help, and the seconds that the training took."""

    facts: StudyFacts
    study: Study | None
    seconds: float

    @property
    def message(self) -> Message:
        """Say how the loss on held-out crops changed, and what follows."""
        facts = self.facts
        digits = _digits(facts.standard_error)
        figures = {
            "before": f"{facts.loss_before:.{digits}f}",
            "after": f"{facts.loss_after:.{digits}f}",
            "error": f"{facts.standard_error:.{digits}f}",
        }
        if self.study is not None:
            return Message(
                "The study helps: on intact parts that it did not see, its error fell from {before} to "
                "{after} (standard error {error}).",
                **figures,
            )
        return Message(
            "The study doesn't help and is discarded: on intact parts that it did not see, its error went "
            "from {before} to {after} (standard error {error}).",
            **figures,
        )


def _digits(error: float) -> int:
    """Return the decimals that show two digits of a standard error: 4 to 8."""
    return min(8, max(4, 1 - math.floor(math.log10(error)))) if error > 0 else 4


class PaintingStudy:
    """A prepared study: its crops are read, and its plan is known. :meth:`run` trains."""

    def __init__(
        self,
        painting: Painting,
        damage: DamageMap,
        task: StudyTask,
        options: StudyOptions,
        progress: Progress | None = None,
    ) -> None:
        progress = progress or Progress()
        self._task, self.options = task, options
        placing = progress.part(0.0, 0.3, "looking for intact crops")
        self.places = place_crops(painting.box, damage, task.sizes, options.seed, options.crops, placing)
        reading = progress.part(0.3, 0.8, "reading the crops")
        size = self.places.size
        self.training = read_crops(painting, damage, size, self.places.training, reading)
        self.held_out = read_crops(painting, damage, size, self.places.held_out, reading)
        self._use_style(painting)
        self._scan, self._scan_sha256 = painting.path.name, painting.sha256(progress.check)
        self._mask_sha256 = mask_hash(damage)
        self.folder = states_folder() / self._key()
        self._average = Average(task.module, 0)
        self._optimizer = torch.optim.AdamW(task.module.parameters(), lr=options.rate, weight_decay=0.0)
        progress.part(0.8, 1.0, "planning").set(0.0)
        self.plan = self._planned()

    def _use_style(self, painting: Painting) -> None:
        """Show the task intact crops as the style reference, if it reads one."""
        intact = [i for i in range(len(self.training)) if not self.training.damaged[i].any()]
        if self._task.style_side and intact:
            chosen = np.linspace(0, len(intact) - 1, min(STYLE_CROPS, len(intact))).round().astype(int)
            regions = tuple(self.places.training[intact[i]] for i in chosen)
            self._task.use_style(style_squares(painting, StyleReference(regions), self._task.style_side))

    def _key(self) -> str:
        """Return a name for what is trained on what: only the same study is resumed."""
        task = self._task
        described = [
            *(task.adapts, task.base_sha256, self._scan_sha256, self._mask_sha256),
            *(asdict(self.options), asdict(self.places.size), task.hardware.name, str(task.hardware.dtype)),
        ]
        return hashlib.sha256(json.dumps(described).encode()).hexdigest()[:24]

    def _planned(self) -> StudyPlan:
        """Measure a step on this machine, without changing a weight."""
        task, options = self._task, self.options
        stored: dict[int, int] = {}

        def keep(tensor: Tensor) -> Tensor:
            stored[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
            return tensor

        seconds = math.inf
        for _ in range(2):
            started = time.perf_counter()
            with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
                loss = self._step_loss(0)
            loss.backward()  # type: ignore[no-untyped-call]
            loss.item()  # waits for a GPU
            self._optimizer.zero_grad(set_to_none=True)
            seconds = min(seconds, time.perf_counter() - started)
            if seconds > 2:
                break
        weights = {p.untyped_storage().data_ptr(): p.untyped_storage().nbytes() for p in task.weights()}
        stored |= weights
        trained = sum(p.numel() for p in task.module.parameters())
        crops = 4 * (self.training.clean.numel() + self.held_out.clean.numel())
        clock = self._stored_clock()
        passes = 2 * HELD_OUT_DRAWS * len(self.held_out) / options.batch / 3  # no backward pass
        left = max(0, options.steps - clock.step) + passes
        memory = sum(stored.values()) + ADAM_BYTES * trained + crops
        return StudyPlan(memory, left * seconds, options.steps, clock.step, trained, self.places)

    def _stored_clock(self) -> TrainingClock:
        from imagest_core.training.state import STATE, read_state

        path = self.folder / STATE
        return read_state(path)[1] if path.is_file() else TrainingClock()

    # Training

    def run(self, progress: Progress) -> StudyOutcome:
        """Train and measure; a cancelled or killed study continues where it was.

        The state of a study that helps stays until :meth:`finish`. Raises ``Cancelled``, and ``InputError``
        if the loss isn't finite.
        """
        measuring = progress.part(0.0, 0.05, "measuring")
        before = self.held_out_losses(measuring)
        remove_old_states(keep=self.folder)
        make_folder(self.folder)
        clock = load_state(self.folder, self._task.module, self._average, self._optimizer) or TrainingClock()
        self._train(clock, progress.part(0.05, 0.95))
        after = self.held_out_losses(progress.part(0.95, 1.0, "measuring"))
        outcome = self._outcome(before, after, clock)
        if outcome.study is None:
            self.finish()
        return outcome

    def finish(self) -> None:
        """Remove the state; call it once the study is written, which may fail for lack of space."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _train(self, clock: TrainingClock, progress: Progress) -> None:
        began = time.monotonic() - clock.seconds
        saved, steps = time.monotonic(), self.options.steps
        try:
            while clock.step < steps:
                progress.check()
                self._step(clock.step)
                clock.step += 1
                clock.seconds = time.monotonic() - began
                if time.monotonic() - saved > SAVE_SECONDS:
                    self._save(clock)
                    saved = time.monotonic()
                progress.part(0.0, 1.0, "studying").set(clock.step / steps, clock.step, steps)
        finally:
            self._save(clock)

    def _save(self, clock: TrainingClock) -> None:
        save_state(self.folder, self._task.module, self._average, self._optimizer, clock)

    def _step(self, step: int) -> None:
        options = self.options
        warm, share = min(1.0, (step + 1) / WARMUP), step / options.steps
        for group in self._optimizer.param_groups:
            group["lr"] = options.rate * warm * 0.5 * (1 + math.cos(math.pi * share))
        loss = self._step_loss(step)
        if not torch.isfinite(loss):
            raise InputError("The study diverged: use a smaller learning rate.")
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self._task.module.parameters(), CLIP)
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)

    def _step_loss(self, step: int) -> Tensor:
        """Return the loss of step ``step``, whose crops and noise depend on it and the seed only."""
        seed = self.options.seed
        rng = np.random.default_rng((seed, 1, step))
        count = min(self.options.batch, len(self.training))
        crops = self.training.select([int(i) for i in rng.choice(len(self.training), count, replace=False)])
        if rng.random() < 0.5:
            crops = Crops(crops.clean.flip(3), crops.damaged.flip(3))
        return self._losses(crops, (seed, 2, step)).mean()

    def _losses(self, crops: Crops, seed: tuple[int, ...]) -> Tensor:
        device = self._task.hardware.device
        draws = draw(self._task, len(crops), self.places.size.side, seed)
        on_device = Draws(draws.holes.to(device), draws.timesteps.to(device), draws.noise.to(device))
        return self._task.losses(Crops(crops.clean.to(device), crops.damaged.to(device)), on_device)

    # Measuring

    @torch.no_grad()
    def held_out_losses(self, progress: Progress, crops: Crops | None = None) -> NDArray[np.float64]:
        """Return the mean loss (n,) of each held-out crop, or of ``crops``, over fixed random inputs."""
        crops = self.held_out if crops is None else crops
        batch = min(MEASURING_BATCH, 4 * self.options.batch)
        starts = range(0, len(crops), batch)
        losses = np.zeros((HELD_OUT_DRAWS, len(crops)))
        for index, (k, start) in enumerate((k, s) for k in range(HELD_OUT_DRAWS) for s in starts):
            progress.set(index / (HELD_OUT_DRAWS * len(starts)))
            part = crops.select(range(start, min(start + batch, len(crops))))
            losses[k, start : start + len(part)] = self._losses(part, (3, k, start)).double().cpu().numpy()
        return losses.mean(0)

    def _outcome(
        self, before: NDArray[np.float64], after: NDArray[np.float64], clock: TrainingClock
    ) -> StudyOutcome:
        task, options, size = self._task, self.options, self.places.size
        gain, error = paired_gain(before, after)
        facts = StudyFacts(
            adapts=task.adapts,
            base=task.base_name,
            base_sha256=task.base_sha256,
            scan=self._scan,
            scan_sha256=self._scan_sha256,
            mask_sha256=self._mask_sha256,
            steps=options.steps,
            rank=options.rank,
            rate=options.rate,
            seed=options.seed,
            side=size.side,
            scale=size.scale,
            crops=len(self.training),
            held_out=len(self.held_out),
            loss_before=float(before.mean()),
            loss_after=float(after.mean()),
            gain=gain,
            standard_error=error,
            device=task.hardware.name,
            prompt=options.prompt,
        )
        if not facts.helps:
            return StudyOutcome(facts, None, clock.seconds)
        data = save(task.tensors(), facts.to_metadata())
        return StudyOutcome(facts, parse_study(data, "the study"), clock.seconds)


def paired_gain(before: NDArray[np.float64], after: NDArray[np.float64]) -> tuple[float, float]:
    """Return the mean fall of the losses (n,) of the same crops, and its standard error."""
    fall = before - after
    return float(fall.mean()), float(fall.std(ddof=1) / math.sqrt(len(fall)))


def options_for(adapts: str, **given: object) -> StudyOptions:
    """Return the usual options for a kind of model, with those ``given`` that aren't None."""
    changed = {name: value for name, value in given.items() if value is not None}
    return replace(DEFAULTS[adapts], **changed)  # type: ignore[arg-type]


def load_task(
    engine: str, model: str, device: str, threads: int, options: StudyOptions, progress: Progress
) -> StudyTask:
    """Load the model that an engine would use, with untrained changes; raises ``ModelError``."""
    if threads:
        torch.set_num_threads(threads)
    hardware = training_hardware(device)
    if engine == studies.IMAGEST:
        return ImagestStudyTask(find_model(model), hardware, options, progress)
    found = get_engine(engine)
    assert isinstance(found, AddedModelEngine)
    require_extra("diffusion", "Studying a painting with Stable Diffusion")
    from imagest_core.training.study_lora import LoraStudyTask

    chosen = found.model_of(found.Parameters().changed(model=model))
    return LoraStudyTask(chosen, hardware, options, progress)


def write_study(study: Study, path: Path, *, force: bool = False, inputs: tuple[Path, ...] = ()) -> None:
    """Write a study's file, completely or not at all; raises ``OutputError``."""
    from imagest_core.painting.atomic import replacing

    with replacing(path, force=force, inputs=inputs) as temporary:
        temporary.write_bytes(study.data)
