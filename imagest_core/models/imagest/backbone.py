"""The embedded Imagest network as a backbone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load
from torch import Tensor

from imagest_core.models.backbone import Capability, ConditionInputs, EncodedWindows
from imagest_core.models.cache import loaded_models
from imagest_core.models.checkpoint import Checkpoint, load_checkpoint
from imagest_core.models.description import read_description
from imagest_core.models.hardware import Hardware
from imagest_core.models.imagest.attention import StyleContext
from imagest_core.models.imagest.autoencoder import LATENT_FACTOR, latent_mask
from imagest_core.models.low_rank import add_changes
from imagest_core.models.studies import IMAGEST, Study, check_study
from imagest_core.progress import Progress

WORKING_SIZE = 256
BYTES_PER_PIXEL = 6400
"""Working memory on a GPU."""


def load_backbone(
    folder: Path, hardware: Hardware, progress: Progress, study: Study | None = None
) -> ImagestBackbone:
    """Load the network of ``folder``, or take it from the cache; raises ``ModelError`` and ``Cancelled``.

    With a ``study`` its changes are added to the weights.
    """
    description = read_description(folder)
    key = folder, description.weights_hash, hardware.device, study and study.sha256

    def load_network() -> tuple[Checkpoint, int]:
        checkpoint = load_checkpoint(folder, progress)
        network = checkpoint.network
        if study is not None:
            check_study(study, IMAGEST, description.name, description.weights_hash)
            add_changes(network.unet, load(study.data), "the study")
        network.to(hardware.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        return checkpoint, sum(p.numel() * p.element_size() for p in network.parameters())

    return ImagestBackbone(loaded_models.get(key, load_network), hardware, study)


@dataclass(frozen=True, eq=False)
class StyleCondition:
    """Style tokens and the guidance towards them."""

    context: StyleContext
    guidance: float = 1.0


class ImagestBackbone:
    """Autoencoder with a mask-conditioned decoder, style encoder and U-Net, conditioned on style alone."""

    capabilities = frozenset({Capability.STYLE})
    latent_factor = LATENT_FACTOR
    working_size = WORKING_SIZE

    def __init__(self, checkpoint: Checkpoint, hardware: Hardware, study: Study | None = None) -> None:
        self._study = study
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
        """Name, weights hash, device, number format and study, for the record."""
        return {
            "model": self._description.name,
            "weights_sha256": self._description.weights_hash,
            "device": self._hardware.name,
            "dtype": str(self._hardware.dtype).removeprefix("torch."),
            "runtime": f"torch {torch.__version__}",
            **(self._study.record if self._study is not None else {}),
        }

    def condition(self, inputs: ConditionInputs) -> StyleCondition | None:
        """Encode the style pictures as style tokens; None if there are none."""
        if inputs.style is None or not len(inputs.style):
            return None
        pictures = torch.from_numpy(inputs.style).permute(0, 3, 1, 2).to(self.device) * 2 - 1
        with self._hardware.autocast():
            return StyleCondition(
                self._network.style_context(pictures, inputs.style_strength), inputs.guidance
            )

    def encode(self, images: Tensor, masks: Tensor) -> EncodedWindows:
        """Return the latents of images (n, 3, h, w) in −1…1 and which of them the hole touches."""
        with self._hardware.autocast():
            return EncodedWindows(self._network.autoencoder.encode(images), latent_mask(masks))

    def denoise(
        self, latents: Tensor, timesteps: Tensor, encoded: EncodedWindows, condition: StyleCondition | None
    ) -> Tensor:
        """Predict the velocity of noisy ``latents``; guidance other than 1 extrapolates the style."""
        inputs = latents, encoded.inside, encoded.known, timesteps
        with self._hardware.autocast():
            if condition is None or condition.guidance == 1.0:
                context = None if condition is None else condition.context
                return self._network.unet(*inputs, context).float()
            plain = self._network.unet(*inputs, None).float()
            styled = self._network.unet(*inputs, condition.context).float()
        return plain + condition.guidance * (styled - plain)

    def decode(self, latents: Tensor, images: Tensor, masks: Tensor, encoded: EncodedWindows) -> Tensor:
        """Return the images of ``latents``; outside the hole the decoder gets the known samples."""
        with self._hardware.autocast():
            return self._network.autoencoder.decode(latents, encoded.inside, images, masks).float()

    def window_bytes(self, pixels: int) -> int:
        """Return the working memory in bytes of a window of ``pixels``, generously."""
        return pixels * BYTES_PER_PIXEL

    def reduce_memory(self) -> bool:
        """Return False: the network is small."""
        return False
