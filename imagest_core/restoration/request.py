"""The one frozen request that holds everything affecting the pixels of a fill."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from numbers import Integral, Real
from typing import Any

from imagest_core.errors import InputError


class Mode(StrEnum):
    """What a fill aims for."""

    FAITHFUL = "faithful"
    """Closest to what is known; smooth where nothing is."""
    TEXTURED = "textured"
    """Continues the texture of the style reference."""


class Quality(StrEnum):
    """Presets of steps and scheduler."""

    DRAFT = "draft"
    STANDARD = "standard"
    FINE = "fine"


class ScalePolicy(StrEnum):
    """At which scale a hole larger than a window is solved."""

    AUTO = "auto"
    """Coarse first, so that the hole and its context fit the window, then refined."""
    NATIVE = "native"
    """Always at the scan's own scale."""


GROWTH_RANGE = (1, 3)
DDIM, MULTISTEP = "ddim", "dpm++2m"
SCHEDULERS = (DDIM, MULTISTEP)
"""Solvers of the sampler: Song et al., ICLR 2021, the paper's; and Lu et al., 2022, for few steps."""
MAX_SEED = 2**63 - 1
"""Of the seed and the variation."""
MAX_GUIDANCE = 20.0
MAX_BATCH = 4096
LABELS = {
    "engine": "engine",
    "weights": "model",
    "prompt": "prompt",
    "device": "device",
    "growth": "growth of the mask",
    "blend": "blend",
    "seed": "seed",
    "variation": "variation",
    "batch": "batch",
    "steps": "number of steps",
    "guidance": "guidance",
    "style_strength": "style strength",
    "detail": "detail",
    "context": "context",
    "mode": "mode",
    "quality": "quality",
    "scale": "scale",
}
"""What a field is called in a sentence."""


@dataclass(frozen=True)
class RestorationRequest:
    """Everything that affects the pixels of a fill; the record is derived from it.

    ``weights`` is a catalogue name or a folder; ``steps``/``scheduler`` of ``None`` follow ``quality``;
    ``style_strength`` (0–4) is how strongly the style reference counts; the user's lends its colours, too;
    ``detail`` (0–1) is how much of the intact paint's finest detail a textured fill takes; ``growth`` (px)
    grows the mask over its rim before filling; ``blend`` (px) is the width of the transition inside the
    grown mask; ``context`` the share of intact border around a region in a window; ``device`` is auto, cpu or
    cuda. ``batch`` is how many windows a GPU computes at a time, 0 for as many as its memory allows; a CPU
    computes one, so that neither the batch nor the order of the windows changes a byte (decision 7).
    Whether the engine, the model and the device exist is for
    :func:`~imagest_core.restoration.validation.check_request`.
    """

    engine: str = "imagest"
    weights: str = ""
    mode: Mode = Mode.TEXTURED
    quality: Quality = Quality.STANDARD
    steps: int | None = None
    scheduler: str | None = None
    guidance: float = 1.0
    style_strength: float = 1.0
    detail: float = 0.9
    seed: int = 0
    variation: int = 0
    prompt: str = ""
    growth: int = 1
    blend: int = 1
    context: float = 0.5
    scale: ScalePolicy = ScalePolicy.AUTO
    batch: int = 0
    device: str = "auto"

    def __post_init__(self) -> None:
        """Refuse what no engine can do: other types, NaN, infinity, values out of range; ``InputError``."""
        self._check_types()
        self._check_windows()
        self._check_sampling()

    def _check_types(self) -> None:
        """Numbers become ``int`` and finite ``float``, names of modes the modes themselves."""
        for name in ("engine", "weights", "prompt", "device"):
            if not isinstance(value := getattr(self, name), str):
                raise InputError(f"The {LABELS[name]} must be a text, not {value!r}.")
        for name in ("growth", "blend", "seed", "variation", "batch", "steps"):
            if name != "steps" or self.steps is not None:
                object.__setattr__(self, name, _whole(LABELS[name], getattr(self, name)))
        for name in ("guidance", "style_strength", "detail", "context"):
            object.__setattr__(self, name, _finite(LABELS[name], getattr(self, name)))
        for name, kind in (("mode", Mode), ("quality", Quality), ("scale", ScalePolicy)):
            object.__setattr__(self, name, _one_of(LABELS[name], kind, getattr(self, name)))

    def _check_windows(self) -> None:
        low, high = GROWTH_RANGE
        if not low <= self.growth <= high:
            raise InputError(f"The mask can be grown by {low} to {high} pixels, not {self.growth}.")
        if not 0 <= self.blend <= 64:
            raise InputError(f"The blend must be 0 to 64 pixels wide, not {self.blend}.")
        if not 0.0 < self.context <= 4.0:
            raise InputError(f"The context must be above 0 and at most 4, not {self.context}.")
        if not 0 <= self.batch <= MAX_BATCH:
            raise InputError(f"The batch must be 0 to {MAX_BATCH} windows, not {self.batch}.")
        if self.device not in ("auto", "cpu", "cuda"):
            raise InputError(f"The device is auto, cpu or cuda, not {self.device!r}.")

    def _check_sampling(self) -> None:
        if not 0 <= self.seed <= MAX_SEED:
            raise InputError(f"The seed must be a whole number from 0 to {MAX_SEED}, not {self.seed}.")
        if not 0 <= self.variation <= MAX_SEED:
            raise InputError(f"The variation must be 0 to {MAX_SEED}, not {self.variation}.")
        if self.steps is not None and not 1 <= self.steps <= 1000:
            raise InputError(f"The number of steps must be 1 to 1000, not {self.steps}.")
        if self.scheduler is not None and self.scheduler not in SCHEDULERS:
            raise InputError(f"The scheduler is one of {', '.join(SCHEDULERS)}, not {self.scheduler!r}.")
        if not 0.0 <= self.guidance <= MAX_GUIDANCE:
            raise InputError(f"The guidance must be 0 to {MAX_GUIDANCE:g}, not {self.guidance:g}.")
        if not 0.0 <= self.style_strength <= 4.0:
            raise InputError(f"The style strength must be 0 to 4, not {self.style_strength}.")
        if not 0.0 <= self.detail <= 1.0:
            raise InputError(f"The detail must be 0 to 1, not {self.detail}.")


def _whole(label: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise InputError(f"The {label} must be a whole number, not {value!r}.")
    return int(value)


def _finite(label: str, value: Any) -> float:
    number = math.nan
    if isinstance(value, Real) and not isinstance(value, bool):
        with suppress(OverflowError):
            number = float(value)
    if not math.isfinite(number):
        raise InputError(f"The {label} must be a finite number, not {str(value)[:40]}.")
    return number


def _one_of(label: str, kind: type[StrEnum], value: Any) -> StrEnum:
    try:
        return kind(value)
    except ValueError:
        names = ", ".join(kind)
        raise InputError(f"The {label} is one of {names}, not {str(value)!r}.") from None
