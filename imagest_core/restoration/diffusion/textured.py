"""Textured fills: spline, a share of diffusion samples, colours and texture of intact paint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from imagest_core.arrays import Image
from imagest_core.models.array_devices import inference, is_cuda
from imagest_core.models.backbone import Backbone, ConditionInputs
from imagest_core.progress import Progress
from imagest_core.restoration.diffusion.sampler import window_seed
from imagest_core.restoration.diffusion.session import DiffusionSession, pictures_of, show_previews
from imagest_core.restoration.diffusion.solvers import Solver
from imagest_core.restoration.engines.base import WindowFill
from imagest_core.restoration.modes import Quality
from imagest_core.restoration.planning.window import WindowView
from imagest_core.restoration.request import RestorationRequest
from imagest_core.restoration.style_pictures import StylePictures
from imagest_core.restoration.texture.band_energy import MAX_GAIN, MAX_LOSS
from imagest_core.restoration.texture.color_transfer import Palette, transfer_color, transfer_share
from imagest_core.restoration.texture.depth_masks import sample_weight, thick_mask
from imagest_core.restoration.texture.patch_search import Source
from imagest_core.restoration.texture.texture_transfer import DEEP_SIGMA, DETAIL, THICK_SIGMA, TextureTransfer


@dataclass(frozen=True)
class TexturedSettings:
    """What an engine's parameters ask of a session; ``scale``: see :class:`DiffusionPipeline`."""

    solver: Solver
    quality: Quality = Quality.STANDARD
    guidance: float = 1.0
    style_strength: float = 1.0
    detail: float = 0.9
    scale: int = 1


class TexturedSession(DiffusionSession):
    """Fills windows with texture of intact paint; the model fills what is thick."""

    def __init__(
        self,
        backbone: Backbone,
        request: RestorationRequest,
        settings: TexturedSettings,
        style: StylePictures | None,
    ) -> None:
        super().__init__(backbone, request, settings.solver, scale=settings.scale)
        self.settings = settings
        self._sources: tuple[Source, ...] = ()
        self._palette: Palette | None = None
        if style is not None:
            self._read_style(style)

    def _read_style(self, style: StylePictures) -> None:
        """Condition the pipeline once for the whole run; a chosen reference gives texture and colours too."""
        settings = self.settings
        with inference(self.backbone.device):
            self.pipeline.condition = self.backbone.condition(
                ConditionInputs(style.squares, settings.style_strength, guidance=settings.guidance)
            )
        self._sources = style.sources
        self._palette = Palette.of(style.sources) if style.chosen else None

    @property
    def facts(self) -> Mapping[str, str | int | float]:
        """What the record keeps of this session; ``batch`` is the one that was really used."""
        solver, settings = self.settings.solver, self.settings
        facts: dict[str, str | int | float] = {**self.backbone.facts, "batch": self.batch}
        if self._palette is not None:
            facts["color_transfer"] = transfer_share(settings.style_strength)
        return facts | {
            "filled_by": "an anisotropic spline; in thick damage a share of diffusion samples; texture of"
            f" intact paint, its bands amplified by {MAX_GAIN:.0%} at most where nearby paint is livelier"
            f" and attenuated by {MAX_LOSS:.0%} at most where it is calmer",
            "scheduler": solver.scheduler,
            "steps": solver.steps,
            "sampled_at": f"1/{settings.scale} of the size" if settings.scale > 1 else "full size",
            "styled": int(self.pipeline.condition is not None),
            "detail": settings.detail,
            "detail_sigma": f"{DETAIL.sigma}, in thick damage {THICK_SIGMA}, in deep damage {DEEP_SIGMA}",
        }

    def _fill_batch(self, views: Sequence[WindowView], progress: Progress) -> list[WindowFill]:
        progress.set(0.0, 0, self.pipeline.solver.steps)
        batch = self.pipeline.prepare(views)
        images = pictures_of(batch.prefilled, views)
        progress.check()
        show_previews(images, batch, progress)
        weights = [sample_weight(view.mask) for view in views]
        sampled = [i for i, weight in enumerate(weights) if weight.any() and views[i].coarse_fill is None]
        if sampled:
            samples = self._sample(batch.select(sampled), [views[i] for i in sampled], progress)
            for i, sample in zip(sampled, samples):
                images[i] = images[i] + weights[i][..., None] * (sample - images[i])
        return [
            WindowFill(self._textured(image, view, weight, progress), notes=_note(weight, view))
            for image, view, weight in zip(images, views, weights)
        ]

    def _textured(self, image: Image, view: WindowView, weight: Image, progress: Progress) -> Image:
        """Colours and texture of the chosen reference, else the texture of paint in and near the window."""
        progress.check()
        settings, thick = self.settings, thick_mask(weight)
        whole = np.where(view.mask[..., None], image, view.image)
        if self._palette is not None and view.coarse_fill is None:
            whole = transfer_color(whole, view.mask, thick, self._palette, settings.style_strength)
        if not settings.detail:
            return whole
        chosen = self._sources if view.window.scale == 1 else ()
        nearby = (Source(view.image, view.source_mask), *(Source(*square) for square in view.paint))
        transfer = TextureTransfer(
            chosen or nearby,
            settings.detail,
            settings.quality,
            refining=view.coarse_fill is not None,
            chosen=bool(chosen),
            device=self._texture_device,
        )
        seed = window_seed(self.request, view.window, "texture")
        return transfer.apply(whole, view.mask, thick, seed, progress)

    @property
    def _texture_device(self) -> Any:
        """None, which is NumPy, on a CPU."""
        return self.backbone.device if is_cuda(self.backbone.device) else None


def _note(weight: Image, view: WindowView) -> Mapping[str, str]:
    """Return what the record says of a textured window: how much of its damage shows a sample."""
    if view.coarse_fill is not None:
        return {"refined": "over a fill at twice the scale, which holds the sample"}
    share = float(weight[view.mask].mean()) if view.mask.any() else 0.0
    return {"sampled": f"{share:.0%} of the damage"}
