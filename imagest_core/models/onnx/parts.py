"""The parts of an Imagest network that are exported as graphs, each as a torch module with its inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from imagest_core.models.imagest.attention import StyleContext
from imagest_core.models.imagest.autoencoder import LATENT_FACTOR, latent_mask
from imagest_core.models.imagest.network import ImagestNetwork
from imagest_core.models.onnx.graphs import DECODER, ENCODER, GRAPHS, STYLE, UNET


class _Encoder(nn.Module):
    def __init__(self, network: ImagestNetwork) -> None:
        super().__init__()
        self.autoencoder = network.autoencoder

    def forward(self, images: Tensor, masks: Tensor) -> tuple[Tensor, Tensor]:
        return self.autoencoder.encode(images), latent_mask(masks)


class _Decoder(nn.Module):
    def __init__(self, network: ImagestNetwork) -> None:
        super().__init__()
        self.autoencoder = network.autoencoder

    def forward(self, latents: Tensor, inside: Tensor, images: Tensor, masks: Tensor) -> Tensor:
        return self.autoencoder.decode(latents, inside, images, masks)


class _Style(nn.Module):
    def __init__(self, network: ImagestNetwork) -> None:
        super().__init__()
        self.style = network.style

    def forward(self, pictures: Tensor) -> Tensor:
        tokens: Tensor = self.style(pictures)
        return tokens.reshape(1, -1, tokens.shape[-1])


class _UNet(nn.Module):
    def __init__(self, network: ImagestNetwork) -> None:
        super().__init__()
        self.unet = network.unet

    def forward(
        self,
        latents: Tensor,
        inside: Tensor,
        known: Tensor,
        timesteps: Tensor,
        tokens: Tensor,
        strength: Tensor,
    ) -> Tensor:
        out: Tensor = self.unet(latents, inside, known, timesteps, StyleContext(tokens, strength))
        return out


@dataclass(frozen=True)
class Part:
    """What the exporter needs to know of a part.

    ``inputs``: name → which of its axes vary; ``outputs``: their names.
    """

    module: type[nn.Module]
    inputs: Mapping[str, tuple[int, ...]]
    outputs: tuple[str, ...]

    def examples(
        self, network: ImagestNetwork, batch: int, sides: tuple[int, int], seed: int
    ) -> list[Tensor]:
        """Return random inputs for images of ``sides`` (height, width)."""
        return [example(name, network, batch, sides, seed) for name in self.inputs]


IMAGE = (0, 2, 3)
PARTS: Mapping[str, Part] = {
    STYLE: Part(_Style, {"pictures": (0,)}, ("tokens",)),
    ENCODER: Part(_Encoder, {"images": IMAGE, "masks": IMAGE}, ("latents", "inside")),
    UNET: Part(
        _UNet,
        {
            "latents": IMAGE,
            "inside": IMAGE,
            "known": IMAGE,
            "timesteps": (0,),
            "tokens": (1,),
            "strength": (),
        },
        ("velocity",),
    ),
    DECODER: Part(
        _Decoder, {"latents": IMAGE, "inside": IMAGE, "images": IMAGE, "masks": IMAGE}, ("filled",)
    ),
}
assert set(PARTS) == set(GRAPHS)


def example(name: str, network: ImagestNetwork, batch: int, sides: tuple[int, int], seed: int) -> Tensor:
    """Return a random input of this name."""
    random = torch.Generator().manual_seed(seed * 101 + len(name))
    height, width = sides
    latent = height // LATENT_FACTOR, width // LATENT_FACTOR
    channels, config = network.config.autoencoder.latent_channels, network.config
    shapes = {
        "pictures": (batch, 3, config.style.side, config.style.side),
        "images": (batch, 3, height, width),
        "masks": (batch, 1, height, width),
        "latents": (batch, channels, *latent),
        "known": (batch, channels, *latent),
        "inside": (batch, 1, *latent),
        "tokens": (1, 8 * batch, config.style.token_channels),
        "strength": (1, 1, 1),
    }
    if name == "timesteps":
        return torch.randint(0, 1000, (batch,), generator=random)
    noise = torch.randn(shapes[name], generator=random)
    if name in ("masks", "inside"):
        return (noise > 0).float()
    return noise.clamp(-1, 1) if name in ("pictures", "images") else noise
