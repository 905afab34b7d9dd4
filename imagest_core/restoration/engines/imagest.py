"""The Imagest engine: anisotropic spline, style-conditioned latent diffusion, texture of intact paint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from threading import Lock
from typing import TYPE_CHECKING

from imagest_core.errors import InputError
from imagest_core.models.backbone import Capability
from imagest_core.models.identity import ModelKind
from imagest_core.models.installed import InstalledModel, find_model, installed_models
from imagest_core.models.runtime import ONNX, TORCH, choose_runtime, is_installed
from imagest_core.models.studies import IMAGEST, check_study, find_study
from imagest_core.progress import Progress
from imagest_core.restoration import parameters as base
from imagest_core.restoration.engines.base import Session, WindowSides
from imagest_core.restoration.engines.classical import ClassicalSession, SplineEngine
from imagest_core.restoration.modes import DDIM, MULTISTEP, Mode, Quality
from imagest_core.restoration.parameters import Choice, parameter
from imagest_core.restoration.request import RestorationRequest

if TYPE_CHECKING:
    from imagest_core.models.backbone import Backbone
    from imagest_core.restoration.style_pictures import StylePictures

PRESETS: Mapping[Quality, tuple[str, int]] = {
    Quality.DRAFT: (MULTISTEP, 1),
    Quality.STANDARD: (MULTISTEP, 1),
    Quality.FINE: (MULTISTEP, 5),
}
"""Solver and steps of each quality, by measurement (docs/filling.md): more than five cost time and score
worse. The paper's are ``ddim`` and 30."""

SAMPLE_SCALE = 4
"""Windows are sampled at a quarter of their size: texture replaces what is finer than 4.5 px anyway."""
MODULES = {
    TORCH: (
        "imagest_core.models.hardware",
        "imagest_core.models.imagest.backbone",
        "imagest_core.restoration.diffusion.textured",
    ),
    ONNX: ("onnxruntime", "imagest_core.models.onnx.backbone", "imagest_core.restoration.diffusion.textured"),
}
"""What preloading imports for each runtime, the slowest first. It can be cancelled between them."""
_preloading = Lock()


def _textured(parameters: ImagestParameters) -> bool:
    return parameters.mode is Mode.TEXTURED


def _prompted(parameters: ImagestParameters) -> bool:
    return bool(parameters.prompt)


@dataclass(frozen=True)
class ImagestParameters(base.Parameters):
    """What the Imagest engine can be asked for."""

    model: str = parameter(
        "",
        label="Model",
        help="Name or folder of the weights.",
        metavar="NAME|DIR",
        portable=False,
        applies=_textured,
        basic=True,
    )
    mode: Mode = parameter(
        Mode.TEXTURED,
        label="Mode",
        help="What a fill aims for.",
        basic=True,
        choices=(
            Choice(Mode.FAITHFUL, "Faithful", "Closest to what is known; smooth where nothing is"),
            Choice(Mode.TEXTURED, "Textured", "Continues the texture of the style reference"),
        ),
    )
    quality: Quality = parameter(
        Quality.STANDARD,
        label="Quality",
        help="Preset of sampling steps and texture search.",
        resets=("steps", "scheduler"),
        applies=_textured,
        basic=True,
        choices=(
            Choice(Quality.DRAFT, "Draft", "Least texture search: to see where it goes"),
            Choice(Quality.STANDARD, "Standard", "For most work"),
            Choice(Quality.FINE, "Fine", "Most steps and texture search: for the last run"),
        ),
    )
    steps: int | None = parameter(
        None,
        label="Steps",
        help="Sampling steps.",
        low=1,
        high=1000,
        automatic="by quality",
        applies=_textured,
    )
    scheduler: str | None = parameter(
        None,
        label="Sampling method",
        help="Solver of the sampling (scheduler).",
        automatic="by quality",
        applies=_textured,
        choices=(Choice(MULTISTEP, "DPM-Solver++, for few steps"), Choice(DDIM, "DDIM, the paper's")),
    )
    style_strength: float = parameter(
        1.0,
        label="Style strength",
        help="Weight of the style reference; a reference that you choose also changes colours.",
        low=0.0,
        high=4.0,
        soft_high=2.0,
        step=0.05,
        requires=Capability.STYLE,
        applies=_textured,
    )
    guidance: float = parameter(
        1.0,
        label="Style emphasis",
        help="Exaggeration of the style (guidance scale); values other than 1 take twice as long.",
        low=0.0,
        high=20.0,
        soft_high=5.0,
        step=0.05,
        requires=Capability.STYLE,
        applies=_textured,
    )
    detail: float = parameter(
        0.9,
        label="Detail",
        help="Share of the texture of intact paint that a fill takes.",
        low=0.0,
        high=1.0,
        step=0.05,
        applies=_textured,
    )
    prompt: str = parameter(
        "",
        label="Prompt",
        help="What is lost, in words.",
        requires=Capability.TEXT,
        applies=_prompted,
    )
    study: str = base.study_parameter(applies=_textured)


