"""Sample whole pictures: every latent is free."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from imagest_core.arrays import Image
from imagest_core.models.backbone import Backbone, ConditionInputs
from imagest_core.progress import Pace, Progress
from imagest_core.restoration.diffusion.sampler import sample
from imagest_core.restoration.diffusion.solvers import Solver


class Synthesizer:
    """A backbone with a solver and a condition."""

    def __init__(self, backbone: Backbone, solver: Solver, inputs: ConditionInputs) -> None:
        self.backbone, self.solver, self.inputs = backbone, solver, inputs
        self._pace = Pace()
        with torch.inference_mode():
            self._condition = backbone.condition(inputs)

    @property
    def facts(self) -> Mapping[str, str | int | float]:
        """What the record keeps: model, hashes, device, solver."""
        guided = bool(self.inputs.prompt) and self.inputs.guidance != 1
        styled = self.inputs.style is not None and len(self.inputs.style) > 0
        return {
            **self.backbone.facts,
            "scheduler": self.solver.scheduler,
            "steps": self.solver.steps,
            "guidance": self.inputs.guidance if guided else 1.0,
            "styled": int(styled),
        }

    @torch.inference_mode()
    def picture(self, width: int, height: int, seed: int, progress: Progress) -> Image:
        """Return a picture (height, width, 3) in 0–1; raises ``Cancelled`` between steps."""
        device = self.backbone.device
        blank = torch.zeros(1, 3, height, width, device=device)
        everywhere = torch.ones(1, 1, height, width, device=device)
        encoded = self.backbone.encode(blank, everywhere)
        shape = encoded.known.shape

        def noise(key: int) -> Tensor:
            generator = torch.Generator().manual_seed(key)
            return torch.randn(shape, generator=generator).to(device)

        def decode(latents: Tensor) -> Image:
            decoded = self.backbone.decode(latents, blank, everywhere, encoded)[0].permute(1, 2, 0)
            return np.ascontiguousarray((decoded.float() / 2 + 0.5).clamp(0, 1).cpu().numpy())

        def show(clean: Tensor) -> None:
            if self._pace.due:
                with self._pace.turn():
                    progress.preview(decode(clean))

        latents = sample(
            lambda z, t: self.backbone.denoise(z, t, encoded, self._condition),
            encoded.known,
            encoded.inside,
            noise(seed),
            self.solver,
            self.backbone.schedule,
            fresh=lambda index: noise((seed << 12) + index + 1),
            progress=progress,
            seen=show if progress.wants_preview else None,
        )
        return decode(latents)
