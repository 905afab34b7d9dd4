"""What sessions of diffusion models share: batches planned from free memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from types import TracebackType
from typing import Self

import numpy as np
from array_api_compat import array_namespace

from imagest_core.arrays import Image
from imagest_core.errors import ImagestError, out_of_memory
from imagest_core.models.array_devices import Array, inference, is_cuda, to_numpy
from imagest_core.models.backbone import Backbone
from imagest_core.progress import Pace, Progress
from imagest_core.restoration.diffusion.pipeline import DiffusionPipeline, WindowBatch
from imagest_core.restoration.diffusion.solvers import Solver
from imagest_core.restoration.engines.base import WindowFill
from imagest_core.restoration.planning.window import Preview, Window, WindowView
from imagest_core.restoration.request import RestorationRequest

CPU_BATCH = 1
"""Windows at a time on a CPU: convolutions of another batch size round differently, and the patch search
amplifies the last bit. Larger batches are hardly faster here."""
MAX_BATCH = 32

ShowEstimate = Callable[[Callable[[], Array]], None]
"""Is given a function that decodes the current estimate."""


class DiffusionSession:
    """Fills windows in batches with one backbone and one request; a subclass fills each batch."""

    def __init__(
        self, backbone: Backbone, request: RestorationRequest, solver: Solver, *, scale: int = 1
    ) -> None:
        self.backbone, self.request = backbone, request
        self.pipeline = DiffusionPipeline(backbone, request, solver, scale=scale)
        self.batch = 0
        """Windows at a time; 0 before the first ones are known."""
        self._pace = Pace()

    def _fill_batch(self, views: Sequence[WindowView], progress: Progress) -> list[WindowFill]:
        """Fill views of one shape."""
        raise NotImplementedError

    def _planned_batch(self, views: Sequence[WindowView]) -> int:
        if not is_cuda(self.backbone.device):
            return CPU_BATCH
        if self.request.batch:
            return self.request.batch
        pixels = max(part.shape[0] * part.shape[1] for view in views for part in _windows(view))
        import torch

        free, _ = torch.cuda.mem_get_info(self.backbone.device)
        return int(max(1, min(MAX_BATCH, free // self.backbone.window_bytes(pixels))))

    def fill(self, views: Sequence[WindowView], progress: Progress) -> list[WindowFill]:
        """Fill each view, in batches of one shape; the fills have the views' order. Raises ``Cancelled``."""
        fills: dict[int, WindowFill] = {}
        self.batch = self.batch or self._planned_batch(views)
        todo = sorted(range(len(views)), key=lambda i: (views[i].image.shape, i))
        while todo:
            chosen = self._next_batch(views, todo)
            part = progress.part(len(fills) / len(views), (len(fills) + len(chosen)) / len(views))
            try:
                with inference(self.backbone.device):
                    answers = self._fill_batch([views[i] for i in chosen], part)
            except (MemoryError, RuntimeError) as error:
                if not out_of_memory(error):
                    raise
                windows = sum(len(_windows(views[i])) for i in chosen)
                self._reduce_memory(min(self.batch, windows), error)
                continue
            fills.update(zip(chosen, answers))
            todo = todo[len(chosen) :]
        return [fills[i] for i in range(len(views))]

    def _next_batch(self, views: Sequence[WindowView], todo: Sequence[int]) -> list[int]:
        """Return the next of ``todo`` to fill: views of one shape, or one canvas."""
        first = views[todo[0]]
        if first.parts:
            return [todo[0]]
        alike = (i for i in todo if views[i].image.shape == first.image.shape and not views[i].parts)
        return list(islice(alike, self.batch))

    def _reduce_memory(self, failed: int, error: BaseException) -> None:
        """Halve the batch after running out of memory, then move weights off the GPU, then give up."""
        if failed > 1:
            self.batch = max(1, failed // 2)
        elif not self.backbone.reduce_memory():
            raise ImagestError(
                "Not even one tile fits in the free memory: close other programs, or choose the CPU."
            ) from error
        if is_cuda(self.backbone.device):
            import torch

            torch.cuda.empty_cache()

    def _sample(self, batch: WindowBatch, views: Sequence[WindowView], progress: Progress) -> list[Image]:
        """Sample ``batch``; shows estimates as far as their decoding costs little of the time."""

        def show(decode: Callable[[], Array]) -> None:
            if self._pace.due:
                with self._pace.turn():
                    show_previews(pictures_of(decode(), views), batch, progress)

        preview = show if progress.wants_preview else None
        return pictures_of(self._sampled(batch, views, progress, preview), views)

    def _sampled(
        self,
        batch: WindowBatch,
        views: Sequence[WindowView],
        progress: Progress,
        preview: ShowEstimate | None,
    ) -> Array:
        """Return the sampled images (n, 3, h, w)."""
        return self.pipeline.sample(batch, progress, preview)

    def close(self) -> None:
        """Only the model is held, and that is kept for the next session."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _windows(view: WindowView) -> tuple[Window, ...]:
    return tuple(part.window for part in view.parts) or (view.window,)


def show_previews(images: Sequence[Image], batch: WindowBatch, progress: Progress) -> None:
    """Pass the pictures (h, w, 3) of the windows of ``batch`` on as previews, those of canvases in parts."""
    for window, image in zip(batch.windows, images):
        for part in batch.parts or (window,):
            progress.preview(Preview(part, window.cropped(image, part)))


def pictures_of(images: Array, views: Sequence[WindowView]) -> list[Image]:
    """(n, 3, h, w) in −1…1 → pictures (h, w, 3) in 0–1 without the padding."""
    height, width = views[0].mask.shape
    xp = array_namespace(images)
    pictures = to_numpy((xp.astype(images, xp.float32) + 1.0)[:, :, :height, :width] / 2.0)
    return [np.ascontiguousarray(picture) for picture in pictures.transpose(0, 2, 3, 1)]
