"""VQGANs in diffusers' format as baselines: ``VQModel`` alone, or Amused's masked transformer over one.

A ``VQModel`` has no way to sample: the harmonic fill is encoded, quantized and decoded, and the result
replaces the damage. Amused samples the codes under the mask, or a whole picture.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from imagest_core.arrays import Image, Image8, Mask
from imagest_core.errors import InputError, ModelError
from imagest_core.evaluation.baselines import is_amused, is_vq
from imagest_core.models.cache import loaded_models
from imagest_core.models.hardware import Hardware, choose_hardware
from imagest_core.models.installed import InstalledModel, find_installed
from imagest_core.models.stable_diffusion.components import quiet
from imagest_core.progress import Progress

AMUSED_STEPS = 12
"""Default of diffusers' pipelines."""


@dataclass(frozen=True, eq=False)
class Vqgan:
    """A loaded model: ``holder`` is a ``VQModel`` or a pipeline of Amused."""

    model: InstalledModel
    holder: Any
    hardware: Hardware
    amused: bool

    @property
    def factor(self) -> int:
        """Pixels per code, along a side."""
        vq = self.holder.vqvae if self.amused else self.holder
        return int(2 ** (len(vq.config.block_out_channels) - 1))

    def fill(self, prefilled: Image8, hole: Mask, prompt: str, seed: int, progress: Progress) -> Image8:
        """Return ``prefilled`` (h, w, 3) with the answer of the model in ``hole`` (h, w); may cancel."""
        progress.check()
        # Amused's processor of masks rounds their sides down to multiples of the factor.
        multiple = self.factor**2 if self.amused else self.factor
        padded, mask = _padded(prefilled, multiple), _padded(hole, multiple)
        answer = self._inpainted(padded, mask, prompt, seed, progress) if self.amused else self._coded(padded)
        height, width = hole.shape
        return np.where(hole[..., None], _eight_bit(answer)[:height, :width], prefilled)

    def _coded(self, picture: Image8) -> Image:
        """Return the picture encoded to codes and decoded again."""
        with torch.inference_mode():
            latents = self.holder.encode(_tensor(picture, self.hardware.device) * 2 - 1).latents
            decoded = self.holder.decode(latents).sample
        return _picture(decoded / 2 + 0.5)

    def _inpainted(self, picture: Image8, mask: Mask, prompt: str, seed: int, progress: Progress) -> Image:
        device = self.hardware.device
        codes = torch.from_numpy(mask.astype(np.float32))[None, None]
        with quiet():
            pipeline = import_module("diffusers").AmusedInpaintPipeline(**self.holder.components)
        return self._run(
            pipeline,
            progress,
            prompt=prompt,
            image=_tensor(picture, device),
            mask_image=_any_pixel(codes, self.factor),
            num_inference_steps=AMUSED_STEPS,
            generator=torch.Generator(device).manual_seed(seed),
        )

    def paint(self, prompt: str, side: int, seed: int, steps: int, progress: Progress) -> Image:
        """Return a square picture (side, side, 3) in 0–1 from text; raises ``Cancelled`` between steps."""
        check_side(self.model, side)
        return self._run(
            self.holder,
            progress,
            prompt=prompt,
            height=side,
            width=side,
            num_inference_steps=steps,
            generator=torch.Generator(self.hardware.device).manual_seed(seed),
        )

    def _run(self, pipeline: Any, progress: Progress, **options: Any) -> Image:
        total = options["num_inference_steps"]
        pipeline.set_progress_bar_config(disable=True)
        with torch.inference_mode(), quiet():
            images = pipeline(
                **options,
                output_type="np",
                callback=lambda step, *_: progress.set((step + 1) / total, step + 1, total),
                callback_steps=1,
            ).images
        return np.asarray(images[0], np.float32)


def vqgan_model(name: str) -> InstalledModel:
    """Return the VQGAN of this name; raises ``ModelError`` for another model."""
    model = find_installed(name)
    if not is_vq(model) and not is_amused(model):
        raise ModelError(
            f"{model.name} is no VQGAN in diffusers' format (VQModel or Amused), but a "
            f"{model.identity.kind}: name another model."
        )
    return model


def check_side(model: InstalledModel, side: int) -> None:
    """Raise ``InputError`` unless an Amused model can make squares of ``side`` px."""
    try:
        config = json.loads((model.path / "vqvae" / "config.json").read_text("utf-8"))
        factor = int(2 ** (len(config["block_out_channels"]) - 1))
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        raise ModelError(f"The VQGAN of {model.name} can't be read: replace the model.") from None
    if side % factor:
        raise InputError(f"The side must be a multiple of {factor} px for {model.name}, not {side}.")


def load_vqgan(name: str, device: str = "auto") -> Vqgan:
    """Load a VQGAN, or take it from the cache; raises ``ModelError``."""
    model, hardware = vqgan_model(name), choose_hardware(device)
    amused = is_amused(model)

    def load() -> tuple[Vqgan, int]:
        diffusers = import_module("diffusers")
        kind = diffusers.AmusedPipeline if amused else diffusers.VQModel
        try:
            with quiet():
                holder = kind.from_pretrained(
                    model.path, local_files_only=True, use_safetensors=True, torch_dtype=torch.float32
                ).to(hardware.device)
        except Exception as error:  # loading code raises many kinds for files that don't fit
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
            raise ModelError(f"The model {model.name} can't be loaded ({reason}): replace it.") from error
        return Vqgan(model, holder, hardware, amused), model.size

    loaded: Vqgan = loaded_models.get((model.path, "vqgan", hardware), load)
    return loaded


def _padded(picture: NDArray[Any], multiple: int) -> NDArray[Any]:
    """Return a picture (h, w, …) with its last row and column repeated up to multiples of ``multiple``."""
    height, width = picture.shape[:2]
    widths = [(0, -height % multiple), (0, -width % multiple), *[(0, 0)] * (picture.ndim - 2)]
    return np.pad(picture, widths, mode="edge")


def _any_pixel(mask: Tensor, factor: int) -> Tensor:
    """Return the mask (1, 1, h, w), set in each latent cell that has any damage."""
    cells = torch.nn.functional.max_pool2d(mask, factor)
    return torch.nn.functional.interpolate(cells, scale_factor=factor, mode="nearest")


def _tensor(picture: Image8, device: torch.device) -> Tensor:
    return torch.from_numpy(picture.transpose(2, 0, 1)[None] / np.float32(255)).to(device)


def _picture(image: Tensor) -> Image:
    return np.ascontiguousarray(image[0].permute(1, 2, 0).float().cpu().numpy())


def _eight_bit(picture: Image) -> Image8:
    return np.asarray(np.rint(np.clip(picture, 0, 1) * 255), np.uint8)
