"""Textured fills: spline, a share of diffusion samples, colours and texture of intact paint."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from imagest_core.arrays import Image
from imagest_core.errors import ImagestError, out_of_memory
from imagest_core.models.backbone import Backbone
from imagest_core.progress import Pace, Progress
from imagest_core.restoration.diffusion.pipeline import DiffusionPipeline, WindowBatch
from imagest_core.restoration.diffusion.sampler import Solver, window_seed
from imagest_core.restoration.engines.base import WindowFill
from imagest_core.restoration.modes import Quality
from imagest_core.restoration.planning.window import Preview, WindowView
from imagest_core.restoration.request import RestorationRequest
from imagest_core.restoration.style_pictures import StylePictures
from imagest_core.restoration.texture.band_energy import MAX_GAIN, MAX_LOSS
from imagest_core.restoration.texture.color_transfer import Palette, transfer_color, transfer_share
from imagest_core.restoration.texture.depth_masks import sample_weight, thick_mask
from imagest_core.restoration.texture.patch_search import Source
from imagest_core.restoration.texture.texture_transfer import DEEP_SIGMA, DETAIL, THICK_SIGMA, TextureTransfer

CPU_BATCH = 1
"""Windows at a time on a CPU: convolutions of another batch size round differently, and the patch search
amplifies the last bit. Larger batches are hardly faster here."""
GPU_BYTES_PER_WINDOW = 400 << 20
"""Working memory of one 256 px window on a GPU, generously."""


@dataclass(frozen=True)
class SessionSettings:
    """What an engine's parameters ask of a session; ``scale``: see :class:`DiffusionPipeline`."""

    solver: Solver
    quality: Quality = Quality.STANDARD
    guidance: float = 1.0
    style_strength: float = 1.0
    detail: float = 0.9
    scale: int = 1


class DiffusionSession:
    """Fills windows with one backbone, one request and one style."""

    def __init__(
        self,
        backbone: Backbone,
        request: RestorationRequest,
        settings: SessionSettings,
        style: StylePictures | None,
    ) -> None:
        self.backbone, self.request, self.settings = backbone, request, settings
        self.pipeline = DiffusionPipeline(
            backbone, request, settings.solver, guidance=settings.guidance, scale=settings.scale
        )
        self.batch = self._planned_batch()
        self._pace = Pace()
        self._sources: tuple[Source, ...] = ()
        self._palette: Palette | None = None
        if style is not None:
            self._read_style(style)

    @torch.inference_mode()
    def _read_style(self, style: StylePictures) -> None:
        """Condition the pipeline once for the whole run; a chosen reference gives texture and colours too."""
        self.pipeline.condition = self.backbone.condition(style.squares, self.settings.style_strength)
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

    def _planned_batch(self) -> int:
        if self.backbone.device.type != "cuda":
            return CPU_BATCH
        if self.request.batch:
            return self.request.batch
        free, _ = torch.cuda.mem_get_info(self.backbone.device)
        return int(max(1, min(32, free // GPU_BYTES_PER_WINDOW)))

    def fill(self, views: Sequence[WindowView], progress: Progress) -> list[WindowFill]:
        """Fill each view, in batches of one shape; the fills have the views' order. Raises ``Cancelled``."""
        fills: dict[int, WindowFill] = {}
        todo = sorted(range(len(views)), key=lambda i: (views[i].image.shape, i))
        while todo:
            shape = views[todo[0]].image.shape
            chosen = [i for i in todo[: self.batch] if views[i].image.shape == shape]
            part = progress.part(len(fills) / len(views), (len(fills) + len(chosen)) / len(views))
            try:
                answers = self._fill_batch([views[i] for i in chosen], part)
            except (MemoryError, RuntimeError) as error:
                if not out_of_memory(error):
                    raise
                self._reduce_batch(len(chosen), error)
                continue
            fills.update(zip(chosen, answers))
            todo = todo[len(chosen) :]
        return [fills[i] for i in range(len(views))]

    def _reduce_batch(self, failed: int, error: BaseException) -> None:
        """Halve the batch after running out of memory."""
        if failed == 1:
            raise ImagestError(
                "Not even one tile fits in the free memory: close other programs, or choose the CPU."
            ) from error
        self.batch = max(1, failed // 2)
        if self.backbone.device.type == "cuda":
            torch.cuda.empty_cache()

    @torch.inference_mode()
    def _fill_batch(self, views: Sequence[WindowView], progress: Progress) -> list[WindowFill]:
        progress.set(0.0, 0, self.pipeline.solver.steps)
        batch = self.pipeline.prepare(views)
        images = _pictures(batch.prefilled, views)
        progress.check()
        _preview(images, batch, progress)
        weights = [sample_weight(view.mask) for view in views]
        sampled = [i for i, weight in enumerate(weights) if weight.any() and views[i].coarse_fill is None]
        if sampled:
            samples = self._samples(batch.select(sampled), [views[i] for i in sampled], progress)
            for i, sample in zip(sampled, samples):
                images[i] = images[i] + weights[i][..., None] * (sample - images[i])
        return [
            WindowFill(self._textured(image, view, weight, progress), notes=_note(weight, view))
            for image, view, weight in zip(images, views, weights)
        ]

    def _samples(self, batch: WindowBatch, views: Sequence[WindowView], progress: Progress) -> list[Image]:
        def show(decode: Callable[[], Tensor]) -> None:
            if self._pace.due:
                with self._pace.turn():
                    _preview(_pictures(decode(), views), batch, progress)

        preview = show if progress.wants_preview else None
        return _pictures(self.pipeline.sample(batch, progress, preview), views)

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
        nearby = (Source(view.image, ~view.mask), *(Source(*square) for square in view.paint))
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
        return self.backbone.device if self.backbone.device.type != "cpu" else None

    def close(self) -> None:
        """Only the model is held, and that is kept for the next session."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _note(weight: Image, view: WindowView) -> Mapping[str, str]:
    """Return what the record says of a textured window: how much of its damage shows a sample."""
    if view.coarse_fill is not None:
        return {"refined": "over a fill at twice the scale, which holds the sample"}
    share = float(weight[view.mask].mean()) if view.mask.any() else 0.0
    return {"sampled": f"{share:.0%} of the damage"}


def _preview(images: Sequence[Image], batch: WindowBatch, progress: Progress) -> None:
    for window, image in zip(batch.windows, images):
        progress.preview(Preview(window, image))


def _pictures(images: Tensor, views: Sequence[WindowView]) -> list[Image]:
    """(n, 3, h, w) in −1…1 → pictures (h, w, 3) in 0–1 without the padding."""
    height, width = views[0].mask.shape
    pictures = images.float().add(1.0).div(2.0)[:, :, :height, :width].permute(0, 2, 3, 1)
    return [np.ascontiguousarray(picture) for picture in pictures.cpu().numpy()]
