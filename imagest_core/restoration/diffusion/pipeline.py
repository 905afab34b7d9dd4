"""Windows as tensors, once through the network: the faithful answer, and a sample."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from imagest_core.models.hardware import Hardware
from imagest_core.models.imagest.attention import StyleContext
from imagest_core.models.imagest.autoencoder import latent_mask
from imagest_core.models.imagest.network import ImagestNetwork
from imagest_core.progress import Progress
from imagest_core.restoration.diffusion.sampler import Plan, sample, window_noise
from imagest_core.restoration.inpainting.pde import anisotropic_spline
from imagest_core.restoration.planning.window import Window, WindowView
from imagest_core.restoration.request import RestorationRequest
from imagest_core.restoration.texture.color_transfer import Palette
from imagest_core.restoration.texture.detail_transfer import Source

OUTERMOST = 1.5
"""Colours beyond sRGB (−1…1) are shown to the network up to here; the fill keeps them whole."""


@dataclass(frozen=True)
class Prepared:
    """A batch of windows of one shape, padded: pre-fill, masks (n, ·, h, w), latent mask (n, 1, h/4, w/4).

    ``mask`` is what has to be filled, ``lost`` all that is no paint: a coarser fill may stand in for some of
    it.
    """

    windows: tuple[Window, ...]
    prefilled: Tensor
    mask: Tensor
    lost: Tensor
    inside: Tensor

    @property
    def shown(self) -> Tensor:
        """What the network sees of the pre-fill."""
        return self.prefilled.clamp(-OUTERMOST, OUTERMOST)

    def only(self, indices: Sequence[int]) -> Prepared:
        """Some of the windows."""
        chosen = list(indices)
        windows = tuple(self.windows[i] for i in chosen)
        parts = (self.prefilled, self.mask, self.lost, self.inside)
        return Prepared(windows, *(part[chosen] for part in parts))


def prepare(views: Sequence[WindowView], multiple: int, device: torch.device) -> Prepared:
    """Windows of one shape as tensors in −1…1, pre-filled and padded to a ``multiple``."""
    image = torch.from_numpy(np.stack([view.begun for view in views])).permute(0, 3, 1, 2) * 2 - 1
    mask, lost = (
        torch.from_numpy(np.stack(masks)).float()[:, None].to(device)
        for masks in ([view.hole for view in views], [view.mask for view in views])
    )
    image = image.to(device, memory_format=torch.channels_last)
    down, right = -image.shape[2] % multiple, -image.shape[3] % multiple
    padding = (0, right, 0, down)
    filled = anisotropic_spline(image, mask) if bool(mask.any()) else image
    prefilled = functional.pad(filled, padding, mode="replicate")
    mask, lost = functional.pad(mask, padding), functional.pad(lost, padding)
    return Prepared(tuple(view.window for view in views), prefilled, mask, lost, latent_mask(mask))


class NetworkPass:
    """The network with one request, one sampling plan and at most one style."""

    def __init__(
        self, network: ImagestNetwork, hardware: Hardware, request: RestorationRequest, plan: Plan
    ) -> None:
        self.network, self.hardware, self.request, self.plan = network, hardware, request, plan
        self.style: StyleContext | None = None
        self.sources: tuple[Source, ...] = ()
        """Paint the user chose as a reference; it is studied beside each window's own."""
        self.palette: Palette | None = None
        """Its colours."""

    def read_style(self, squares: NDArray[np.float32]) -> None:
        """Compute the tokens of the style pictures (k, side, side, 3) once for the whole run."""
        pictures = torch.from_numpy(squares).permute(0, 3, 1, 2).to(self.hardware.device) * 2 - 1
        with self.hardware.autocast():
            self.style = self.network.style_context(pictures, self.request.style_strength)

    def borrow(self, sources: tuple[Source, ...]) -> None:
        """Take paint the user chose as a reference."""
        self.sources, self.palette = sources, Palette.of(sources)

    def sampled(
        self,
        batch: Prepared,
        progress: Progress,
        seen: Callable[[Callable[[], Tensor]], None] | None = None,
    ) -> Tensor:
        """A sample with the style's texture, (n, 3, h, w); ``seen`` can ask for what it is on the way."""
        with self.hardware.autocast():
            known = self.network.autoencoder.encode(batch.shown)
            progress.check()
            shape = (int(known.shape[1]), int(known.shape[2]), int(known.shape[3]))
            noise = torch.stack([window_noise(self.request, window, shape) for window in batch.windows])
            latents = sample(
                lambda z, t: self._velocity(z, t, batch.inside, known),
                known,
                batch.inside,
                noise.to(known.device),
                self.plan,
                self.network.schedule,
                progress=progress,
                seen=None if seen is None else lambda clean: seen(lambda: self._decoded(clean, batch)),
            )
        return self._decoded(latents, batch)

    def _decoded(self, latents: Tensor, batch: Prepared) -> Tensor:
        with self.hardware.autocast():
            painted = self.network.autoencoder.decode(latents, batch.inside, batch.shown, batch.mask)
        return batch.prefilled + (painted.float() - batch.shown)

    def _velocity(self, z: Tensor, t: Tensor, inside: Tensor, known: Tensor) -> Tensor:
        """The U-Net's answer; with a guidance other than 1 the style's pull is scaled by it."""
        styled = self.network.unet(z, inside, known, t, self.style).float()
        if self.style is None or self.request.guidance == 1.0:
            return styled
        plain = self.network.unet(z, inside, known, t, None).float()
        return plain + self.request.guidance * (styled - plain)
