"""The whole network: autoencoder, style encoder, U-Net, and the description they are built from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import torch
from torch import Tensor, nn

from imagest_core.models.imagest.attention import StyleContext
from imagest_core.models.imagest.autoencoder import LATENT_FACTOR, AutoencoderConfig, ImagestAutoencoder
from imagest_core.models.imagest.style_swin import StyleConfig, StyleSwinEncoder
from imagest_core.models.imagest.unet import ImagestUNet, UNetConfig
from imagest_core.models.schedule import cosine_schedule
from imagest_core.models.validation import check_network


@dataclass(frozen=True)
class NetworkConfig:
    """Everything needed to build the network; stored beside its weights."""

    autoencoder: AutoencoderConfig = field(default_factory=AutoencoderConfig)
    style: StyleConfig = field(default_factory=StyleConfig)
    unet: UNetConfig = field(default_factory=UNetConfig)

    @property
    def multiple(self) -> int:
        """Sides of a window must be multiples of this."""
        latent = LATENT_FACTOR * 2 ** (len(self.unet.channels) - 1)
        return int(max(2 ** len(self.autoencoder.decoder_channels), latent))

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> NetworkConfig:
        """Rebuild from :meth:`to_json`; raises ``ValueError`` naming what no network can have."""
        check_network(stored)
        return cls(
            autoencoder=AutoencoderConfig(**_tuples(stored["autoencoder"])),
            style=StyleConfig(**_tuples(stored["style"])),
            unet=UNetConfig(**_tuples(stored["unet"])),
        )

    def to_json(self) -> dict[str, Any]:
        """Plain dictionaries and lists."""
        return {f.name: asdict(getattr(self, f.name)) for f in fields(self)}


def _tuples(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


class ImagestNetwork(nn.Module):
    """The Imagest network; its parts train apart and travel together."""

    def __init__(self, config: NetworkConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or NetworkConfig()
        if config.style.token_channels != config.unet.style_channels:
            raise ValueError("The style encoder's tokens and the U-Net's style channels must be as wide")
        self.autoencoder = ImagestAutoencoder(config.autoencoder)
        self.style = StyleSwinEncoder(config.style)
        self.unet = ImagestUNet(config.unet)
        self.schedule = cosine_schedule()

    @property
    def parts(self) -> dict[str, nn.Module]:
        """Each part by the name of its file."""
        return {"autoencoder": self.autoencoder, "style": self.style, "unet": self.unet}

    def style_context(self, pictures: Tensor, strength: float = 1.0) -> StyleContext:
        """One style from all ``pictures`` (k, 3, side, side): their tokens in a row, keys and values kept."""
        tokens = self.style(pictures).flatten(0, 1)[None]
        return StyleContext(tokens, torch.full((1, 1, 1), strength, device=tokens.device), cached=True)

    def parameter_count(self) -> int:
        """Parameters of all three parts."""
        return sum(p.numel() for p in self.parameters())
