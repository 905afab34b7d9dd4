"""Windows through the network: batches, running out of memory, faithful and textured fills, the record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from imagest_core.errors import ImagestError, out_of_memory
from imagest_core.models.checkpoint import Checkpoint, load_checkpoint
from imagest_core.models.description import read_description
from imagest_core.models.hardware import Hardware, choose_hardware
from imagest_core.painting.reader import Painting
from imagest_core.progress import Pace, Progress
from imagest_core.restoration.diffusion.pipeline import NetworkPass, Prepared, prepare
from imagest_core.restoration.diffusion.sampler import Plan, window_seed
from imagest_core.restoration.diffusion.style_pictures import detail_sources, style_pictures
from imagest_core.restoration.engines.base import WindowFill
from imagest_core.restoration.planning.window import Preview, WindowView
from imagest_core.restoration.request import Mode, RestorationRequest
from imagest_core.restoration.texture.color_transfer import lent, share_lent
from imagest_core.restoration.texture.depth_masks import share_of_sample, texture_note, thickness
from imagest_core.restoration.texture.detail_transfer import Source
from imagest_core.restoration.texture.texture_transfer import (
    DEEP_SIGMA,
    FINE,
    GROWN_SIGMA,
    MOST_CALMED,
    MOST_LIFT,
    enliven,
)
from imagest_core.style.reference import StyleReference

Image = NDArray[np.float32]

CPU_BATCH = 1
"""Windows computed at a time on a CPU, whatever the request says.

