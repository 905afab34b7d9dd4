"""Adapt Stable Diffusion to an artist's works: all of the U-Net, a LoRA, DreamBooth, textual inversion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from imagest_core.models.backbone import ConditionInputs, EncodedWindows
from imagest_core.models.hardware import Hardware
from imagest_core.models.installed import InstalledModel
from imagest_core.models.stable_diffusion.backbone import INPAINTING_CHANNELS, TextCondition
from imagest_core.models.stable_diffusion.components import quiet
from imagest_core.models.stable_diffusion.text import EncodedText, PromptEncoder
from imagest_core.progress import Progress
from imagest_core.restoration.diffusion.solvers import Solver
from imagest_core.restoration.diffusion.synthesis import Synthesizer
from imagest_core.restoration.modes import DDIM
from imagest_core.training.adapted_weights import AdaptedWeights, LearnedWord, Lora, WholeUnet
from imagest_core.training.captioned_examples import CaptionedBatch
from imagest_core.training.stable_diffusion import StableDiffusionTask

GUIDANCE = 7.5
"""Guidance of the sample pictures, the usual one of Stable Diffusion."""
STYLE_TEMPLATES = tuple(
    f"{what} in the style of {{}}"
    for what in (
        "a painting",
        "a rendering",
        "a cropped painting",
        "the painting",
        "a clean painting",
        "a dirty painting",
        "a dark painting",
        "a picture",
        "a cool painting",
        "a close-up painting",
        "a bright painting",
        "a good painting",
        "a rendition",
        "a nice painting",
        "a small painting",
        "a weird painting",
        "a large painting",
    )
)
"""Prompts of textual inversion for a style: those of its paper, without repetitions."""


class AdaptationMethod(StrEnum):
    """What is trained."""

    FULL = "full"
    LORA = "lora"
    DREAMBOOTH = "dreambooth"
    TEXTUAL_INVERSION = "textual-inversion"


@dataclass(frozen=True)
class Recipe:
    """Defaults of a training; either ``steps`` or ``epochs`` is 0."""

    rate: float
    batch: int = 1
    steps: int = 0
    epochs: int = 0
    rank: int = 0


ARTIST_RECIPES = {
    AdaptationMethod.FULL: Recipe(1e-5, epochs=50),
    AdaptationMethod.LORA: Recipe(1e-4, epochs=50, rank=16),
}
"""The paper's recipe for an artist's works, and a LoRA for smaller GPUs."""
ADAPTER_RECIPES = {
    AdaptationMethod.DREAMBOOTH: Recipe(5e-6, steps=9_300),
    AdaptationMethod.LORA: Recipe(1e-4, steps=8_400, rank=4),
    AdaptationMethod.TEXTUAL_INVERSION: Recipe(2e-3, batch=4, steps=3_600),
}
"""Steps of the baselines in the Imagest paper; batches and rates of diffusers' training examples.

