"""Inpainting pipelines of diffusers other than Stable Diffusion 1, 2 and XL: SD 3, FLUX Fill, Qwen-Image, ….

They run on their own loop, one window at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from imagest_core.errors import ModelError
from imagest_core.extras import require_extra
from imagest_core.models.backbone import Capability
from imagest_core.models.identity import Family, Identity, ModelKind
from imagest_core.models.inpainting_classes import KNOWN, InpaintingClass, inpainting_class
from imagest_core.models.installed import InstalledModel
from imagest_core.progress import Progress
from imagest_core.restoration import parameters as base
from imagest_core.restoration.engines.added_model import AddedModelEngine, GenerativeParameters
from imagest_core.restoration.engines.base import Session, WindowSides
from imagest_core.restoration.parameters import parameter
from imagest_core.restoration.request import RestorationRequest

if TYPE_CHECKING:
    from imagest_core.restoration.style_pictures import StylePictures

OTHER_ENGINE = (Family.SD1, Family.SD2, Family.SDXL)
"""Families that the engine stable-diffusion runs, faster and with adapters."""
ALL = frozenset({Capability.TEXT, Capability.NEGATIVE_TEXT, Capability.STRENGTH, Capability.GUIDANCE})
SIDE = 1024
"""Side in px of the windows of models that don't state another: about one megapixel."""
MULTIPLE = 16
WORKING_BYTES = 3 << 30
"""Working memory of one window of a megapixel on a GPU."""
MODULES = (
    "imagest_core.models.hardware",
    "imagest_core.restoration.diffusion.generative",
    "diffusers",
    "transformers",
    "imagest_core.restoration.diffusion.pipeline_session",
)
"""What preloading imports, torch first. It can be cancelled between them."""


@dataclass(frozen=True)
class PipelineParameters(GenerativeParameters):
    """What a pipeline can be asked for."""

    steps: int | None = parameter(
        None, label="Steps", help="Sampling steps.", low=1, high=1000, automatic="by the model"
    )
    guidance: float | None = parameter(
        None,
        label="Text strength",
        help="Guidance scale of the model.",
        low=1.0,
        high=100.0,
        soft_high=30.0,
        step=0.5,
        automatic="as the model's makers chose",
        requires=Capability.GUIDANCE,
        portable=False,
    )


def own(request: RestorationRequest) -> PipelineParameters:
    """Return the engine's parameters in ``request``; the defaults in a request for another engine."""
    found = request.parameters
    return found if isinstance(found, PipelineParameters) else PipelineParameters()


class PipelineEngine(AddedModelEngine):
    """The engine ``pipeline``."""

    name = "pipeline"
    title = "Other diffusion models"
    description = (
        "Runs Stable Diffusion 3, FLUX Fill, Qwen-Image and other inpainting models of yours."
        " They need a GPU with much memory."
    )
    Parameters: type[base.Parameters] = PipelineParameters
    modules = MODULES

    def adapters(self, parameters: base.Parameters) -> list[InstalledModel]:
        """No adapters."""
        return []

    def memory(self, request: RestorationRequest) -> int:
        """Return the size of the weights in half precision and the working memory of one window."""
        return self.model_of(request.parameters).size + WORKING_BYTES

    def runs(self, identity: Identity) -> bool:
        """Whether this engine runs such a model, without looking into diffusers."""
        name = identity.pipeline_class
        named = name in KNOWN or "Inpaint" in name
        return self.accepts(identity) and named

    def accepts(self, identity: Identity) -> bool:
        """Whether the model is a pipeline in a folder that no other engine runs."""
        pipeline = identity.kind is ModelKind.PIPELINE and identity.layout == "folder"
        return pipeline and identity.family not in OTHER_ENGINE

    def class_of(self, parameters: base.Parameters) -> InpaintingClass:
        """Return the class that runs the model; raises ``ModelError`` where there is none."""
        model = self.model_of(parameters)
        if model.identity.pipeline_class not in KNOWN:
            require_extra("diffusion", "The engine pipeline")
        return inpainting_class(model.identity.pipeline_class)

    # What requests use

    def check_model(self, parameters: base.Parameters) -> None:
        """Raise ``ModelError`` unless the model exists and can fill holes."""
        self.class_of(parameters)

    def window_sides(self, request: RestorationRequest) -> WindowSides:
        """Return the sides that the model was trained for, or less."""
        return sides_of(self.model_of(request.parameters).identity)

    def capabilities(self, parameters: base.Parameters) -> frozenset[Capability]:
        """Text, and what the call of the pipeline takes; everything while there is no model."""
        try:
            return self.class_of(parameters).capabilities
        except ModelError:  # check_model reports it
            return ALL

    def shared_parameters(self, request: RestorationRequest) -> frozenset[str]:
        """Return those that samples depend on; windows are computed one at a time."""
        return frozenset({"seed", "variation", "device"})

    def uses_style(self, request: RestorationRequest) -> bool:
        """Where the finest bands come from a reference."""
        return bool(own(request).detail)

    def style_side(self, request: RestorationRequest) -> int:
        """No pictures are read."""
        return 0

    def open(
        self, request: RestorationRequest, style: StylePictures | None, progress: Progress | None = None
    ) -> Session:
        """Load the model; raises ``ModelError``, ``InputError``, ``Cancelled``."""
        require_extra("diffusion", "The engine pipeline")
        from imagest_core.models.hardware import choose_hardware
        from imagest_core.models.loaded_pipeline import load_pipeline
        from imagest_core.restoration.diffusion.pipeline_session import PipelineSession, PipelineSettings

        parameters, progress = own(request), progress or Progress()
        model, kind = self.model_of(parameters), self.class_of(parameters)
        loaded = load_pipeline(model, kind, choose_hardware(request.device), progress)
        progress.check()
        settings = PipelineSettings(
            prompt=parameters.prompt,
            negative_prompt=parameters.negative_prompt,
            steps=parameters.steps,
            guidance=parameters.guidance,
            strength=parameters.strength,
            detail=parameters.detail,
        )
        return PipelineSession(loaded, request, settings, style)


def sides_of(identity: Identity) -> WindowSides:
    """Return the window sides of a model: up to a megapixel, and a quarter more for large holes."""
    side = min(SIDE, int(identity.details.get("image_size", SIDE)) or SIDE)
    return WindowSides(side, (side + side // 4) // MULTIPLE * MULTIPLE)
