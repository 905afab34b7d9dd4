"""What a latent diffusion model is to the pipeline that fills with it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray
    from torch import Tensor

    from imagest_core.models.schedule import NoiseSchedule


class Capability(StrEnum):
    """What a model can be conditioned on or extended with."""

    TEXT = "text"
    STYLE = "style"
    ADAPTERS = "adapters"


Conditioning = Any
"""What a backbone made of text and style: passed back to :meth:`Backbone.denoise` as it is."""


class Backbone(Protocol):
    """A loaded model: encoder, denoiser, decoder, and the schedule they were trained with.

    Images are (n, 3, h, w) in −1…1, masks (n, 1, h, w) with 1 in the hole; latents are smaller than images
    by :attr:`latent_factor`.
    """

    capabilities: frozenset[Capability]
    latent_factor: int
    latent_channels: int
    multiple: int
    """Sides of windows must be multiples of this."""
    working_size: int
    """Side in px of the windows the model was trained for."""
    style_side: int
    """Side in px of the style pictures it reads; 0 without style."""
    schedule: NoiseSchedule

    @property
    def device(self) -> torch.device:
        """Where it runs."""

    @property
    def facts(self) -> Mapping[str, str | int | float]:
        """What the record keeps: name, weights hash, device, number format, adapters."""

    def condition(self, style_pictures: NDArray[np.float32], strength: float) -> Conditioning:
        """Conditioning on style pictures (k, side, side, 3) in 0–1, computed once a run; None without any."""

    def encode(self, images: Tensor) -> Tensor:
        """Latents of images."""

    def latent_mask(self, masks: Tensor) -> Tensor:
        """Which latents the hole touches, (n, 1, h / factor, w / factor)."""

    def denoise(
        self, latents: Tensor, timesteps: Tensor, inside: Tensor, known: Tensor, condition: Conditioning
    ) -> Tensor:
        """One model evaluation: the schedule's kind of prediction for noisy ``latents``.

        ``inside`` is the latent mask, ``known`` the latents of the pre-filled image, ``timesteps`` (n,).
        """

    def decode(self, latents: Tensor, images: Tensor, masks: Tensor, inside: Tensor) -> Tensor:
        """Images of ``latents``; ``images`` and ``masks`` are what was encoded."""
