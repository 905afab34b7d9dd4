"""The Imagest engine: anisotropic spline, style-conditioned latent diffusion, texture of intact paint."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from threading import Lock

from imagest_core.models.library import find_model
from imagest_core.progress import Progress
from imagest_core.restoration.engines.base import Session
from imagest_core.restoration.engines.classical import ClassicalSession, SplineEngine
from imagest_core.restoration.request import Mode, Quality, RestorationRequest
from imagest_core.restoration.style_pictures import StylePictures

PRESETS: Mapping[Quality, tuple[str, int]] = {
    Quality.DRAFT: ("dpm++2m", 1),
    Quality.STANDARD: ("dpm++2m", 2),
    Quality.FINE: ("dpm++2m", 5),
}
"""Solver and steps of each quality, by measurement (docs/filling.md): more than five cost time and score
worse. The paper's are ``ddim`` and 30."""

ALWAYS = frozenset({"mode"})
TEXTURED = frozenset(
    {
        "weights",
        "quality",
        "batch",
        "device",
        "steps",
        "scheduler",
        "seed",
        "variation",
        "guidance",
        "style_strength",
        "detail",
    }
)
MODULES = ("torch", "imagest_core.models.imagest.backbone", "imagest_core.restoration.diffusion.session")
"""What preloading imports, in portions between which it can be cancelled."""
_preloading = Lock()


class ImagestEngine:
    """Style-conditioned latent diffusion (Hu et al., npj Heritage Science 2025), the embedded model."""

    name = "imagest"
    title = "Imagest"
    description = (
        "The style-conditioned diffusion network that ships with the program, on the GPU or on the CPU."
        " Faithful: from the surroundings alone, without the network; textured: with texture of intact paint."
    )
    window = 256
    largest = 512
    matches_boundary = True
    uses_style = True

    def heeds(self, request: RestorationRequest) -> frozenset[str]:
        """A faithful fill has no parameters; a textured one samples, by steps and a seed."""
        return ALWAYS | TEXTURED if request.mode is Mode.TEXTURED else ALWAYS

    def style_side(self, request: RestorationRequest) -> int:
        """Side in px of the style pictures that the model reads."""
        if request.mode is not Mode.TEXTURED:
            return 0
        from imagest_core.models.description import read_description

        return int(read_description(find_model(request.weights)).network["style"].get("side", 128))

    def preload(self, request: RestorationRequest, progress: Progress) -> None:
        """Import torch and the network's modules; one thread at a time, the others wait."""
        if request.mode is not Mode.TEXTURED:
            return
        with _preloading:
            for module in progress.steps(MODULES):
                import_module(module)

    def open(
        self, request: RestorationRequest, style: StylePictures | None, progress: Progress | None = None
    ) -> Session:
        """Load the network and condition it on the style; raises ``ModelError``, ``Cancelled``."""
        if request.mode is not Mode.TEXTURED:
            facts = {"filled_by": "an anisotropic spline alone", **SplineEngine.facts}
            return ClassicalSession(SplineEngine.solve, facts)
        from imagest_core.models.hardware import choose_hardware
        from imagest_core.models.imagest.backbone import load_backbone
        from imagest_core.restoration.diffusion.sampler import Solver
        from imagest_core.restoration.diffusion.session import DiffusionSession

        progress = progress or Progress()
        scheduler, steps = PRESETS[request.quality]
        solver = Solver(request.scheduler or scheduler, request.steps or steps)
        backbone = load_backbone(find_model(request.weights), choose_hardware(request.device), progress)
        progress.check()
        return DiffusionSession(backbone, request, solver, style)
