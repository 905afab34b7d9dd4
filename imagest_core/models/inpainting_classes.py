"""The inpainting class of each pipeline of diffusers, and what it takes.

Only classes that aren't listed here are looked up in diffusers, which imports torch.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from imagest_core.errors import ModelError
from imagest_core.messages import Message
from imagest_core.models.backbone import Capability

NEEDED = frozenset(
    {
        "prompt",
        "image",
        "mask_image",
        "height",
        "width",
        "num_inference_steps",
        "generator",
        "output_type",
        "callback_on_step_end",
    }
)
"""Parameters without which a class can't fill a hole, be repeated, or be cancelled."""
REFUSED = ("control_image", "controlnet", "source_prompt")
"""Parameters of classes that need more than a picture and a mask."""


@dataclass(frozen=True)
class InpaintingClass:
    """A pipeline class of diffusers and the parameters of its call that the engine uses."""

    name: str
    takes: frozenset[str]

    @property
    def capabilities(self) -> frozenset[Capability]:
        """Return what the engine's parameters may ask of it."""
        found = {Capability.TEXT}
        for parameter, capability in _CAPABILITIES.items():
            if parameter in self.takes:
                found.add(capability)
        return frozenset(found)


OPTIONAL = ("negative_prompt", "strength", "guidance_scale", "true_cfg_scale")
_CAPABILITIES = {
    "negative_prompt": Capability.NEGATIVE_TEXT,
    "strength": Capability.STRENGTH,
    "guidance_scale": Capability.GUIDANCE,
    "true_cfg_scale": Capability.GUIDANCE,
}
_TEXTS = frozenset({"negative_prompt", "strength", "guidance_scale"})
_FLUX = frozenset({"strength", "guidance_scale"})
KNOWN: Mapping[str, InpaintingClass] = {
    **dict.fromkeys(
        ("StableDiffusion3Pipeline", "StableDiffusion3Img2ImgPipeline", "StableDiffusion3InpaintPipeline"),
        InpaintingClass("StableDiffusion3InpaintPipeline", _TEXTS),
    ),
    "FluxFillPipeline": InpaintingClass("FluxFillPipeline", _FLUX),
    **dict.fromkeys(
        ("FluxPipeline", "FluxImg2ImgPipeline", "FluxInpaintPipeline"),
        InpaintingClass("FluxInpaintPipeline", frozenset(OPTIONAL)),
    ),
    **dict.fromkeys(
        ("QwenImagePipeline", "QwenImageInpaintPipeline"),
        InpaintingClass("QwenImageInpaintPipeline", frozenset(OPTIONAL)),
    ),
    **dict.fromkeys(
        ("ZImagePipeline", "ZImageInpaintPipeline"), InpaintingClass("ZImageInpaintPipeline", _TEXTS)
    ),
}
"""Class in ``model_index.json`` → its inpainting class; others are looked up in diffusers."""


def inpainting_class(name: str) -> InpaintingClass:
    """Return the class that fills holes with the model of the pipeline class ``name``.

    Imports diffusers for classes that aren't in :data:`KNOWN`. Raises :class:`ModelError` if there is none.
    """
    return KNOWN[name] if name in KNOWN else looked_up(name)


@cache
def looked_up(name: str) -> InpaintingClass:
    """Look a class up in diffusers: the class itself, that of AutoPipeline, or the one named alike."""
    diffusers = import_module("diffusers")
    for candidate in (name, _of_auto_pipeline(name), name.replace("Pipeline", "InpaintPipeline")):
        found = getattr(diffusers, candidate, None) if candidate.endswith("Pipeline") else None
        if isinstance(found, type) and (takes := _parameters(found)):
            return InpaintingClass(candidate, takes & frozenset(OPTIONAL))
    raise ModelError(
        Message(
            "The model is a {name}, which can't fill holes; choose a model for inpainting.",
            name=name[:80] or "pipeline without a name",
        )
    )


def _of_auto_pipeline(name: str) -> str:
    """Return the inpainting class that diffusers' ``AutoPipelineForInpainting`` knows for ``name``, or ""."""
    auto = import_module("diffusers.pipelines.auto_pipeline")
    families = [
        family
        for mapping in (auto.AUTO_TEXT2IMAGE_PIPELINES_MAPPING, auto.AUTO_IMAGE2IMAGE_PIPELINES_MAPPING)
        for family, found in mapping.items()
        if found.__name__ == name
    ]
    found: Any = next(
        (
            auto.AUTO_INPAINT_PIPELINES_MAPPING[f]
            for f in families
            if f in auto.AUTO_INPAINT_PIPELINES_MAPPING
        ),
        None,
    )
    return found.__name__ if found is not None else ""


def _parameters(pipeline: type) -> frozenset[str]:
    """Return the parameters of a class that can fill holes; empty for others."""
    names = frozenset(inspect.signature(pipeline.__call__).parameters)
    return names if names >= NEEDED and not names & frozenset(REFUSED) else frozenset()
