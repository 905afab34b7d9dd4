"""The one frozen request that holds everything affecting the pixels of a fill."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

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
        low, high = GROWTH_RANGE
        if not low <= self.growth <= high:
            raise InputError(f"The mask can be grown by {low} to {high} pixels, not {self.growth}.")
        if not 0 <= self.blend <= 64:
            raise InputError(f"The blend must be 0 to 64 pixels wide, not {self.blend}.")
        if not 0.0 < self.context <= 4.0:
            raise InputError(f"The context must be above 0 and at most 4, not {self.context}.")
        if not 0 <= self.seed <= MAX_SEED:
            raise InputError(f"The seed must be a whole number from 0 to {MAX_SEED}, not {self.seed}.")
        if self.steps is not None and not 1 <= self.steps <= 1000:
            raise InputError(f"The number of steps must be 1 to 1000, not {self.steps}.")
        if self.scheduler is not None and self.scheduler not in SCHEDULERS:
            raise InputError(f"The scheduler is one of {', '.join(SCHEDULERS)}, not {self.scheduler!r}.")
        if not 0.0 <= self.style_strength <= 4.0:
            raise InputError(f"The style strength must be 0 to 4, not {self.style_strength}.")
        if not 0.0 <= self.detail <= 1.0:
            raise InputError(f"The detail must be 0 to 1, not {self.detail}.")
        if self.variation < 0 or self.batch < 0:
            raise InputError("The variation and the batch can't be negative.")
        if self.device not in ("auto", "cpu", "cuda"):
            raise InputError(f"The device is auto, cpu or cuda, not {self.device!r}.")
