"""Stable Diffusion 1.x, 2.x and XL: large losses filled from text and style, on the program's own loop."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from imagest_core.errors import InputError, ModelError
from imagest_core.extras import require_extra
from imagest_core.messages import Message
from imagest_core.models.adapter_choice import AdapterChoice
from imagest_core.models.backbone import Capability
from imagest_core.models.identity import Family, Identity, ModelKind, fits
from imagest_core.models.installed import InstalledModel, installed_models
from imagest_core.models.runtime import ONNX, TORCH, is_installed
from imagest_core.models.stable_diffusion.prompts import MAX_PROMPT
from imagest_core.models.studies import STABLE_DIFFUSION, Study, check_study, find_study
from imagest_core.progress import Progress
from imagest_core.restoration import parameters as base
from imagest_core.restoration.engines.adapters import (
    ADAPTERS,
    WEIGHTED,
    check_adapter,
    check_one_autoencoder,
    check_unadapted,
    chosen_adapters,
)
from imagest_core.restoration.engines.added_model import (
    KINDS,
    AddedModelEngine,
    GenerativeParameters,
    prompted,
)
from imagest_core.restoration.engines.base import Session, WindowSides
from imagest_core.restoration.engines.presets import Preset, guided, preset_of, usual_guidance
from imagest_core.restoration.modes import DDIM, KARRAS, LCM, UNIPC, Quality
from imagest_core.restoration.parameters import Choice, parameter
from imagest_core.restoration.request import RestorationRequest

if TYPE_CHECKING:
    from imagest_core.arrays import Image
    from imagest_core.models.backbone import Backbone
    from imagest_core.models.stable_diffusion.backbone import LoadOptions
    from imagest_core.restoration.diffusion.synthesis import Synthesizer
    from imagest_core.restoration.style_pictures import StylePictures

FAMILIES = (Family.SD1, Family.SD2, Family.SDXL)
SIDES = {
    Family.SD1: (512, 768),
    Family.SD2: (512, 768),
    Family.SDXL: (1024, 1280),
}
CANVAS_SIDE = 2560
"""Limits the side in px of a canvas on which windows are denoised together, and so the memory."""
MAX_JOINED = 4
"""Windows along each side of a canvas at most."""
LATENT_FACTOR = 8
STYLE_SIDE = 224
BYTES_PER_PIXEL = 6 << 10
"""Working memory of a window on a GPU, most of it in the decoder."""
GENERATIVE = frozenset({Capability.TEXT, Capability.NEGATIVE_TEXT, Capability.STRENGTH})
MODULES = (
    "imagest_core.models.hardware",
    "imagest_core.restoration.diffusion.generative",
    "diffusers",
    "transformers",
    "imagest_core.models.stable_diffusion.backbone",
)
"""What preloading imports, torch first. It can be cancelled between them."""
ONNX_MODULES = (
    "onnxruntime",
    "imagest_core.restoration.diffusion.generative",
    "imagest_core.models.onnx.diffusion",
)
"""The same for a model that consists of ONNX graphs."""


def _styled(parameters: StableDiffusionParameters) -> bool:
    return bool(parameters.adapters)


@dataclass(frozen=True)
class StableDiffusionParameters(GenerativeParameters):
    """What Stable Diffusion can be asked for."""

    quality: Quality = parameter(
        Quality.STANDARD,
        label="Quality",
        help="Preset of solver and sampling steps.",
        resets=("steps", "scheduler"),
        basic=True,
        choices=(
            Choice(Quality.DRAFT, "Draft", "UniPC, 12 steps"),
            Choice(Quality.STANDARD, "Standard", "DPM-Solver++ with Karras levels, 20 steps"),
            Choice(Quality.FINE, "Fine", "DDIM, 30 steps, as in the paper"),
        ),
    )
    steps: int | None = parameter(
        None, label="Steps", help="Sampling steps.", low=1, high=1000, automatic="by method and adapters"
    )
    scheduler: str | None = parameter(
        None,
        label="Sampling method",
        help="Solver of the sampling (scheduler).",
        automatic="by quality and adapters",
        choices=(
            Choice(UNIPC, "UniPC"),
            Choice(KARRAS, "DPM-Solver++ with Karras levels"),
            Choice(DDIM, "DDIM, the paper's"),
            Choice(LCM, "LCM, for few-step adapters"),
        ),
    )
    negative_prompt: str = parameter(
        "",
        label="Negative prompt",
        help="What the fill must not show.",
        requires=Capability.NEGATIVE_TEXT,
        applies=guided,
        longest=MAX_PROMPT,
        editor="prompt",
        basic=True,
    )
    guidance: float | None = parameter(
        None,
        label="Text strength",
        help="Guidance scale; without a prompt there is no guidance, which halves the time.",
        low=1.0,
        high=20.0,
        step=0.5,
        automatic="7.5; 1 with an adapter for few steps",
        usual=usual_guidance,
        requires=Capability.TEXT,
        applies=prompted,
    )
    adapters: str = parameter(
        "",
        label="Adapters",
        help="Names of installed adapters with weights, as NAME:0.8, OTHER.",
        metavar="NAME[:WEIGHT],…",
        requires=Capability.ADAPTERS,
        editor="adapters",
    )
    style_strength: float = parameter(
        1.0,
        label="Style strength",
        help="Weight of the style reference, which an IP-Adapter or a style branch reads.",
        low=0.0,
        high=4.0,
        soft_high=2.0,
        step=0.05,
        requires=Capability.STYLE,
        applies=_styled,
    )
    compiled: bool = parameter(
        False, label="Compiled", help="Compile the network on a GPU: minutes once, then faster."
    )
    study: str = base.study_parameter(requires=Capability.ADAPTERS)


def own(request: RestorationRequest) -> StableDiffusionParameters:
    """Return the engine's parameters in ``request``; the defaults in a request for another engine."""
    found = request.parameters
    return found if isinstance(found, StableDiffusionParameters) else StableDiffusionParameters()


