"""From windows to samples of a latent diffusion model, whichever backbone it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from array_api_compat import array_namespace

from imagest_core.models.array_devices import Array, device_of, on_device
from imagest_core.models.backbone import Backbone, Conditioning, EncodedWindows
from imagest_core.progress import Progress
from imagest_core.restoration.diffusion.sampler import array_noise, sample, window_noise
from imagest_core.restoration.diffusion.solvers import Solver
from imagest_core.restoration.diffusion.window_arrays import (
    channels_last,
    enlarge,
    max_pool,
    mean_pool,
    pad,
    stacked,
)
from imagest_core.restoration.inpainting.pde import anisotropic_spline
from imagest_core.restoration.planning.window import Window, WindowView
from imagest_core.restoration.request import RestorationRequest

COLOR_BOUND = 1.5
"""Colours beyond sRGB (−1…1) are shown to the network up to here; the fill keeps them whole."""


@dataclass(frozen=True)
class WindowBatch:
    """Windows of one shape as NumPy arrays or torch tensors, padded.

    Pre-filled images (n, 3, h, w) in −1…1 and masks (n, 1, h, w) of the holes. ``strength`` (0–1): how far
    each pixel may leave its pre-fill, as (n, 1, h, w) or for all; None samples from noise alone. ``parts``:
    the windows that are denoised together if the only picture is their canvas.
    """

    windows: tuple[Window, ...]
    prefilled: Array
    mask: Array
    strength: Array | None = None
    parts: tuple[Window, ...] = ()

    @property
    def shown(self) -> Array:
        """What the network sees of the pre-fill."""
        return array_namespace(self.prefilled).clip(self.prefilled, -COLOR_BOUND, COLOR_BOUND)

    def reduced(self, scale: int, backbone: Backbone) -> WindowBatch:
        """Return the windows at ``1 / scale`` of their size, padded for ``backbone``."""
        image, mask = mean_pool(self.prefilled, scale), max_pool(self.mask, scale)
        return WindowBatch(self.windows, *_padded(image, mask, backbone.multiple))

    def select(self, indices: Sequence[int]) -> WindowBatch:
        """Return some of the windows."""
        chosen = list(indices)
        windows = tuple(self.windows[i] for i in chosen)
        strength = None if self.strength is None else self.strength[chosen]
        return WindowBatch(windows, self.prefilled[chosen], self.mask[chosen], strength)


def _padded(image: Array, mask: Array, multiple: int) -> tuple[Array, Array]:
    """Pad pre-filled images and masks to multiples of ``multiple``."""
    down, right = -image.shape[2] % multiple, -image.shape[3] % multiple
    return channels_last(pad(image, down, right, edge=True)), pad(mask, down, right, edge=False)


def prepare_batch(views: Sequence[WindowView], device: Any, multiple: int) -> WindowBatch:
    """Pre-fill windows of one shape with the anisotropic spline; pad them to multiples of ``multiple``.

    Without a ``device`` they are NumPy arrays, else torch tensors there.
    """
    image = np.stack([view.start for view in views]).transpose(0, 3, 1, 2) * 2 - 1
    hole = np.stack([view.hole for view in views])[:, None]
    filled, mask = (
        on_device(device, np.ascontiguousarray(each))
        for each in (anisotropic_spline(image, hole), hole.astype(np.float32))
    )
    return WindowBatch(tuple(view.window for view in views), *_padded(filled, mask, multiple))


class DiffusionPipeline:
    """A backbone with one request, one solver, and at most one style.

    With a ``scale`` above 1 windows are sampled at ``1 / scale`` of their size, and what the sample adds to
    the pre-fill is enlarged: for fills whose finer bands come from elsewhere.
    """

    def __init__(
        self,
        backbone: Backbone,
        request: RestorationRequest,
        solver: Solver,
        *,
        scale: int = 1,
    ) -> None:
        self.backbone, self.request, self.solver, self.scale = backbone, request, solver, scale
        self.condition: Conditioning = None

    def prepare(self, views: Sequence[WindowView]) -> WindowBatch:
        """Pre-fill windows of one shape with the anisotropic spline and pad them for the backbone."""
        return prepare_batch(views, self.backbone.device, self.backbone.multiple)

    def sample(
        self,
        batch: WindowBatch,
        progress: Progress,
        preview: Callable[[Callable[[], Array]], None] | None = None,
    ) -> Array:
        """Sample the holes of ``batch``; returns images (n, 3, h, w) in −1…1.

        ``preview`` receives a function that decodes the current estimate. Raises ``Cancelled``.
        """
        if self.scale == 1:
            return self._sample(batch, progress, preview)
        small = batch.reduced(self.scale, self.backbone)

        def enlarged(sampled: Array) -> Array:
            added = sampled - small.prefilled
            added = enlarge(added, self.scale)
            height, width = batch.prefilled.shape[-2:]
            return batch.prefilled + batch.mask * added[:, :, :height, :width]

        shown = None if preview is None else lambda decode: preview(lambda: enlarged(decode()))
        return enlarged(self._sample(small, progress, shown))

    def _sample(
        self,
        batch: WindowBatch,
        progress: Progress,
        preview: Callable[[Callable[[], Array]], None] | None,
    ) -> Array:
        encoded = self.backbone.encode(batch.shown, batch.mask)
        known = encoded.known
        progress.check()
        latents = sample(
            lambda z, t: self.backbone.denoise(z, t, encoded, self.condition),
            known,
            encoded.inside,
            self._noise(batch, known),
            self.solver,
            self.backbone.schedule,
            init=None if batch.strength is None else known,
            strength=1.0 if batch.strength is None else self.latent_strength(batch.strength),
            fresh=lambda index: self._noise(batch, known, f"step {index}"),
            progress=progress,
            seen=None
            if preview is None
            else lambda clean: preview(lambda: self._decode(clean, batch, encoded)),
        )
        return self._decode(latents, batch, encoded)

    def _noise(self, batch: WindowBatch, like: Array, purpose: str = "") -> Array:
        shape = (int(like.shape[1]), int(like.shape[2]), int(like.shape[3]))
        device = device_of(like)
        draw = array_noise if device is None else window_noise
        noise = stacked([draw(self.request, window, shape, purpose) for window in batch.windows])
        return noise if device is None else noise.to(device)

    def latent_strength(self, strength: Array) -> Array:
        """Return the strength of each latent from that of its pixels."""
        return mean_pool(strength, self.backbone.latent_factor)

    def _decode(self, latents: Array, batch: WindowBatch, encoded: EncodedWindows) -> Array:
        """Decode images as a difference to what was shown: colours beyond the bound survive."""
        decoded = self.backbone.decode(latents, batch.shown, batch.mask, encoded)
        return batch.prefilled + (decoded - batch.shown)
