"""The Imagest network as an engine: harmonic pre-fill, latent diffusion, mask-conditioned decoding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Self

from imagest_core.models.library import find_model
from imagest_core.painting.reader import Painting
from imagest_core.progress import Progress
from imagest_core.restoration.engines.base import WindowFill
from imagest_core.restoration.planning.window import WindowView
from imagest_core.restoration.request import Mode, Quality, RestorationRequest
from imagest_core.style.reference import StyleReference

if TYPE_CHECKING:
    from imagest_core.restoration.diffusion.session import NetworkFilling

PRESETS: Mapping[Quality, tuple[str, int]] = {
    Quality.DRAFT: ("dpm++2m", 1),
    Quality.STANDARD: ("dpm++2m", 2),
    Quality.FINE: ("dpm++2m", 5),
}
"""Solver and steps of each quality, chosen on the measured frontier (docs/quality.md): more than five cost
time and score worse. The paper's are ``ddim`` and 30."""


ALWAYS = frozenset({"weights", "mode", "quality", "batch", "device"})
PIECES = (
    "torch",
    "torch._dynamo",
    "transformers",
    "timm.models.swin_transformer",
    "diffusers.models.unets.unet_2d_condition",
    "imagest_core.restoration.diffusion.session",
)
"""What the last of them imports, in portions between which a cancel is heard."""
_warming = Lock()

TEXTURED = frozenset({"steps", "scheduler", "seed", "variation", "guidance", "style_strength", "detail"})


class ImagestEngine:
    """Style-conditioned latent diffusion (Hu et al., npj Heritage Science 2025), the embedded model."""

    name = "imagest"
    title = "Imagest"
    description = (
        "The style-conditioned diffusion network that ships with the program. Runs on the GPU, or on the CPU "
        "in a few seconds a window. Faithful: what the surroundings tell; textured: with the style's texture."
    )
    window = 256
    largest = 512
    meets_rim = True
    uses_style = True

    def heeds(self, request: RestorationRequest) -> frozenset[str]:
        """A faithful fill is certain; only textured ones sample, by steps and a seed.

        The prompt is not among them: no window is filled with text, whatever the model was trained with.
        """
        return ALWAYS | TEXTURED if request.mode is Mode.TEXTURED else ALWAYS

    def warm(self, progress: Progress) -> None:
        """Import torch and what the network is built of; one thread at a time, the others wait."""
        with _warming:
            for piece in progress.steps(PIECES):
                import_module(piece)

    def open(
        self,
        request: RestorationRequest,
        painting: Painting,
        style: StyleReference | None,
        progress: Progress | None = None,
    ) -> ImagestSession:
        """Load the network, read the style; raises ``ModelError``."""
        return ImagestSession(request, painting, style, progress or Progress())


class ImagestSession:
    """A loaded network with its style's tokens; the network stays loaded between sessions."""

    def __init__(
        self,
        request: RestorationRequest,
        painting: Painting,
        style: StyleReference | None,
        progress: Progress,
    ) -> None:
        from imagest_core.restoration.diffusion.session import NetworkFilling

        self.request = request
        scheduler, steps = PRESETS[request.quality]
        self._filling: NetworkFilling = NetworkFilling(
            find_model(request.weights),
            request,
            scheduler=request.scheduler or scheduler,
            steps=request.steps or steps,
            progress=progress,
        )
        progress.check()
        if request.mode is Mode.TEXTURED and style is not None:
            self._filling.read_style(painting, style)

    @property
    def facts(self) -> Mapping[str, str | int | float]:
        """Model, weights hash, device, number format, steps, scheduler, batch."""
        return self._filling.facts

    def fill(self, views: Sequence[WindowView], progress: Progress) -> list[WindowFill]:
        """Fill the windows in batches; raises ``Cancelled`` within a step."""
        return self._filling.fill(views, progress)

    def close(self) -> None:
        """Nothing but the network is held, and that is kept for the next session."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
