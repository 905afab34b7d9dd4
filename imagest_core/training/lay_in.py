"""The training of the lay-in: broad masses of large losses, at a quarter of the crops' size."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from imagest_core.errors import ModelError
from imagest_core.models.lay_in import LayIn, LayInConfig
from imagest_core.restoration.lay_in import SCALE, broad
from imagest_core.training.autoencoder import as_picture, hole_psnr
from imagest_core.training.damage_simulation import DamageMix
from imagest_core.training.examples import Batch
from imagest_core.training.state import averaged, is_model, network_of

DAMAGE = DamageMix(cracks=0.0, lacunae=0.15, strokes=0.15, large=0.7)
"""What is wide enough to need masses laid in."""
FAINTEST = 8e-4
"""Mean square error (of pictures in −1…1) below which less is no gain: 37 dB."""


class LayInTask:
    """Trains :class:`LayIn` for the best mean PSNR: its error beside the pre-fill's, crop by crop."""

    def __init__(self, config: LayInConfig, held_out: Batch, begin: LayIn | None = None) -> None:
        self.module = LayIn(config)
        self.held_out = held_out
        if begin is not None:
            self.module.load_state_dict(begin.state_dict())

    def loss(self, module: nn.Module, batch: Batch, step: int) -> tuple[Tensor, Mapping[str, float]]:
        """The mean logarithm of the error in the hole beside the pre-fill's."""
        prefilled, hole, depth = broad(batch.clean, batch.mask)
        true = functional.avg_pool2d(batch.clean, SCALE)
        before = _error(prefilled - true, hole)
        after = _error(prefilled + module(prefilled, hole, depth) - true, hole)
        loss = ((after + FAINTEST) / (before + FAINTEST)).log().mean()
        return loss, {"gain": -10.0 / np.log(10.0) * loss.item()}

    @torch.no_grad()
    def evaluate(self, device: torch.device) -> tuple[Mapping[str, float], NDArray[np.uint8]]:
        """PSNR in the hole at a quarter of the size, beside the pre-fill."""
        psnr: dict[str, list[Tensor]] = {"prefill": [], "lay-in": []}
        rows: list[Tensor] = []
        for start in range(0, len(self.held_out.clean), 8):
            part = slice(start, start + 8)
            clean, mask = self.held_out.clean[part].to(device), self.held_out.mask[part].to(device)
            prefilled, hole, depth = broad(clean, mask)
            true = functional.avg_pool2d(clean, SCALE)
            answer = prefilled + hole * self.module(prefilled, hole, depth)
            for name, image in (("prefill", prefilled), ("lay-in", answer)):
                psnr[name].append(hole_psnr(image, true, hole)[hole.flatten(1).any(1)])
            if start == 0:
                columns = [true * (1 - hole), prefilled, answer, true]
                rows = [torch.cat([c[i] for c in columns], dim=2) for i in range(min(6, len(clean)))]
        figures = {name: torch.cat(values).mean().item() for name, values in psnr.items()}
        return figures, as_picture(torch.cat(rows, dim=1))


def _error(difference: Tensor, hole: Tensor) -> Tensor:
    """Mean square in the hole, one per example (n,)."""
    area = 3.0 * hole.flatten(1).sum(1).clamp(min=1.0)
    return (difference * hole).square().flatten(1).sum(1) / area


def learned_lay_in(run: Path) -> LayIn:
    """The lay-in of a run (its averaged weights) or of a model; else raises ``ModelError``."""
    config = network_of(run).lay_in
    if config is None:
        raise ModelError(f"The model {run.name} has no lay-in.")
    lay_in = LayIn(config)
    stored = averaged(run)
    own = {
        k.removeprefix("lay_in."): v
        for k, v in stored.items()
        if k.startswith("lay_in.") or not is_model(run)
    }
    lay_in.load_state_dict(own)
    return lay_in
