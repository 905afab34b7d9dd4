"""The embedded Imagest network as a backbone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from imagest_core.models.backbone import Capability
from imagest_core.models.cache import ModelCache
from imagest_core.models.checkpoint import Checkpoint, load_checkpoint
from imagest_core.models.description import read_description
from imagest_core.models.hardware import Hardware
from imagest_core.models.imagest.attention import StyleContext
from imagest_core.models.imagest.autoencoder import LATENT_FACTOR, latent_mask
from imagest_core.progress import Progress

WORKING_SIZE = 256

cache: ModelCache[Checkpoint] = ModelCache()


def load_backbone(folder: Path, hardware: Hardware, progress: Progress) -> ImagestBackbone:
    """Load the network of ``folder``, or take it from the cache; raises ``ModelError`` and ``Cancelled``."""
    key = folder, read_description(folder).weights_hash, hardware.device

    def load() -> tuple[Checkpoint, int]:
        checkpoint = load_checkpoint(folder, progress)
        network = checkpoint.network
        network.to(hardware.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        return checkpoint, sum(p.numel() * p.element_size() for p in network.parameters())

    return ImagestBackbone(cache.get(key, load), hardware)


class ImagestBackbone:
    """Autoencoder with a mask-conditioned decoder, style encoder and U-Net, conditioned on style alone."""

    capabilities = frozenset({Capability.STYLE})
    latent_factor = LATENT_FACTOR
    working_size = WORKING_SIZE

    def __init__(self, checkpoint: Checkpoint, hardware: Hardware) -> None:
        self._network, self._description, self._hardware = (
            checkpoint.network,
            checkpoint.description,
            hardware,
        )
        config = self._network.config
        self.latent_channels = config.autoencoder.latent_channels
        self.multiple = config.multiple
        self.style_side = config.style.side
        self.schedule = self._network.schedule

    @property
    def device(self) -> torch.device:
        """The device that runs the model."""
        return self._hardware.device

    @property
    def facts(self) -> Mapping[str, str | int | float]:
        """Name, weights hash, device and number format, for the record."""
        return {
            "model": self._description.name,
            "weights_sha256": self._description.weights_hash,
            "device": self._hardware.name,
            "dtype": str(self._hardware.dtype).removeprefix("torch."),
        }

    def condition(self, style_pictures: NDArray[np.float32], strength: float) -> StyleContext | None:
        """Encode the pictures (k, side, side, 3) in 0–1 as style tokens; None if there are none."""
        if not len(style_pictures):
            return None
        pictures = torch.from_numpy(style_pictures).permute(0, 3, 1, 2).to(self.device) * 2 - 1
        with self._hardware.autocast():
            return self._network.style_context(pictures, strength)

    def encode(self, images: Tensor) -> Tensor:
        """Return the latents of images (n, 3, h, w) in −1…1."""
        with self._hardware.autocast():
            return self._network.autoencoder.encode(images)

    def latent_mask(self, masks: Tensor) -> Tensor:
        """Return the mask of the latents that the hole touches."""
        return latent_mask(masks)

    def denoise(
        self,
        latents: Tensor,
        timesteps: Tensor,
        inside: Tensor,
        known: Tensor,
        condition: StyleContext | None,
    ) -> Tensor:
        """Predict the velocity of noisy ``latents``."""
        with self._hardware.autocast():
            return self._network.unet(latents, inside, known, timesteps, condition).float()

    def decode(self, latents: Tensor, images: Tensor, masks: Tensor, inside: Tensor) -> Tensor:
        """Return the images of ``latents``; outside the hole the decoder gets the known samples."""
        with self._hardware.autocast():
            return self._network.autoencoder.decode(latents, inside, images, masks).float()
