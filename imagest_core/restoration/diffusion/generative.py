"""Generative fills: the whole hole is sampled, then refined at finer scales at partial strength."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Image, Mask
from imagest_core.messages import Message
from imagest_core.models.array_devices import Array, inference, is_cuda, on_device, on_like
from imagest_core.models.backbone import Backbone, ConditionInputs
from imagest_core.models.stable_diffusion.prompts import unread_letters
from imagest_core.progress import Progress
from imagest_core.restoration.diffusion.canvas import CanvasSampler, Tiles
from imagest_core.restoration.diffusion.pipeline import WindowBatch, prepare_batch
from imagest_core.restoration.diffusion.sampler import window_seed
from imagest_core.restoration.diffusion.session import (
    DiffusionSession,
    ShowEstimate,
    pictures_of,
    show_previews,
)
from imagest_core.restoration.diffusion.solvers import Solver
from imagest_core.restoration.diffusion.window_arrays import channels_last
from imagest_core.restoration.engines.base import WindowFill
from imagest_core.restoration.modes import Quality
from imagest_core.restoration.planning.window import Window, WindowPart, WindowView
from imagest_core.restoration.request import RestorationRequest
from imagest_core.restoration.style_pictures import StylePictures
from imagest_core.restoration.texture.depth_masks import sample_weight, thick_mask
from imagest_core.restoration.texture.patch_search import Source
from imagest_core.restoration.texture.texture_transfer import TextureTransfer

REFINING_STRENGTH = 0.4
"""Strength at finer scales, as in krita-ai-diffusion: detail is added, the coarser fill stays."""
BOUNDARY_SHARE = 0.6
"""Share of the strength at the very boundary, where the pre-fill is most reliable."""
BOUNDARY_WIDTH = 24.0
"""Depth in working px from which on a hole has its full strength."""


MAX_LETTERS = 20
"""Letters of a prompt that a message names."""


@dataclass(frozen=True)
class GenerativeSettings:
    """What an engine's parameters ask of a session.

    ``detail``: share of the texture of intact paint in the finest bands; None takes 0.9 of it in windows that
    refine a coarser fill, where the scan is finer than what the model saw, and none elsewhere. ``few_steps``:
    the kind of few-step adapter that decided solver, steps and guidance, for the record.
    """

    solver: Solver
    quality: Quality = Quality.STANDARD
    prompt: str = ""
    negative_prompt: str = ""
    guidance: float = 7.5
    style_strength: float = 1.0
    strength: float = 1.0
    detail: float | None = None
    few_steps: str = ""


class GenerativeSession(DiffusionSession):
    """Fills windows with samples of the model, conditioned on text and style."""

    def __init__(
        self,
        backbone: Backbone,
        request: RestorationRequest,
        settings: GenerativeSettings,
        style: StylePictures | None,
    ) -> None:
        super().__init__(backbone, request, settings.solver)
        self.settings, self.joined = settings, False
        self._sources = style.sources if style is not None else ()
        self._styled = style is not None and len(style.squares) > 0 and settings.style_strength > 0
        with inference(backbone.device):
            self.pipeline.condition = backbone.condition(
                ConditionInputs(
                    style.squares if self._styled and style is not None else None,
                    settings.style_strength,
                    settings.prompt,
                    settings.negative_prompt,
                    settings.guidance,
                )
            )

    @property
    def facts(self) -> Mapping[str, str | int | float]:
        """What the record keeps of this session; ``batch`` is the one that was really used."""
        settings, unread = self.settings, unread_letters(self.settings.prompt)
        guided = bool(settings.prompt) and settings.guidance != 1
        return {
            **self.backbone.facts,
            "batch": self.batch,
            "filled_by": "samples over an anisotropic spline; at finer scales over the coarser fill",
            "scheduler": settings.solver.scheduler,
            "steps": settings.solver.steps,
            "guidance": settings.guidance if guided else 1.0,
            "strength": settings.strength,
            "refining_strength": REFINING_STRENGTH,
            "styled": int(self._styled),
            "detail": "0.9 in refined windows" if settings.detail is None else settings.detail,
            **({"few_steps": settings.few_steps} if settings.few_steps else {}),
            **({"overlaps": "blended in latents"} if self.joined else {}),
            **({"language": _language_note(unread)} if unread else {}),
        }

    def _fill_batch(self, views: Sequence[WindowView], progress: Progress) -> list[WindowFill]:
        progress.set(0.0, 0, self.settings.solver.steps)
        batch = self._prepared(views)
        progress.check()
        show_previews(pictures_of(batch.prefilled, views), batch, progress)
        samples = self._sample(batch, views, progress)
        return [
            WindowFill(self._detailed(sample, view, progress), notes=self._note(view))
            for sample, view in zip(samples, views)
        ]

    def _sampled(
        self,
        batch: WindowBatch,
        views: Sequence[WindowView],
        progress: Progress,
        preview: ShowEstimate | None,
    ) -> Array:
        if not batch.parts:
            return super()._sampled(batch, views, progress, preview)
        self.joined = True
        return CanvasSampler(self.pipeline, batch, views[0], self.batch).sample(progress, preview)

    def _prepared(self, views: Sequence[WindowView]) -> WindowBatch:
        """Return the windows with their start and strengths: the spline, or the coarser fill."""
        batch = start_batch(views, self.backbone.device, self.backbone.multiple)
        strengths = [self._strength(view) for view in views]
        strength = None
        if any(value.min(initial=1.0, where=view.mask) < 1 for value, view in zip(strengths, views)):
            strength = _padded(np.stack(strengths)[:, None], batch.mask)
        parts = tuple(part.window for part in views[0].parts)
        return replace(batch, strength=strength, parts=parts)

    def _strength(self, view: WindowView) -> Image:
        """Return the strength (h, w) in 0–1 of each pixel: lower near the boundary."""
        full = min(REFINING_STRENGTH, self.settings.strength) if view.refines else self.settings.strength
        return full * boundary_share(view.mask)

    def _detailed(self, sample: Image, view: WindowView, progress: Progress) -> Image:
        """Finish a window, or on a canvas each of its windows, whose texture comes from near paint."""
        share = self.settings.detail if self.settings.detail is not None else float(view.refines)
        if not view.parts or not share:
            return self._finished(sample, view, progress)
        tiles = Tiles.of(view, self.backbone, view.mask.shape)
        pictures = [
            self._finished(cropped(sample, corner, part.window), part_of(view, part, corner), progress)
            for part, corner in zip(view.parts, tiles.corners)
        ]
        return np.where(view.mask[..., None], tiles.blended(pictures), view.image).astype(np.float32)

    def _finished(self, sample: Image, view: WindowView, progress: Progress) -> Image:
        """Replace the finest bands of the sample by those of intact paint where that is asked for."""
        return add_detail(
            sample,
            view,
            self.request,
            self.settings.detail,
            self.settings.quality,
            self._sources,
            self.backbone.device,
            progress,
        )

    def _note(self, view: WindowView) -> Mapping[str, str]:
        joined = {"joined": f"{len(view.parts)} windows, blended in latents"} if view.parts else {}
        if view.refines:
            return {"refined": f"the fill at twice the scale, at strength {REFINING_STRENGTH:g}", **joined}
        if view.restarts:
            return {"restarted": f"an earlier fill, at strength {self.settings.strength:g}", **joined}
        return {"sampled": f"the whole damage, at strength {self.settings.strength:g}", **joined}


def start_batch(views: Sequence[WindowView], device: Any, multiple: int) -> WindowBatch:
    """Return windows of one shape with what they start from: the coarser fill, or else the spline."""
    if len(views) == 1 and (whole := _coarse_batch(views[0], device, multiple)) is not None:
        return whole
    batch = prepare_batch(
        [replace(view, fixed_mask=None, coarse_fill=None) for view in views], device, multiple
    )
    for index, view in enumerate(views):
        if view.coarse_fill is None:
            continue
        coarse = np.where(view.mask[..., None], view.coarse_fill, view.image)
        height, width = view.mask.shape
        image = on_device(device, np.ascontiguousarray(coarse.transpose(2, 0, 1)))
        batch.prefilled[index, :, :height, :width] = image * 2 - 1
    return batch


def _coarse_batch(view: WindowView, device: Any, multiple: int) -> WindowBatch | None:
    """Return a window that needs neither spline nor padding: a coarser fill covers its hole."""
    if view.coarse_fill is None or any(side % multiple for side in view.mask.shape):
        return None
    coarse = np.where(view.mask[..., None], view.coarse_fill, view.image).transpose(2, 0, 1)[None]
    image = on_device(device, np.ascontiguousarray(coarse, np.float32)) * 2 - 1
    mask = on_device(device, view.mask[None, None].astype(np.float32))
    return WindowBatch((view.window,), channels_last(image), mask)


def part_of(view: WindowView, part: WindowPart, corner: tuple[int, int]) -> WindowView:
    """Return the view of one window of the canvas ``view``, with its own paint; ``corner`` in working px."""

    def cut(array: NDArray[Any]) -> NDArray[Any]:
        return cropped(array, corner, part.window)

    def cut_if(array: NDArray[Any] | None) -> NDArray[Any] | None:
        return None if array is None else cut(array)

    return WindowView(
        part.window,
        cut(view.image),
        cut(view.mask),
        cut_if(view.coarse_fill),
        cut_if(view.fixed_mask),
        part.paint,
        cut_if(view.protected),
        view.restarts,
    )


def cropped(array: NDArray[Any], corner: tuple[int, int], window: Window) -> NDArray[Any]:
    """Return ``array`` (H, W, …) of a canvas from ``corner`` on, in the size of ``window``."""
    (row, column), (rows, columns) = corner, window.shape
    return array[row : row + rows, column : column + columns]


def add_detail(
    sample: Image,
    view: WindowView,
    request: RestorationRequest,
    detail: float | None,
    quality: Quality,
    sources: Sequence[Source],
    device: Any,
    progress: Progress,
) -> Image:
    """Return the window with ``sample`` in its hole, the finest bands from paint as ``detail`` says.

    ``sources``: regions that the user chose for texture. Raises ``Cancelled``.
    """
    progress.check()
    refines = view.refines
    share = detail if detail is not None else (0.9 if refines else 0.0)
    whole = np.where(view.mask[..., None], sample, view.image).astype(np.float32)
    if not share:
        return whole
    chosen = sources if view.window.scale == 1 else ()
    nearby = (Source(view.image, view.source_mask), *(Source(*square) for square in view.paint))
    transfer = TextureTransfer(
        chosen or nearby,
        share,
        quality,
        refining=True,
        chosen=bool(chosen),
        device=device if is_cuda(device) else None,
    )
    thick = thick_mask(sample_weight(view.mask))
    seed = window_seed(request, view.window, "texture")
    return transfer.apply(whole, view.mask, thick, seed, progress)


def _language_note(letters: str) -> str:
    return Message(
        "The text encoder was trained on English and hardly knows {letters}; write the prompt in English.",
        letters=letters[:MAX_LETTERS],
    )


def boundary_share(mask: Mask) -> Image:
    """Return the share (h, w) of the full strength: rising from the boundary to the inside of ``mask``."""
    depth = cv2.distanceTransform(
        np.pad(mask.astype(np.uint8), 1, mode="edge"), cv2.DIST_L2, cv2.DIST_MASK_PRECISE
    )[1:-1, 1:-1]
    rising = np.clip(depth / BOUNDARY_WIDTH, 0, 1)
    return np.where(mask, BOUNDARY_SHARE + (1 - BOUNDARY_SHARE) * rising, 1).astype(np.float32)


def _padded(values: Image, like: Array) -> Array:
    """Return values (n, 1, h, w) as an array of the kind and shape of ``like``, padded with ones."""
    padded = np.ones(tuple(like.shape), np.float32)
    padded[:, :, : values.shape[2], : values.shape[3]] = values
    return on_like(like, padded)
