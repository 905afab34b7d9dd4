"""Overlapping windows denoised together on one canvas of latents.

At each step the model's prediction is computed in every window, the predictions are blended on the canvas
with smooth weights, and the solver takes one step of the whole canvas (MultiDiffusion; Bar-Tal et al., ICML
2023). So windows agree where they overlap, before anything is decoded. Windows that are denoised one by one
differ there, and their blend in pixels has less contrast than either.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import NDArray

from imagest_core.arrays import Image
from imagest_core.models.array_devices import Array, device_of, on_device, to_numpy
from imagest_core.models.backbone import Backbone, EncodedWindows
from imagest_core.painting.geometry import Box
from imagest_core.progress import Progress
from imagest_core.restoration.diffusion.pipeline import DiffusionPipeline, WindowBatch
from imagest_core.restoration.diffusion.sampler import array_noise, sample, window_noise
from imagest_core.restoration.diffusion.window_arrays import channels_last
from imagest_core.restoration.planning.window import Window, WindowView
from imagest_core.restoration.request import RestorationRequest

NOISE_SIDE = 64
"""Side in latents of the squares in which noise is drawn; they lie on a grid over the whole picture."""


@dataclass(frozen=True)
class Tiles:
    """Windows of ``side`` (rows, columns) on a canvas, at ``corners``, all in px and on the latent grid."""

    corners: tuple[tuple[int, int], ...]
    side: tuple[int, int]
    size: tuple[int, int]

    @classmethod
    def of(cls, view: WindowView, backbone: Backbone, size: tuple[int, int]) -> Tiles:
        """Return the windows of the parts of ``view``, moved to the nearest latents; ``size``: the canvas."""
        factor, multiple = backbone.latent_factor, backbone.multiple
        rows, columns = (-(-length // multiple) * multiple for length in view.parts[0].window.shape)
        corners = []
        for part in view.parts:
            y, x = (round(at / factor) * factor for at in view.window.corner(part.window))
            corners.append((max(0, min(y, size[0] - rows)), max(0, min(x, size[1] - columns))))
        return cls(tuple(corners), (rows, columns), size)

    def chunks(self, count: int) -> list[Tiles]:
        """Return the windows, ``count`` at a time."""
        starts = range(0, len(self.corners), count)
        return [Tiles(self.corners[i : i + count], self.side, self.size) for i in starts]

    def at(self, factor: int) -> Tiles:
        """Return the windows in latents."""
        corners = tuple((y // factor, x // factor) for y, x in self.corners)
        (rows, columns), (height, width) = self.side, self.size
        return Tiles(corners, (rows // factor, columns // factor), (height // factor, width // factor))

    def cut(self, canvas: Array) -> Array:
        """Return the windows (n, c, h, w) of a canvas (1, c, H, W)."""
        rows, columns = self.side
        cuts = [canvas[:, :, y : y + rows, x : x + columns] for y, x in self.corners]
        return array_namespace(canvas).concat(cuts)

    def add(self, canvas: Array, windows: Array) -> None:
        """Add windows (n, c, h, w) to a canvas (1, c, H, W), in their order."""
        rows, columns = self.side
        for (y, x), window in zip(self.corners, windows):
            canvas[0, :, y : y + rows, x : x + columns] += window

    def blended(self, pictures: Sequence[Image]) -> Image:
        """Blend a picture (h, w, 3) of each window; the result (H, W, 3) is 0 outside them."""
        canvas, (rows, columns) = np.zeros((1, 3, *self.size), np.float32), self.side
        for single, weight, picture in zip(self.chunks(1), self.weights(), pictures):
            missing = ((0, rows - picture.shape[0]), (0, columns - picture.shape[1]), (0, 0))
            single.add(canvas, (weight * np.pad(picture, missing).transpose(2, 0, 1))[None])
        return np.ascontiguousarray(canvas[0].transpose(1, 2, 0))

    def weights(self, device: Any = None) -> Array:
        """Return smooth weights (n, 1, h, w) that add up to 1 on the canvas."""
        down, across = (_bell(length) for length in self.side)
        bell = np.broadcast_to(down[:, None] * across, (len(self.corners), 1, *self.side))
        total = np.zeros((1, 1, *self.size), np.float32)
        self.add(total, bell)
        return on_device(device, bell / self.cut(total))

    def split_weights(self, device: Any, count: int) -> list[Array]:
        """Return the weights, ``count`` windows at a time."""
        weights = self.weights(device)
        return [weights[i : i + count] for i in range(0, len(weights), count)]


def _bell(length: int) -> NDArray[np.float32]:
    centres = np.arange(length, dtype=np.float32) + np.float32(0.5)
    return np.sin(centres * np.float32(math.pi / length)) ** 2


def canvas_noise(
    request: RestorationRequest,
    window: Window,
    shape: Sequence[int],
    factor: int,
    purpose: str = "",
    device: Any = None,
) -> Array:
    """Return noise (1, c, h, w) of the canvas ``window``; it depends on the place in the picture alone.

    It is drawn by torch if there is a ``device``, else in NumPy, the same to the last bits.
    Canvases begin on the latent grid of their scale, so those that overlap have the same noise there.
    """
    channels, rows, columns = shape
    left, top = (at // (window.scale * factor) for at in window.box[:2])
    noise, pixels = np.empty((1, channels, rows, columns), np.float32), window.scale * factor
    draw = array_noise if device is None else window_noise
    for square in Box(left, top, columns, rows).tiles(NOISE_SIDE):
        x, y = (at // NOISE_SIDE * NOISE_SIDE for at in square[:2])
        origin = Window(0, Box(x * pixels, y * pixels, 0, 0), window.scale)
        drawn = draw(request, origin, (channels, NOISE_SIDE, NOISE_SIDE), f"canvas {purpose}".strip())
        target, source = square.moved(-left, -top).slices, square.moved(-x, -y).slices
        noise[(0, slice(None), *target)] = to_numpy(drawn)[(slice(None), *source)]
    return on_device(device, noise)


class CanvasSampler:
    """Samples the canvas ``batch`` (one picture) with the windows of ``view``, ``count`` at a time."""

    def __init__(self, pipeline: DiffusionPipeline, batch: WindowBatch, view: WindowView, count: int) -> None:
        self.pipeline, self.batch, self.view = pipeline, batch, view
        backbone = self.backbone = pipeline.backbone
        height, width = batch.mask.shape[2:]
        self.tiles = Tiles.of(view, backbone, (int(height), int(width)))
        self._weights = self.tiles.split_weights(backbone.device, count)
        self._chunks = self.tiles.chunks(count)
        latent = self._latent = self.tiles.at(backbone.latent_factor)
        self._latent_weights = latent.split_weights(backbone.device, count)
        self._latent_chunks = latent.chunks(count)
        self._encoded: list[EncodedWindows] = []

    def sample(
        self, progress: Progress, preview: Callable[[Callable[[], Array]], None] | None = None
    ) -> Array:
        """Return the picture (1, 3, h, w) in −1…1; ``preview``: see :class:`DiffusionPipeline`.

        Raises ``Cancelled`` between batches of windows.
        """
        known, inside = self._encode(progress)
        request, window = self.pipeline.request, self.batch.windows[0]

        def noise(purpose: str = "") -> Array:
            factor = self.backbone.latent_factor
            return canvas_noise(request, window, known.shape[1:], factor, purpose, device_of(known))

        strength = self.batch.strength
        latents = sample(
            lambda z, t: self._predict(z, t, progress),
            known,
            inside,
            noise(),
            self.pipeline.solver,
            self.backbone.schedule,
            init=None if strength is None else known,
            strength=1.0 if strength is None else self.pipeline.latent_strength(strength),
            fresh=lambda index: noise(f"step {index}"),
            progress=progress,
            seen=None if preview is None else lambda clean: preview(lambda: self._decode(clean, progress)),
        )
        return self._decode(latents, progress)

    def _encode(self, progress: Progress) -> tuple[Array, Array]:
        """Encode each window; return the known latents of the canvas and the mask of those in the hole."""
        known: Array | None = None
        inside = self._zeros(1)
        for number, tiles in enumerate(self._chunks):
            progress.check()
            encoded = self.backbone.encode(*self._shown(tiles))
            self._encoded.append(encoded)
            if known is None:
                known = self._zeros(int(encoded.known.shape[1]))
            self._latent_chunks[number].add(known, self._latent_weights[number] * encoded.known)
            self._latent_chunks[number].add(inside, encoded.inside)
        assert known is not None
        return known, array_namespace(inside).clip(inside, 0, 1)

    def _zeros(self, channels: int) -> Array:
        return on_device(self.backbone.device, np.zeros((1, channels, *self._latent.size), np.float32))

    def _shown(self, tiles: Tiles) -> tuple[Array, Array]:
        return channels_last(tiles.cut(self.batch.shown)), tiles.cut(self.batch.mask)

    def _predict(self, latents: Array, times: Array, progress: Progress) -> Array:
        """Return the blended prediction for the canvas; 0 outside all windows, where all is known."""
        xp = array_namespace(latents)
        blended = xp.zeros_like(latents)
        for tiles, weights, encoded in zip(self._latent_chunks, self._latent_weights, self._encoded):
            progress.check()
            noisy, at = tiles.cut(latents), xp.broadcast_to(times, (len(tiles.corners),))
            predicted = self.backbone.denoise(noisy, at, encoded, self.pipeline.condition)
            tiles.add(blended, weights * predicted)
        return blended

    def _decode(self, latents: Array, progress: Progress) -> Array:
        """Decode each window as a difference to what was shown, and blend the differences."""
        added = array_namespace(latents).zeros_like(self.batch.prefilled)
        for number, tiles in enumerate(self._chunks):
            progress.check()
            images, masks = self._shown(tiles)
            cut = self._latent_chunks[number].cut(latents)
            decoded = self.backbone.decode(cut, images, masks, self._encoded[number])
            tiles.add(added, self._weights[number] * (decoded - images))
        return self.batch.prefilled + added
