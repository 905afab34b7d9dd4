"""Train the style branch over Stable Diffusion, alone or with the U-Net, as the paper does.

The autoencoder and the text encoder are frozen. For restoration the noise is predicted in the hole, from the
nine channels of an inpainting model, or from four channels, whose known latents are copied back when it is
used. For synthesis it is predicted everywhere, under a caption.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from imagest_core.models.backbone import EncodedWindows
from imagest_core.models.hardware import Hardware
from imagest_core.models.imagest.attention import StyleContext
from imagest_core.models.installed import InstalledModel
from imagest_core.models.stable_diffusion.backbone import TextCondition
from imagest_core.models.stable_diffusion.components import Components, quiet
from imagest_core.models.stable_diffusion.style_branch import StyleBranch, StyleBranchConfig
from imagest_core.models.stable_diffusion.text import EncodedText, PromptEncoder
from imagest_core.restoration.diffusion.sampler import sample
from imagest_core.restoration.diffusion.solvers import Solver
from imagest_core.restoration.modes import DDIM
from imagest_core.training.autoencoder import as_picture
from imagest_core.training.stable_diffusion import StableDiffusionTask
from imagest_core.training.style_examples import StyleBatch

SHOWN = 3
"""Held-out examples in the picture."""


@dataclass(frozen=True)
class StyleTaskOptions:
    """Options of the task.

    ``hardware``: device and number format of the frozen parts; a trained U-Net is float32. ``shown_steps``:
    DDIM steps of the held-out pictures.
    """

    hardware: Hardware
    train_unet: bool = False
    checkpointing: bool = True
    seed: int = 0
    shown_steps: int = 10


class StyledDenoiser(nn.Module):
    """The trained modules: the style branch, and the U-Net if it is trained, too."""

    def __init__(self, branch: StyleBranch, unet: Any, train_unet: bool) -> None:
        super().__init__()
        self.branch = branch
        if train_unet:
            self.unet = unet
        self._reference = (unet,)  # a tuple, so that a frozen U-Net isn't a part of this module

    def forward(
        self, inputs: Tensor, timesteps: Tensor, text: Tensor, pictures: Tensor, strength: Tensor
    ) -> Tensor:
        """Predict the noise (n, 4, h, w) under text (n, m, d) and style pictures (n, 3, t, t)."""
        self.branch.use(StyleContext(self.branch.tokens(pictures), strength))
        unet = self._reference[0]
        predicted: Tensor = unet(inputs, timesteps, encoder_hidden_states=text, return_dict=False)[0]
        return predicted.float()


class StyleBranchTask(StableDiffusionTask):
    """Trains :class:`StyledDenoiser` on the noise of damaged crops."""

    def __init__(
        self,
        base: InstalledModel,
        config: StyleBranchConfig,
        held_out: StyleBatch,
        captions: Sequence[str],
        options: StyleTaskOptions,
    ) -> None:
        super().__init__(
            base, options.hardware, train_unet=options.train_unet, checkpointing=options.checkpointing
        )
        self.options, self.held_out = options, held_out
        self.branch = StyleBranch(config, self.parts.unet)
        self.branch.install(self.parts.unet)
        self.loaded.branch = self.branch
        self.module = StyledDenoiser(self.branch, self.parts.unet, options.train_unet)
        self.captions = _encoded(self.parts, base, captions)

    @property
    def networks(self) -> list[nn.Module]:
        """Every network in memory, for the plan."""
        return [self.branch, *self.parts.modules]

    def loss(self, module: nn.Module, batch: StyleBatch, step: int) -> tuple[Tensor, Mapping[str, float]]:
        """Return the mean squared error of the prediction in the hole."""
        t, draws = self.draw(len(batch), self.options.seed * 1_000_003 + step)
        return self._loss(module, batch, t, draws), {"styled": float(batch.strength.mean())}

    def _loss(self, module: nn.Module, batch: StyleBatch, t: Tensor, draws: torch.Generator) -> Tensor:
        text, dtype = self.captions[batch.caption.cpu()].to(batch.clean.device), self.parts.unet.dtype

        def predict(noisy: Tensor, t: Tensor, encoded: EncodedWindows) -> Tensor:
            inputs = noisy if encoded.extra is None else torch.cat([noisy, encoded.extra], 1)
            predicted: Tensor = module(
                inputs.to(dtype, memory_format=torch.channels_last),
                t,
                text.to(dtype),
                batch.style,
                batch.strength,
            )
            return predicted

        return self.noise_loss(batch.clean, batch.mask, t, draws, predict)

    def evaluate(self, device: torch.device) -> tuple[Mapping[str, float], NDArray[np.uint8]]:
        """Return the held-out losses at fixed noise with and without style, and filled examples."""
        losses: dict[str, list[float]] = {"loss": [], "loss-without-style": []}
        rows = []
        for index, t in enumerate(self.fixed_timesteps(len(self.held_out))):
            batch = self.held_out[index].to(device)
            for name, strength in (("loss", 1.0), ("loss-without-style", 0.0)):
                draws = torch.Generator().manual_seed(index)
                styled = replace(batch, strength=torch.full_like(batch.strength, strength))
                losses[name].append(float(self._loss(self.module, styled, t, draws)))
            if index < SHOWN:
                rows.append(self._row(batch, index))
        return {name: float(np.mean(each)) for name, each in losses.items()}, as_picture(torch.cat(rows, 1))

    def _row(self, batch: StyleBatch, seed: int) -> Tensor:
        """Return the damaged crop, fills without and with style, the style and the crop beside each other."""
        side = batch.clean.shape[-1]
        style = nn.functional.interpolate(batch.style, (side, side), mode="bilinear")
        fills = [self._fill(batch, strength, seed) for strength in (0.0, 1.0)]
        damaged = batch.clean * (1 - batch.mask)
        return torch.cat([each[0].float() for each in (damaged, *fills, style, batch.clean)], dim=2)

    def _fill(self, batch: StyleBatch, strength: float, seed: int) -> Tensor:
        encoded = self.encode(batch.clean, batch.mask)
        style = self.branch.context(batch.style, strength) if strength else None
        text = EncodedText(self.captions[batch.caption.cpu()].to(batch.clean.device))
        condition = TextCondition(text, style=style)
        noise = torch.randn(encoded.known.shape, generator=torch.Generator().manual_seed(seed))
        latents = sample(
            lambda z, t: self.backbone.denoise(z, t, encoded, condition),
            encoded.known,
            encoded.inside,
            noise.to(encoded.known.device),
            Solver(DDIM, self.options.shown_steps),
            self.backbone.schedule,
        )
        decoded = self.backbone.decode(latents, batch.clean, batch.mask, encoded)
        return batch.mask * decoded + (1 - batch.mask) * batch.clean


@torch.no_grad()
def _encoded(parts: Components, base: InstalledModel, captions: Sequence[str]) -> Tensor:
    """Return the encoded captions (k, m, d), on the CPU."""
    with quiet():
        encoded = PromptEncoder(parts.holder, base.identity.family).encode(list(captions))
    return torch.cat([text.tokens for text in encoded])
