"""The interface of a latent diffusion model to the pipeline."""

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
    """Inputs and extensions that a model supports."""

    TEXT = "text"
    STYLE = "style"
    ADAPTERS = "adapters"


Conditioning = Any
"""The backbone's encoded text and style, passed to :meth:`Backbone.denoise` unchanged."""


class Backbone(Protocol):
    """A loaded model: encoder, denoiser, decoder, and the noise schedule of the training.

    Images are (n, 3, h, w) in −1…1, masks (n, 1, h, w) with 1 in the hole; latents are smaller than images
    by :attr:`latent_factor`.
    """

    capabilities: frozenset[Capability]
    latent_factor: int
    latent_channels: int
    multiple: int
    """The sides of windows must be multiples of this."""
    working_size: int
    """Side in px of the windows the model was trained for."""
    style_side: int
    """Side in px of the style pictures; 0 without style."""
    schedule: NoiseSchedule

    @property
    def device(self) -> torch.device:
        """The device that runs the model."""

    @property
    def facts(self) -> Mapping[str, str | int | float]:
        """Facts for the record: name, weights hash, device, number format, adapters."""

    def condition(self, style_pictures: NDArray[np.float32], strength: float) -> Conditioning:
        """Encode style pictures (k, side, side, 3) in 0–1, once per run; None if there are none."""

    def encode(self, images: Tensor) -> Tensor:
        """Return the latents of images."""

    def latent_mask(self, masks: Tensor) -> Tensor:
        """Return a mask (n, 1, h / factor, w / factor) of the latents that the hole touches."""

    def denoise(
        self, latents: Tensor, timesteps: Tensor, inside: Tensor, known: Tensor, condition: Conditioning
    ) -> Tensor:
        """Evaluate the model once: its prediction for noisy ``latents``.

        ``inside`` is the latent mask, ``known`` the latents of the pre-filled image, ``timesteps`` (n,).
        """

    def decode(self, latents: Tensor, images: Tensor, masks: Tensor, inside: Tensor) -> Tensor:
        """Return the images of ``latents``; ``images`` and ``masks`` are the encoded inputs."""
