"""The training of the infill network, the smallest and the one most restorations rest on.

The loss is the logarithm of the squared error in the hole, example by example: thin cracks, where the error
is small, count as much as large losses.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from imagest_core.errors import ModelError
from imagest_core.models.infill import InfillConfig, InfillNetwork
from imagest_core.training.autoencoder import as_picture, hole_log_error, hole_psnr, prefill
from imagest_core.training.examples import Batch
from imagest_core.training.state import averaged, network_of


class InfillTask:
    """Trains :class:`InfillNetwork` on simulated damage."""

    def __init__(self, config: InfillConfig, held_out: Batch, begin: InfillNetwork | None = None) -> None:
        self.module = InfillNetwork(config)
        self.held_out = held_out
        if begin is not None:
            self.module.load_state_dict(begin.state_dict())

    def loss(self, module: nn.Module, batch: Batch, step: int) -> tuple[Tensor, Mapping[str, float]]:
        """Mean logarithm of the squared error; beside it, how many dB better than the pre-fill that is."""
        prefilled = prefill(batch.clean, batch.mask)
        error = hole_log_error((module(prefilled, batch.mask) - batch.clean) * batch.mask, batch.mask)
        before = hole_log_error((prefilled - batch.clean) * batch.mask, batch.mask)
        gain = 10.0 * (before - error.detach()).mean() / np.log(10.0)
        return error.mean(), {"gain_db": gain.item()}

    def evaluate(self, device: torch.device) -> tuple[Mapping[str, float], NDArray[np.uint8]]:
        """PSNR in the hole beside the pre-fill's, and a picture of damage, pre-fill, fill and truth."""
        psnr: dict[str, list[Tensor]] = {"prefill": [], "infill": []}
        picture: list[Tensor] = []
        for start in range(0, len(self.held_out.clean), 8):
            part = slice(start, start + 8)
            clean, mask = self.held_out.clean[part].to(device), self.held_out.mask[part].to(device)
            prefilled = prefill(clean, mask)
            filled = self.module(prefilled, mask)
            for name, image in (("prefill", prefilled), ("infill", filled)):
                psnr[name].append(hole_psnr(image, clean, mask))
            if start == 0:
                columns = [clean * (1 - mask), prefilled, filled, clean]
                picture = [torch.cat([c[i] for c in columns], dim=2) for i in range(min(6, len(clean)))]
        figures = {name: torch.cat(values).mean().item() for name, values in psnr.items()}
        return figures, as_picture(torch.cat(picture, dim=1))


def averaged_infill(run: Path) -> InfillNetwork:
    """The infill network of a training run (its averaged weights) or a model; else raises ``ModelError``."""
    config = network_of(run).infill
    if config is None:
        raise ModelError(f"The model {run.name} has no infill network to begin with.")
    infill = InfillNetwork(config)
    infill.load_state_dict(averaged(run, *(name for name, _ in infill.named_children())))
    return infill
