"""How Stable Diffusion is sampled where nothing is asked for: by quality, and by adapters for few steps."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from imagest_core.errors import InputError, ModelError
from imagest_core.models.few_steps import FewSteps, few_steps_of
from imagest_core.restoration.engines.adapters import chosen_adapters
from imagest_core.restoration.modes import DDIM, KARRAS, LCM, UNIPC, Quality

PRESETS: Mapping[Quality, str] = {Quality.DRAFT: UNIPC, Quality.STANDARD: KARRAS, Quality.FINE: DDIM}
"""Solver of each quality."""
STEPS: Mapping[str, int] = {UNIPC: 12, KARRAS: 20, DDIM: 30, LCM: 6}
"""Usual steps of each solver; those of DDIM are the paper's, those of LCM suit adapters for few steps."""
GUIDANCE = 7.5


@dataclass(frozen=True)
class Distilled:
    """What a kind of few-step adapter was made for: solver, steps of each quality, guidance."""

    scheduler: str
    steps: Mapping[Quality, int]
    guidance: float = 1.0


FEW: Mapping[Quality, int] = {Quality.DRAFT: 4, Quality.STANDARD: 6, Quality.FINE: 8}
WITH_GUIDANCE: Mapping[Quality, int] = {Quality.DRAFT: 8, Quality.STANDARD: 8, Quality.FINE: 12}
FEW_STEPS: Mapping[FewSteps, Distilled] = {
    FewSteps.LCM: Distilled(LCM, FEW),
    FewSteps.LIGHTNING: Distilled(DDIM, FEW),
    FewSteps.HYPER: Distilled(DDIM, FEW),
    FewSteps.HYPER_CFG: Distilled(DDIM, WITH_GUIDANCE, 5.0),
}
"""DDIM with our trailing timesteps is Euler's method with trailing spacing, which the authors of Lightning
and Hyper-SD ask for. Hyper-SD with CFG has files for 8 and for 12 steps, and guidance from 5 to 8."""


@dataclass(frozen=True)
class Preset:
    """How a fill is sampled: what was asked for, else what model and adapters need.

    ``few_steps``: the kind of few-step adapter that decided, if any.
    """

    scheduler: str
    steps: int
    guidance: float
    few_steps: FewSteps | None = None


def preset_of(parameters: Any) -> Preset:
    """Return how the parameters of an engine for Stable Diffusion are sampled.

    Raises ``ModelError`` for unknown adapters, ``InputError`` if their list can't be read.
    """
    kinds = [few_steps_of(model.identity) for choice, model in chosen_adapters(parameters) if choice.weight]
    few = next((kind for kind in kinds if kind is not None), None)
    distilled = FEW_STEPS[few] if few else None
    scheduler = parameters.scheduler or (distilled.scheduler if distilled else PRESETS[parameters.quality])
    steps = distilled.steps[parameters.quality] if distilled else STEPS[scheduler]
    guidance = distilled.guidance if distilled else GUIDANCE
    if parameters.guidance is not None:
        guidance = parameters.guidance
    return Preset(scheduler, parameters.steps or steps, guidance, few)


def guided(parameters: Any) -> bool:
    """Whether a negative prompt has an effect: there is a prompt, and the guidance isn't 1."""
    return bool(parameters.prompt) and usual_guidance(parameters) != 1


def usual_guidance(parameters: Any) -> float | None:
    """Return the guidance that was asked for, else that of the preset; None with unknown adapters."""
    with suppress(ModelError, InputError):
        return preset_of(parameters).guidance
    return None