class StableDiffusionEngine(AddedModelEngine):
    """Stable Diffusion (Rombach et al., CVPR 2022) from the user's model library."""

    name = "stable-diffusion"
    title = "Stable Diffusion"
    description = (
        "Continues figures and scenes that the surroundings don't determine, from text and style."
        " Needs a model of yours, and a GPU for more than a try."
    )
    Parameters: type[base.Parameters] = StableDiffusionParameters
    modules = MODULES

    # The model

    def adapters(self, parameters: base.Parameters) -> list[InstalledModel]:
        """Return the installed adapters that fit the model of ``parameters``."""
        identity = self.model_of(parameters).identity
        if identity.kind is ModelKind.ONNX_PIPELINE:
            return []
        return [adapter for adapter in installed_models(kinds=ADAPTERS) if fits(adapter.identity, identity)]

    def memory(self, request: RestorationRequest) -> int:
        """Return the size of the weights in half precision and the working memory of one window."""
        model = self.model_of(request.parameters)
        weights = sum(each.size for each in (model, *(a for _, a in self.adapters_of(request.parameters))))
        return weights + sides_of(model.identity).usual ** 2 * BYTES_PER_PIXEL

    def runs(self, identity: Identity) -> bool:
        """Whether this engine runs such a model."""
        return identity.kind in KINDS and identity.family in FAMILIES

    def models(self) -> list[InstalledModel]:
        """Return the installed models; without torch those first that run without it."""
        return sorted(super().models(), key=lambda model: not _is_exported(model) and not is_installed(TORCH))

    def runtime_of(self, parameters: base.Parameters) -> str:
        """Return ``onnx`` for a model that consists of ONNX graphs."""
        with suppress(ModelError):
            return ONNX if _is_exported(self.model_of(parameters)) else TORCH
        return TORCH

    def adapters_of(self, parameters: base.Parameters) -> list[tuple[AdapterChoice, InstalledModel]]:
        """Return the chosen adapters; raises ``ModelError`` and ``InputError``."""
        return chosen_adapters(parameters)

    def preset(self, parameters: base.Parameters) -> Preset:
        """Return how ``parameters`` are sampled; raises ``ModelError`` for unknown adapters."""
        return preset_of(parameters)

    # What requests use

    def check_model(self, parameters: base.Parameters) -> None:
        """Raise ``ModelError`` unless the model, its adapters and the study exist and fit."""
        model = self.model_of(parameters)
        if _is_exported(model):
            check_unadapted(parameters)
        adapters = self.adapters_of(parameters)
        for _, adapter in adapters:
            check_adapter(adapter, model)
        check_one_autoencoder(adapters)
        if study := study_of(parameters):
            check_study(study, STABLE_DIFFUSION, model.name)  # the weights are compared when they are loaded

    def window_sides(self, request: RestorationRequest) -> WindowSides:
        """Return the sides the model was trained for."""
        return sides_of(self.model_of(request.parameters).identity)

    def capabilities(self, parameters: base.Parameters) -> frozenset[Capability]:
        """Text and adapters; style with an IP-Adapter. Unknown adapters are left to :meth:`check_model`."""
        kinds: set[ModelKind] = set()
        with suppress(ModelError, InputError):
            kinds = {model.identity.kind for _, model in self.adapters_of(parameters)}
        style = {Capability.STYLE} if ModelKind.IP_ADAPTER in kinds else set()
        if self.runtime_of(parameters) == ONNX:
            return GENERATIVE
        return GENERATIVE | {Capability.ADAPTERS} | style

    def shared_parameters(self, request: RestorationRequest) -> frozenset[str]:
        """Return those that samples depend on."""
        return frozenset({"seed", "variation", "batch", "device"})

    def uses_style(self, request: RestorationRequest) -> bool:
        """With an IP-Adapter, or where the finest bands come from a reference."""
        parameters = own(request)
        styled = Capability.STYLE in self.capabilities(parameters) and parameters.style_strength > 0
        return styled or bool(parameters.detail)

    def style_side(self, request: RestorationRequest) -> int:
        """Side in px of the pictures that an IP-Adapter reads."""
        return self.style_side_of(request.parameters)

    def style_side_of(self, parameters: base.Parameters) -> int:
        """Side in px of the pictures that an IP-Adapter reads; 0 if the model reads none."""
        return STYLE_SIDE if Capability.STYLE in self.capabilities(parameters) else 0

    def open(
        self, request: RestorationRequest, style: StylePictures | None, progress: Progress | None = None
    ) -> Session:
        """Load the model and encode text and style; raises ``ModelError``, ``InputError``, ``Cancelled``."""
        backbone = self._backbone(own(request), request.device, progress or Progress())
        from imagest_core.restoration.diffusion.generative import GenerativeSession, GenerativeSettings
        from imagest_core.restoration.diffusion.solvers import Solver

        parameters, progress = own(request), progress or Progress()
        progress.check()
        preset = self.preset(parameters)
        settings = GenerativeSettings(
            Solver(preset.scheduler, preset.steps),
            quality=parameters.quality,
            prompt=parameters.prompt,
            negative_prompt=parameters.negative_prompt,
            guidance=preset.guidance,
            style_strength=parameters.style_strength,
            strength=parameters.strength,
            detail=parameters.detail,
            few_steps=str(preset.few_steps or ""),
        )
        return GenerativeSession(backbone, request, settings, style)

    def _backbone(self, parameters: StableDiffusionParameters, device: str, progress: Progress) -> Backbone:
        """Load the model; raises ``ModelError``, ``InputError`` and ``Cancelled``."""
        model = self.model_of(parameters)
        if _is_exported(model):
            from imagest_core.models.onnx.diffusion import load_onnx_diffusion

            check_unadapted(parameters)
            return load_onnx_diffusion(model, device, progress)
        require_extra("diffusion", "Stable Diffusion")
        from imagest_core.models.hardware import choose_hardware
        from imagest_core.models.stable_diffusion.backbone import load_backbone

        options = self._load_options(parameters, progress)
        return load_backbone(model, choose_hardware(device), options, progress)

    def preload(self, request: RestorationRequest, progress: Progress) -> None:
        """Import what runs the model; one thread at a time, the others wait."""
        if self.runtime_of(request.parameters) == ONNX:
            self._import(ONNX_MODULES, progress)
        else:
            super().preload(request, progress)

    def open_synthesis(
        self, parameters: base.Parameters, device: str, style: Image | None, progress: Progress
    ) -> Synthesizer:
        """Load the model for synthesis from text and style pictures (k, side, side, 3)."""
        require_extra("diffusion", "Stable Diffusion")
        from imagest_core.models.backbone import ConditionInputs
        from imagest_core.restoration.diffusion.solvers import Solver
        from imagest_core.restoration.diffusion.synthesis import Synthesizer

        assert isinstance(parameters, StableDiffusionParameters)
        if self.runtime_of(parameters) == ONNX:
            raise InputError(
                Message(
                    "A model of ONNX graphs can't synthesize pictures: choose the model that it was exported"
                    " from."
                )
            )
        backbone = self._backbone(parameters, device, progress)
        preset = self.preset(parameters)
        inputs = ConditionInputs(
            style,
            parameters.style_strength,
            parameters.prompt,
            parameters.negative_prompt,
            preset.guidance,
        )
        return Synthesizer(backbone, Solver(preset.scheduler, preset.steps), inputs)

    def _load_options(self, parameters: StableDiffusionParameters, progress: Progress) -> LoadOptions:
        from imagest_core.models.stable_diffusion.adapters import LoadedAdapter
        from imagest_core.models.stable_diffusion.backbone import LoadOptions
        from imagest_core.models.weights_hash import weights_hash

        adapters = tuple(
            LoadedAdapter(
                model.name,
                model.path,
                model.identity,
                choice.weight if model.identity.kind in WEIGHTED else 1.0,
                weights_hash(model, progress),
            )
            for choice, model in self.adapters_of(parameters)
            if choice.weight or model.identity.kind in WEIGHTED
        )
        return LoadOptions(adapters, compiled=parameters.compiled, study=study_of(parameters))


def study_of(parameters: base.Parameters) -> Study | None:
    """Return the chosen study; raises :class:`ModelError` if there is no such study."""
    name = str(getattr(parameters, "study", ""))
    return find_study(name) if name else None


def _is_exported(model: InstalledModel) -> bool:
    return model.identity.kind is ModelKind.ONNX_PIPELINE


def sides_of(identity: Identity) -> WindowSides:
    """Return the window sides of a model: those it was trained with, and a half more for large holes."""
    side = int(identity.details.get("sample_size", 0)) * LATENT_FACTOR
    usual, largest = (side, side + side // 2) if side else SIDES[identity.family]
    return WindowSides(usual, largest, max(1, min(MAX_JOINED, CANVAS_SIDE // largest)))