Matrix products and sums are split differently for another batch size, so the last bits of a sample would
depend on it, and texture synthesis turns such a bit into another patch. Two windows at a time saved 5 % of
the time of a textured fill on two cores.
"""
GPU_BYTES_PER_WINDOW = 400 << 20
"""Working memory of one 256 px window on a GPU, generously."""


KEPT = 2
"""Networks that stay loaded for the next session."""

_kept: dict[tuple[Path, str, torch.device], Checkpoint] = {}


def loaded(folder: Path, weights_hash: str, device: torch.device, progress: Progress) -> Checkpoint:
    """The network of ``folder`` on ``device``, kept for the next session unless its hash changed.

    Raises ``Cancelled`` between its parts; then nothing is kept.
    """
    key = folder, weights_hash, device
    checkpoint = _kept.pop(key, None) or load_checkpoint(folder, progress)
    checkpoint.network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    _kept[key] = checkpoint
    while len(_kept) > KEPT:
        _kept.pop(next(iter(_kept)))
    return checkpoint


def unload() -> None:
    """Let go of the networks that are kept."""
    _kept.clear()


class NetworkFilling:
    """Fills windows with one network, one request and one style."""

    def __init__(
        self,
        folder: Path,
        request: RestorationRequest,
        *,
        scheduler: str,
        steps: int,
        progress: Progress,
    ) -> None:
        self.request, self.plan = request, Plan(scheduler, steps)
        self.hardware: Hardware = choose_hardware(request.device)
        digest = read_description(folder).weights_hash
        self.checkpoint = loaded(folder, digest, self.hardware.device, progress)
        self.passing = NetworkPass(self.checkpoint.network, self.hardware, request, self.plan)
        self.batch = self._planned_batch()
        self._pace = Pace()

    @property
    def facts(self) -> Mapping[str, str | int | float]:
        """What the record keeps of this filling; ``batch`` is the one that was really used."""
        facts: dict[str, str | int | float] = {
            "model": self.checkpoint.description.name,
            "weights_sha256": self.checkpoint.description.weights_hash,
            "device": self.hardware.name,
            "dtype": str(self.hardware.dtype).removeprefix("torch."),
            "batch": self.batch,
        }
        if self.request.mode is Mode.FAITHFUL:
            return facts | {"filled_by": "an anisotropic spline alone", "steps": 0}
        style = self.passing.style
        if self.passing.palette is not None:
            facts["colours_lent"] = share_lent(self.request.style_strength)
        return facts | {
            "filled_by": "an anisotropic spline, in thick damage a share of samples; texture of intact paint,"
            f" octaves strengthened by {MOST_LIFT:.0%} at most where the paint near by is livelier, "
            f"weakened by {MOST_CALMED:.0%} where it is calmer",
            "scheduler": self.plan.scheduler,
            "steps": self.plan.steps,
            "style_tokens": 0 if style is None else style.tokens.shape[1],
            "detail": self.request.detail,
            "detail_sigma": f"{FINE.sigma}, in thick damage {GROWN_SIGMA}, deep in large losses {DEEP_SIGMA}",
        }

    def _planned_batch(self) -> int:
        if self.hardware.device.type != "cuda":
            return CPU_BATCH
        if self.request.batch:
            return self.request.batch
        free, _ = torch.cuda.mem_get_info(self.hardware.device)
        return int(max(1, min(32, free // GPU_BYTES_PER_WINDOW)))

    @torch.inference_mode()
    def read_style(self, painting: Painting, style: StyleReference) -> None:
        """Compute the style's tokens once for the whole run; the user's own choice lends its paint too."""
        squares = style_pictures(painting, style, self.checkpoint.network.config.style.side)
        if len(squares):
            self.passing.read_style(squares)
        if not style.suggested:
            self.passing.borrow(detail_sources(painting, style))

    def fill(self, views: Sequence[WindowView], progress: Progress) -> list[WindowFill]:
        """Fill each view, batch by batch of one shape; the answers stand in the views' order."""
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
                self._retreat(len(chosen), error)
                continue
            fills.update(zip(chosen, answers))
            todo = todo[len(chosen) :]
        return [fills[i] for i in range(len(views))]

    def _retreat(self, failed: int, error: BaseException) -> None:
        """Halve the batch after running out of memory."""
        if failed == 1:
            raise ImagestError(
                "Not even one window fits in the free memory: close other programs, or choose the CPU."
            ) from error
        self.batch = max(1, failed // 2)
        if self.hardware.device.type == "cuda":
            torch.cuda.empty_cache()

    @torch.inference_mode()
    def _fill_batch(self, views: Sequence[WindowView], progress: Progress) -> list[WindowFill]:
        progress.set(0.0, 0, self.plan.steps)
        multiple = self.checkpoint.network.config.multiple
        batch = prepare(views, multiple, self.hardware.device)
        smooth = _images(batch.prefilled, views)
        progress.check()
        if self.request.mode is Mode.FAITHFUL:
            return [WindowFill(image) for image in smooth]
        _show(smooth, batch, progress)
        shares = [share_of_sample(view.mask) for view in views]
        lively = [i for i, share in enumerate(shares) if share.any() and views[i].init is None]
        samples = self._samples(batch.only(lively), [views[i] for i in lively], progress) if lively else []
        for i, image in zip(lively, samples):
            smooth[i] = smooth[i] + shares[i][..., None] * (image - smooth[i])
        return [
            WindowFill(self._with_detail(image, view, share, progress), notes=_note(share, view))
            for image, view, share in zip(smooth, views, shares)
        ]

    def _samples(self, batch: Prepared, views: Sequence[WindowView], progress: Progress) -> list[Image]:
        def show(on_the_way: Callable[[], Tensor]) -> None:
            if self._pace.due:
                with self._pace.turn():
                    _show(_images(on_the_way(), views), batch, progress)

        seen = show if progress.wants_preview else None
        return _images(self.passing.sampled(batch, progress, seen), views)

    def _with_detail(self, image: Image, view: WindowView, share: Image, progress: Progress) -> Image:
        """Colours and texture of the user's reference, else the texture of paint in and near the window."""
        progress.check()
        request, thick = self.request, thickness(share)
        whole = np.where(view.mask[..., None], image, view.image)
        if self.passing.palette is not None and view.init is None:
            whole = lent(whole, view.mask, thick, self.passing.palette, request.style_strength)
        if not request.detail:
            return whole
        chosen = self.passing.sources if view.window.scale == 1 else ()
        sources = chosen or (Source(view.image, ~view.mask), *(Source(*square) for square in view.paint))
        return enliven(
            whole,
            view.mask,
            thick,
            sources,
            request.detail,
            window_seed(request, view.window, "texture"),
            progress,
            request.quality,
            refining=view.init is not None,
            lent=bool(chosen),
            device=self.hardware.device,
        )


def _note(share: Image, view: WindowView) -> Mapping[str, str]:
    """What the record says of a textured window."""
    if view.init is None:
        return texture_note(share, view.mask)
    return {"refined": "over a fill at twice the scale, which holds the sample"}


def _show(images: Sequence[Image], batch: Prepared, progress: Progress) -> None:
    for window, image in zip(batch.windows, images):
        progress.preview(Preview(window, image))


def _images(answer: Tensor, views: Sequence[WindowView]) -> list[Image]:
    """(n, 3, h, w) in −1…1 → pictures (h, w, 3) in 0–1 without the padding."""
    height, width = views[0].mask.shape
    pictures = answer.float().add(1.0).div(2.0)[:, :, :height, :width].permute(0, 2, 3, 1)
    return [np.ascontiguousarray(picture) for picture in pictures.cpu().numpy()]
