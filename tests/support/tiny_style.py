"""A style adapter for :func:`tiny_models.tiny_sd`."""

from __future__ import annotations

from pathlib import Path

import torch
from tiny_models import TEXT_WIDTHS, tiny_unet

from imagest_core.models.imagest.style_swin import StyleConfig
from imagest_core.models.stable_diffusion.style_branch import (
    RESTORATION_LAYERS,
    StyleBranch,
    StyleBranchConfig,
    save_style_branch,
)

TINY_ENCODER = StyleConfig(side=32, channels=8, depths=(1, 1), heads=(1, 2), window=4, token_channels=16)


def tiny_style_config(layers: tuple[str, ...] = RESTORATION_LAYERS) -> StyleBranchConfig:
    """A Swin encoder of a few thousand parameters."""
    return StyleBranchConfig(TINY_ENCODER, layers, context=TEXT_WIDTHS[0])


def tiny_style_adapter(
    folder: Path, layers: tuple[str, ...] = RESTORATION_LAYERS, seed: int = 0, trained: bool = True
) -> Path:
    """A style adapter as a folder; with ``trained`` its values aren't zero, so that it has an effect."""
    torch.manual_seed(seed)
    branch = StyleBranch(tiny_style_config(layers), tiny_unet())
    if trained:
        for projection in branch.projections.values():
            torch.nn.init.normal_(projection.to_v_style.weight)
    folder.mkdir(parents=True)
    save_style_branch(folder, branch)
    return folder
