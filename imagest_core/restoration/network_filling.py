"""Windows through the network: batches, number formats, running out of memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from imagest_core.errors import ImagestError
from imagest_core.models.attention import StyleContext
from imagest_core.models.autoencoder import latent_mask
from imagest_core.models.checkpoint import Checkpoint, load_checkpoint
from imagest_core.models.description import read_description
from imagest_core.models.hardware import Hardware, choose_hardware
from imagest_core.painting.painting import Painting
from imagest_core.progress import Progress
from imagest_core.restoration.engine import WindowFill
from imagest_core.restoration.harmonic import harmonic_torch
from imagest_core.restoration.request import Mode, RestorationRequest
from imagest_core.restoration.sampler import Plan, sample, window_noise
from imagest_core.restoration.style_pictures import style_pictures
from imagest_core.restoration.window import WindowView
from imagest_core.style.reference import StyleReference

CPU_BATCH = 4
OUTERMOST = 1.5
"""Colours beyond sRGB (−1…1) are shown to the network up to here; the fill keeps them whole."""
GPU_BYTES_PER_WINDOW = 400 << 20
"""Working memory of one 256 px window on a GPU, generously."""


@lru_cache(maxsize=2)
def loaded(folder: Path, weights_hash: str, device: torch.device) -> Checkpoint:
    """The network of ``folder`` on ``device``, kept for the next session unless its hash changed."""
    checkpoint = load_checkpoint(folder)
    checkpoint.network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return checkpoint


class NetworkFilling:
    """Fills windows with one network, one request and one style."""

    def __init__(self, folder: Path, request: RestorationRequest, *, scheduler: str, steps: int) -> None:
        self.request, self.plan = request, Plan(scheduler, steps)
        self.hardware: Hardware = choose_hardware(request.device)
        digest = read_description(folder).weights_hash
        self.checkpoint = loaded(folder, digest, self.hardware.device)
        self.network = self.checkpoint.network
        self.batch = request.batch or self._planned_batch()
        self.style: StyleContext | None = None

    @property
    def takes_text(self) -> bool:
        """Whether the network was trained with text."""
        return self.network.config.unet.text_channels > 0

    @property
    def facts(self) -> Mapping[str, str | int | float]:
        """What the record keeps of this filling; ``batch`` is the one that was really used."""
        textured = self.request.mode is Mode.TEXTURED
        return {
            "model": self.checkpoint.description.name,
            "weights_sha256": self.checkpoint.description.weights_hash,
            "device": self.hardware.name,
            "dtype": str(self.hardware.dtype).removeprefix("torch."),
            "scheduler": self.plan.scheduler if textured else "none",
            "steps": self.plan.steps if textured else 0,
            "batch": self.batch,
            "style_tokens": 0 if self.style is None else self.style.tokens.shape[1],
        }

    def _planned_batch(self) -> int:
        if self.hardware.device.type != "cuda":
            return CPU_BATCH
        free, _ = torch.cuda.mem_get_info(self.hardware.device)
        return int(max(1, min(32, free // GPU_BYTES_PER_WINDOW)))

    @torch.inference_mode()
    def read_style(self, painting: Painting, style: StyleReference) -> None:
        """Compute the style's tokens once for the whole run."""
        squares = style_pictures(painting, style, self.network.config.style.side)
        if len(squares):
            pictures = torch.from_numpy(squares).permute(0, 3, 1, 2).to(self.hardware.device) * 2 - 1
            with self.hardware.autocast():
                self.style = self.network.style_context(pictures, self.request.style_strength)

    def fill(self, views: Sequence[WindowView], progress: Progress) -> list[WindowFill]:
        """Fill each view, batch by batch of one shape; the answers stand in the views' order."""
        fills: dict[int, WindowFill] = {}
        todo = sorted(range(len(views)), key=lambda i: (views[i].image.shape, i))
        while todo:
            shape = views[todo[0]].image.shape
            chosen = [i for i in todo[: self.batch] if views[i].image.shape == shape]
            part = progress.part(len(fills) / len(views), (len(fills) + len(chosen)) / len(views))
            try:
                images = self._fill_batch([views[i] for i in chosen], part)
            except (torch.cuda.OutOfMemoryError, MemoryError) as error:
                self._retreat(len(chosen), error)
                continue
            fills.update({i: WindowFill(image) for i, image in zip(chosen, images)})
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
    def _fill_batch(self, views: Sequence[WindowView], progress: Progress) -> list[NDArray[np.float32]]:
        progress.check()
        height, width = views[0].mask.shape
        image, mask = self._tensors(views)
        prefilled = self._padded(harmonic_torch(image, mask))
        mask = self._padded(mask, mode="constant")
        shown = prefilled.clamp(-OUTERMOST, OUTERMOST)
        with self.hardware.autocast():
            inside = latent_mask(mask)
            latents = self._latents(views, shown, inside, progress)
            painted = self.network.autoencoder.decode(latents, inside, shown, mask)
        answer = (
            (prefilled + (painted.float() - shown))
            .add(1.0)
            .div(2.0)[:, :, :height, :width]
            .permute(0, 2, 3, 1)
        )
        return [np.ascontiguousarray(a) for a in answer.cpu().numpy()]

    def _tensors(self, views: Sequence[WindowView]) -> tuple[Tensor, Tensor]:
        """Pictures (n, 3, h, w) in −1…1 and masks (n, 1, h, w)."""
        image = torch.from_numpy(np.stack([view.image for view in views])).permute(0, 3, 1, 2) * 2 - 1
        mask = torch.from_numpy(np.stack([view.mask for view in views])).float()[:, None]
        device = self.hardware.device
        return image.to(device, memory_format=torch.channels_last), mask.to(device)

    def _padded(self, x: Tensor, mode: str = "replicate") -> Tensor:
        multiple = self.network.config.multiple
        down, right = -x.shape[2] % multiple, -x.shape[3] % multiple
        return functional.pad(x, (0, right, 0, down), mode=mode) if down or right else x

    def _latents(
        self, views: Sequence[WindowView], prefilled: Tensor, inside: Tensor, progress: Progress
    ) -> Tensor:
        """Zero latents in faithful mode (the decoder then answers from the surroundings), else a sample."""
        encode = self.network.autoencoder.encode
        if self.request.mode is Mode.FAITHFUL:
            progress.set(0.0, 0, 1)
            n, _, height, width = prefilled.shape
            return prefilled.new_zeros(n, 4, height // 4, width // 4)
        known = encode(prefilled)
        noise = torch.stack(
            [window_noise(self.request, v.window, tuple(known.shape[1:])) for v in views]  # type: ignore[arg-type]
        ).to(known.device)
        return sample(
            lambda z, t: self._velocity(z, t, inside, known),
            known,
            inside,
            noise,
            self.plan,
            self.network.schedule,
            progress=progress,
        )

    def _velocity(self, z: Tensor, t: Tensor, inside: Tensor, known: Tensor) -> Tensor:
        """The U-Net's answer; with a guidance other than 1 the style's pull is scaled by it."""
        styled = self.network.unet(z, inside, known, t, self.style).float()
        if self.style is None or self.request.guidance == 1.0:
            return styled
        plain = self.network.unet(z, inside, known, t, None).float()
        return plain + self.request.guidance * (styled - plain)