def own(request: RestorationRequest) -> ImagestParameters:
    """Return the engine's parameters in ``request``; the defaults in a request for another engine."""
    found = request.parameters
    return found if isinstance(found, ImagestParameters) else ImagestParameters()


def _load_backbone(request: RestorationRequest, progress: Progress) -> Backbone:
    """Load the network into the runtime that ``request`` asks for.

    Raises ``ModelError``, ``InputError`` and ``Cancelled``.
    """
    parameters = own(request)
    folder = find_model(parameters.model)
    study = find_study(parameters.study) if parameters.study else None
    if choose_runtime(request.runtime) == ONNX:
        from imagest_core.models.onnx.backbone import load_onnx_backbone

        if study is not None:
            if request.runtime == ONNX and is_installed(TORCH):
                raise InputError("A study of a painting needs PyTorch: leave out --runtime onnx.")
            raise InputError("A study of a painting needs PyTorch: leave out the study, or install PyTorch.")
        return load_onnx_backbone(folder, request.device, progress)
    from imagest_core.models.hardware import choose_hardware
    from imagest_core.models.imagest.backbone import load_backbone

    return load_backbone(folder, choose_hardware(request.device), progress, study)


class ImagestEngine:
    """Style-conditioned latent diffusion (Hu et al., npj Heritage Science 2025), the embedded model."""

    name = "imagest"
    title = "Imagest"
    description = (
        "The style-conditioned diffusion network that ships with the program, on the GPU or on the CPU."
        " Faithful: from the surroundings alone, without the network; textured: with texture of intact paint."
    )
    Parameters = ImagestParameters
    window = 256
    largest = 512
    matches_boundary = True

    def models(self) -> Sequence[InstalledModel]:
        """Return the checkpoints of the Imagest network, the embedded one first."""
        return installed_models(kinds=(ModelKind.IMAGEST,))

    def adapters(self, parameters: base.Parameters) -> Sequence[InstalledModel]:
        """No adapters."""
        return ()

    def memory(self, request: RestorationRequest) -> int:
        """Negligible beside what the program needs anyway."""
        return 0

    def check_model(self, parameters: base.Parameters) -> None:
        """Raise ``ModelError`` unless the model exists and has a valid description, and the study fits it."""
        if not isinstance(parameters, ImagestParameters) or not (parameters.model or parameters.study):
            return
        from imagest_core.models.description import read_description

        description = read_description(find_model(parameters.model))
        if parameters.study:
            study = find_study(parameters.study)
            check_study(study, IMAGEST, description.name, description.weights_hash)

    def window_sides(self, request: RestorationRequest) -> WindowSides:
        """Return the sides of its working windows."""
        return WindowSides(self.window, self.largest)

    def capabilities(self, parameters: base.Parameters) -> frozenset[Capability]:
        """Style alone: no text encoder goes with the network."""
        return frozenset({Capability.STYLE})

    def shared_parameters(self, request: RestorationRequest) -> frozenset[str]:
        """Return those a textured fill depends on; a faithful one is certain."""
        return frozenset(
            {"seed", "variation", "batch", "device", "runtime"} if _textured(own(request)) else ()
        )

    def uses_style(self, request: RestorationRequest) -> bool:
        """Textured fills do."""
        return _textured(own(request))

    def uses_paint(self, request: RestorationRequest) -> bool:
        """Textured fills do."""
        return self.uses_style(request)

    def style_side(self, request: RestorationRequest) -> int:
        """Side in px of the style pictures that the model reads."""
        if not self.uses_style(request):
            return 0
        from imagest_core.models.description import read_description

        return int(read_description(find_model(own(request).model)).network["style"].get("side", 128))

    def preload(self, request: RestorationRequest, progress: Progress) -> None:
        """Import the runtime and load the network; one thread at a time, the others wait."""
        if not _textured(own(request)):
            return
        with _preloading:
            for module in progress.steps(MODULES[choose_runtime(request.runtime)]):
                import_module(module)
            _load_backbone(request, progress)

    def open(
        self, request: RestorationRequest, style: StylePictures | None, progress: Progress | None = None
    ) -> Session:
        """Load the network and condition it on the style; raises ``ModelError``, ``Cancelled``."""
        parameters = own(request)
        if not _textured(parameters):
            facts = {"filled_by": "an anisotropic spline alone", **SplineEngine.facts}
            return ClassicalSession(SplineEngine.solve, facts)
        from imagest_core.restoration.diffusion.solvers import Solver
        from imagest_core.restoration.diffusion.textured import TexturedSession, TexturedSettings

        progress = progress or Progress()
        scheduler, steps = PRESETS[parameters.quality]
        solver = Solver(parameters.scheduler or scheduler, parameters.steps or steps)
        backbone = _load_backbone(request, progress)
        progress.check()
        settings = TexturedSettings(
            solver,
            quality=parameters.quality,
            guidance=parameters.guidance,
            style_strength=parameters.style_strength,
            detail=parameters.detail,
            scale=SAMPLE_SCALE if parameters.detail else 1,
        )
        return TexturedSession(backbone, request, settings, style)
