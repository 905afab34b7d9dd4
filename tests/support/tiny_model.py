"""The real network at toy size, and pictures to feed it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from imagest_core.models.checkpoint import save_checkpoint
from imagest_core.models.imagest.autoencoder import AutoencoderConfig
from imagest_core.models.imagest.network import ImagestNetwork, NetworkConfig
from imagest_core.models.imagest.style_swin import DEVIATION, StyleConfig
from imagest_core.models.imagest.unet import UNetConfig


def tiny_config(position: str = DEVIATION, synthesis: tuple[str, ...] = (), text: int = 0) -> NetworkConfig:
    """A few thousand parameters of every part."""
    return NetworkConfig(
        autoencoder=AutoencoderConfig(
            encoder_channels=8, encoder_blocks=1, decoder_channels=(8, 16, 16), decoder_blocks=(1, 1, 1)
        ),
        style=StyleConfig(
            side=32, channels=8, depths=(2, 2), heads=(1, 2), window=4, position=position, token_channels=16
        ),
        unet=UNetConfig(
            channels=(32, 32),
            attention=(False, True),
            head_channels=16,
            context_channels=16,
            text_channels=text,
            style_channels=16,
            synthesis_layers=synthesis,
        ),
    )


def tiny_network(config: NetworkConfig | None = None, seed: int = 0) -> ImagestNetwork:
    """Random weights everywhere, also where training starts from zero, so that every part has an effect."""
    torch.manual_seed(seed)
    network = ImagestNetwork(config or tiny_config())
    for parameter in network.parameters():
        if not parameter.any():
            torch.nn.init.normal_(parameter, std=0.05)
    return network.eval().requires_grad_(False)


def tiny_checkpoint(folder: Path, seed: int = 0) -> Path:
    """A checkpoint folder with the tiny network."""
    save_checkpoint(folder, tiny_network(seed=seed), name=folder.name, title="A toy", licence="none")
    return folder


def picture(side: int, seed: int = 0) -> np.ndarray:
    """A smooth colourful square (side, side, 3) uint8."""
    import cv2

    rng = np.random.default_rng(seed)
    coarse = rng.integers(30, 225, (6, 6, 3)).astype(np.uint8)
    return cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC)
