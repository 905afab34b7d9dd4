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
from imagest_core.models.stable_diffusion.backbone import (
    LoadedDiffusion,
    LoadOptions,
    StableDiffusionBackbone,
    TextCondition,
)
from imagest_core.models.stable_diffusion.components import Components, load_components, quiet
from imagest_core.models.stable_diffusion.style_branch import StyleBranch, StyleBranchConfig
from imagest_core.models.stable_diffusion.text import EncodedText, PromptEncoder
from imagest_core.restoration.diffusion.sampler import sample
from imagest_core.restoration.diffusion.solvers import Solver
from imagest_core.restoration.modes import DDIM
from imagest_core.training.autoencoder import as_picture
from imagest_core.training.loop import best_precision
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


def training_hardware(device: str, precision: str) -> Hardware:
    """Return the device and the number format of frozen weights, for the same options as the loop's."""
    chosen = "cuda" if device != "cpu" and torch.cuda.is_available() else "cpu"
    precision = best_precision(chosen) if precision == "auto" else precision
    formats = {"bf16": torch.bfloat16, "fp16": torch.float16}
    return Hardware(torch.device(chosen), formats.get(precision, torch.float32))


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


class StyleBranchTask:
    """Trains :class:`StyledDenoiser` on the noise of damaged crops."""

    def __init__(
        self,
        base: InstalledModel,
        config: StyleBranchConfig,
        held_out: StyleBatch,
        captions: Sequence[str],
        options: StyleTaskOptions,
    ) -> None:
        self.options, self.held_out = options, held_out
        hardware = options.hardware
        dtype = torch.float32 if options.train_unet else hardware.dtype
        self.parts = load_components(base.path, base.identity, dtype)
        if options.train_unet:
            self.parts.unet.requires_grad_(True)
            with quiet():
                for part in (self.parts.autoencoder, self.parts.holder.text_encoder):
                    part.to(hardware.dtype)
        if options.checkpointing:
            self.parts.unet.enable_gradient_checkpointing()
        self.branch = StyleBranch(config, self.parts.unet)
        self.branch.install(self.parts.unet)
        self.module = StyledDenoiser(self.branch, self.parts.unet, options.train_unet)
        self.captions = _encoded(self.parts, base, captions)
        loaded = LoadedDiffusion(self.parts, "", branch=self.branch)
        self._backbone = StableDiffusionBackbone(base, loaded, hardware, LoadOptions())
        self._placed = False

    @property
    def latent_factor(self) -> int:
        """Pixels per latent along a side."""
        return self._backbone.latent_factor

    @property
    def multiple(self) -> int:
        """The side of crops must be a multiple of this."""
        return self._backbone.multiple

    def _place(self, device: torch.device) -> None:
        if not self._placed:
            for part in (self.parts.unet, self.parts.autoencoder):
                part.to(device, memory_format=torch.channels_last)
            self._placed = True

    def loss(self, module: nn.Module, batch: StyleBatch, step: int) -> tuple[Tensor, Mapping[str, float]]:
        """Return the mean squared error of the prediction in the hole."""
        draws = torch.Generator().manual_seed(self.options.seed * 1_000_003 + step)
        t = torch.randint(0, self._backbone.schedule.steps, (len(batch),), generator=draws)
        loss = self._loss(module, batch, t, draws)
        return loss, {"styled": float(batch.strength.mean())}

    def _loss(self, module: nn.Module, batch: StyleBatch, t: Tensor, draws: torch.Generator) -> Tensor:
        device, schedule = batch.clean.device, self._backbone.schedule
        encoded = self._encode(batch)
        t, clean = t.to(device), encoded.known
        noise = torch.randn(clean.shape, generator=draws).to(device)
        noisy = schedule.add(clean, noise, t)
        inputs = noisy if encoded.extra is None else torch.cat([noisy, encoded.extra], 1)
        text = self.captions[batch.caption.cpu()].to(device)
        dtype = self.parts.unet.dtype
        predicted = module(
            inputs.to(dtype, memory_format=torch.channels_last),
            t,
            text.to(dtype),
            batch.style,
            batch.strength,
        )
        error = (predicted - schedule.target(clean, noise, t)).square().mean(1, keepdim=True)
        loss: Tensor = (error * encoded.inside).sum() / encoded.inside.sum()
        return loss

    @torch.no_grad()
    def _encode(self, batch: StyleBatch) -> EncodedWindows:
        self._place(batch.clean.device)
        return self._backbone.encode(batch.clean, batch.mask)

    def evaluate(self, device: torch.device) -> tuple[Mapping[str, float], NDArray[np.uint8]]:
        """Return the held-out losses at fixed noise with and without style, and filled examples."""
        losses: dict[str, list[float]] = {"loss": [], "loss-without-style": []}
        rows = []
        steps = self._backbone.schedule.steps
        for index in range(len(self.held_out)):
            batch = self.held_out[index].to(device)
            t = torch.tensor([(index + 1) * steps // (len(self.held_out) + 1)])
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
        encoded = self._encode(batch)
        style = self.branch.context(batch.style, strength) if strength else None
        text = EncodedText(self.captions[batch.caption.cpu()].to(batch.clean.device))
        condition = TextCondition(text, style=style)
        noise = torch.randn(encoded.known.shape, generator=torch.Generator().manual_seed(seed))
        latents = sample(
            lambda z, t: self._backbone.denoise(z, t, encoded, condition),
            encoded.known,
            encoded.inside,
            noise.to(encoded.known.device),
            Solver(DDIM, self.options.shown_steps),
            self._backbone.schedule,
        )
        decoded = self._backbone.decode(latents, batch.clean, batch.mask, encoded)
        return batch.mask * decoded + (1 - batch.mask) * batch.clean


@torch.no_grad()
def _encoded(parts: Components, base: InstalledModel, captions: Sequence[str]) -> Tensor:
    """Return the encoded captions (k, m, d), on the CPU."""
    with quiet():
        encoded = PromptEncoder(parts.holder, base.identity.family).encode(list(captions))
    return torch.cat([text.tokens for text in encoded])