That of textual inversion multiplies its rate of 5e-4 by the 4 pictures of a step.
"""


@dataclass(frozen=True)
class AdaptationOptions:
    """Options of the task.

    ``token``, ``initializer`` and ``vectors`` are those of textual inversion. ``samples``: prompts of the
    sample pictures, of ``sample_side`` px and ``sample_steps`` DDIM steps.
    """

    hardware: Hardware
    method: AdaptationMethod
    rank: int = 16
    token: str = "<style>"
    initializer: str = "painting"
    vectors: int = 1
    checkpointing: bool = True
    seed: int = 0
    samples: tuple[str, ...] = ("a painting",)
    sample_side: int = 512
    sample_steps: int = 30


class TrainedParameters(nn.Module):
    """The trained parameters as a module, whose forward pass predicts the noise."""

    def __init__(self, task: AdaptationTask, parameters: Mapping[str, nn.Parameter]) -> None:
        super().__init__()
        for name, parameter in parameters.items():
            self.register_parameter(name.replace(".", "/"), parameter)
        self._task = task

    def forward(
        self, noisy: Tensor, timesteps: Tensor, encoded: EncodedWindows, prompts: Sequence[str]
    ) -> Tensor:
        """Predict the noise or velocity (n, 4, h, w) under n ``prompts``."""
        return self._task.predict(noisy, timesteps, encoded, prompts)


class AdaptationTask(StableDiffusionTask):
    """Trains :class:`AdaptedWeights` on captioned pictures."""

    def __init__(
        self, base: InstalledModel, options: AdaptationOptions, held_out: CaptionedBatch | None = None
    ) -> None:
        whole = options.method in (AdaptationMethod.FULL, AdaptationMethod.DREAMBOOTH)
        super().__init__(base, options.hardware, train_unet=whole, checkpointing=options.checkpointing)
        self.options, self.held_out = options, held_out
        self.weights = self._weights()
        self.module = TrainedParameters(self, self.weights.parameters)
        self._text = PromptEncoder(self.parts.holder, base.identity.family)

    def _weights(self) -> AdaptedWeights:
        options = self.options
        if options.method is AdaptationMethod.LORA:
            return Lora(self.parts, options.rank)
        if options.method is AdaptationMethod.TEXTUAL_INVERSION:
            return LearnedWord(self.parts, options.token, options.initializer, options.vectors)
        return WholeUnet(self.parts)

    @property
    def inpainting(self) -> bool:
        """Whether the U-Net reads a mask, so that half of the examples have holes."""
        return bool(self.parts.unet.config.in_channels == INPAINTING_CHANNELS)

    def place(self, device: torch.device) -> None:
        """Move all networks and the trained parameters to ``device``, once."""
        if not self._placed:
            for part in (*self.parts.modules, self.module):
                part.to(device)
        super().place(device)

    def loss(self, module: nn.Module, batch: CaptionedBatch, step: int) -> tuple[Tensor, Mapping[str, float]]:
        """Return the mean squared error of the prediction."""
        t, draws = self.draw(len(batch), self.options.seed * 1_000_003 + step)
        return self._loss(module, batch, t, draws), {}

    def _loss(self, module: nn.Module, batch: CaptionedBatch, t: Tensor, draws: torch.Generator) -> Tensor:
        def predict(noisy: Tensor, t: Tensor, encoded: EncodedWindows) -> Tensor:
            predicted: Tensor = module(noisy, t, encoded, batch.prompts)
            return predicted

        return self.noise_loss(batch.clean, batch.mask, t, draws, predict)

    def predict(
        self, noisy: Tensor, timesteps: Tensor, encoded: EncodedWindows, prompts: Sequence[str]
    ) -> Tensor:
        """Predict the noise or velocity under ``prompts``; gradients reach the trained parameters."""
        return self.backbone.denoise(noisy, timesteps, encoded, TextCondition(self._encoded(prompts)))

    def _encoded(self, prompts: Sequence[str]) -> EncodedText:
        trains_text = self.options.method is AdaptationMethod.TEXTUAL_INVERSION
        with quiet(), torch.set_grad_enabled(trains_text and torch.is_grad_enabled()):
            texts = self._text.encode(prompts)
        pooled = [text.pooled for text in texts if text.pooled is not None]
        return EncodedText(torch.cat([text.tokens for text in texts]), torch.cat(pooled) if pooled else None)

    def evaluate(self, device: torch.device) -> tuple[Mapping[str, float], NDArray[np.uint8]]:
        """Return the loss of held-out works at fixed noise, if there are any, and sample pictures."""
        self.place(device)
        losses = []
        count = 0 if self.held_out is None else len(self.held_out)
        for index, t in enumerate(self.fixed_timesteps(count)):
            assert self.held_out is not None
            draws = torch.Generator().manual_seed(index)
            losses.append(float(self._loss(self.module, self.held_out[index].to(device), t, draws)))
        return ({"loss": float(np.mean(losses))} if losses else {}), self.sample()

    def sample(self) -> NDArray[np.uint8]:
        """Return the sample pictures (h, n · w, 3) side by side, with the current weights."""
        options = self.options
        self.place(options.hardware.device)
        pictures = []
        for prompt in options.samples:
            self.loaded.texts.clear()  # the meaning of words may have changed
            inputs = ConditionInputs(prompt=prompt, guidance=GUIDANCE)
            synthesizer = Synthesizer(self.backbone, Solver(DDIM, options.sample_steps), inputs)
            side = options.sample_side
            pictures.append(synthesizer.picture(side, side, options.seed, Progress()))
        return np.rint(np.concatenate(pictures, 1) * 255).astype(np.uint8)
