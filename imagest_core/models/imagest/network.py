"""The complete network: autoencoder, style encoder, U-Net, and its configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import torch
from torch import Tensor, nn

from imagest_core.cached import cached_property
from imagest_core.models.imagest.attention import StyleContext
from imagest_core.models.imagest.autoencoder import LATENT_FACTOR, AutoencoderConfig, ImagestAutoencoder
from imagest_core.models.imagest.style_swin import StyleConfig, StyleSwinEncoder
from imagest_core.models.imagest.unet import ImagestUNet, UNetConfig
from imagest_core.models.schedule import NoiseSchedule, cosine_schedule
from imagest_core.models.validation import check_network


@dataclass(frozen=True)
class NetworkConfig:
    """Everything needed to build the network; stored with its weights."""

    autoencoder: AutoencoderConfig = field(default_factory=AutoencoderConfig)
    style: StyleConfig = field(default_factory=StyleConfig)
    unet: UNetConfig = field(default_factory=UNetConfig)

    @property
    def multiple(self) -> int:
        """The sides of windows must be multiples of this."""
        latent = LATENT_FACTOR * 2 ** (len(self.unet.channels) - 1)
        return int(max(2 ** len(self.autoencoder.decoder_channels), latent))

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> NetworkConfig:
        """Read the output of :meth:`to_json`; raises ``ValueError`` for an invalid value."""
        check_network(stored)
        return cls(
            autoencoder=AutoencoderConfig(**_tuples(stored["autoencoder"])),
            style=StyleConfig(**_tuples(stored["style"])),
            unet=UNetConfig(**_tuples(stored["unet"])),
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain dictionaries and lists."""
        return {f.name: asdict(getattr(self, f.name)) for f in fields(self)}


def _tuples(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


class ImagestNetwork(nn.Module):
    """The Imagest network; its parts are trained separately and stored together."""

    def __init__(self, config: NetworkConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or NetworkConfig()
        if config.style.token_channels != config.unet.style_channels:
            raise ValueError("Style tokens and the style channels of the U-Net must have the same width")
        self.autoencoder = ImagestAutoencoder(config.autoencoder)
        self.style = StyleSwinEncoder(config.style)
        self.unet = ImagestUNet(config.unet)

    @cached_property
    def schedule(self) -> NoiseSchedule:
        """The noise schedule; not computed while the network is only outlined on the meta device."""
        return cosine_schedule()

    @property
    def parts(self) -> dict[str, nn.Module]:
        """The parts by the stems of their files."""
        return {"autoencoder": self.autoencoder, "style": self.style, "unet": self.unet}

    def style_context(self, pictures: Tensor, strength: float = 1.0) -> StyleContext:
        """Encode all ``pictures`` (k, 3, side, side) as one style with cached keys and values."""
        tokens = self.style(pictures).flatten(0, 1)[None]
        return StyleContext(tokens, torch.full((1, 1, 1), strength, device=tokens.device), cached=True)

    def parameter_count(self) -> int:
        """Return the number of parameters of all parts."""
        return sum(p.numel() for p in self.parameters())
