"""The interface of a latent diffusion model to the pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from imagest_core.models.array_devices import Array
    from imagest_core.models.schedule import NoiseSchedule


class Capability(StrEnum):
    """Inputs and extensions that a model supports."""

    TEXT = "text"
    STYLE = "style"
    ADAPTERS = "adapters"
    NEGATIVE_TEXT = "negative-text"
    STRENGTH = "strength"
    GUIDANCE = "guidance"


Conditioning = Any
"""The backbone's encoded text and style, passed to :meth:`Backbone.denoise` unchanged."""


@dataclass(frozen=True, eq=False)
class ConditionInputs:
    """What a run is conditioned on.

    ``style``: pictures (k, side, side, 3) float32 in 0–1, k may be 0; ``guidance``: weight of the difference
    to the unconditioned prediction, or to that of the negative prompt; 1 leaves it out.
    """

    style: NDArray[np.float32] | None = None
    style_strength: float = 1.0
    prompt: str = ""
    negative_prompt: str = ""
    guidance: float = 1.0


@dataclass(frozen=True, eq=False)
class EncodedWindows:
    """Latents of windows, made once per batch.

    ``known`` (n, c, h, w): latents of the pre-filled images; ``inside`` (n, 1, h, w): 1 where the hole
    touches; ``extra`` (n, k, h, w): further channels that the network reads.
    """

    known: Array
    inside: Array
    extra: Array | None = None


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
    def device(self) -> Any:
        """The torch device that runs the model; None if the model takes and returns NumPy arrays."""

    @property
    def facts(self) -> Mapping[str, str | int | float]:
        """Facts for the record: name, weights hash, device, number format, adapters."""

    def condition(self, inputs: ConditionInputs) -> Conditioning:
        """Encode style and text, once per run; None where there is nothing to encode."""

    def encode(self, images: Array, masks: Array) -> EncodedWindows:
        """Return the latents of pre-filled images and what else the network reads of them."""

    def denoise(
        self, latents: Array, timesteps: Array, encoded: EncodedWindows, condition: Conditioning
    ) -> Array:
        """Return the model's prediction for noisy ``latents`` at ``timesteps`` (n,), with guidance."""

    def decode(self, latents: Array, images: Array, masks: Array, encoded: EncodedWindows) -> Array:
        """Return the images of ``latents``; ``images`` and ``masks`` are the encoded inputs."""

    def window_bytes(self, pixels: int) -> int:
        """Return the working memory in bytes of a window of ``pixels``, generously."""

    def reduce_memory(self) -> bool:
        """Move weights off the GPU between evaluations; False if that is done or impossible."""
