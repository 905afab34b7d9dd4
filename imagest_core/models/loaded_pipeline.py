"""Load a pipeline of diffusers onto a device, with its weights offloaded where the memory is short."""

from __future__ import annotations

import inspect
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from typing import Any

import torch
from torch import nn

from imagest_core.errors import ModelError, out_of_memory
from imagest_core.messages import Message
from imagest_core.models.cache import loaded_models
from imagest_core.models.folder_files import INDEX, UNUSED
from imagest_core.models.hardware import Hardware
from imagest_core.models.inpainting_classes import InpaintingClass
from imagest_core.models.installed import InstalledModel
from imagest_core.models.stable_diffusion.components import quiet
from imagest_core.models.weights_hash import weights_hash
from imagest_core.progress import Progress

WORKING_BYTES = 3 << 30
"""Memory in bytes kept free on a GPU for the activations of one window of a megapixel."""


class Offload(StrEnum):
    """Where the weights are between evaluations."""

    NONE = "none"
    PARTS = "parts"
    """On the GPU one network at a time."""
    LAYERS = "layers"
    """On the GPU one layer at a time: slow, fits nearly everywhere."""


@dataclass(eq=False)
class LoadedPipeline:
    """A pipeline object of diffusers on a device."""

    model: InstalledModel
    holder: Any
    kind: InpaintingClass
    weights_hash: str
    hardware: Hardware
    offload: Offload = Offload.NONE

    @property
    def networks(self) -> list[nn.Module]:
        """Every network."""
        return [part for part in self.holder.components.values() if isinstance(part, nn.Module)]

    @property
    def size(self) -> int:
        """Size of all weights in bytes."""
        return sum(map(_size, self.networks))

    @property
    def latent_factor(self) -> int:
        """Pixels per latent, along a side."""
        return int(getattr(self.holder, "vae_scale_factor", None) or 8)

    @property
    def multiple(self) -> int:
        """The sides of windows must be multiples of this: latents are packed or cut into patches."""
        denoiser = self.denoiser
        patch = getattr(denoiser.config, "patch_size", None) if denoiser is not None else None
        patch = patch if isinstance(patch, int) else 1
        processor = getattr(self.holder, "image_processor", None)
        stated = int(processor.config.vae_scale_factor) if processor is not None else 1
        return math.lcm(self.latent_factor * max(2, patch), stated)

    @property
    def denoiser(self) -> Any:
        """The transformer or U-Net."""
        return getattr(self.holder, "transformer", None) or getattr(self.holder, "unet", None)

    @property
    def embeds_guidance(self) -> bool:
        """Whether guidance is an input of the network, without a second evaluation."""
        return bool(getattr(self.denoiser.config, "guidance_embeds", False))

    @property
    def facts(self) -> Mapping[str, str | int | float]:
        """Name, class, weights hash, device and number format, for the record."""
        return {
            "model": self.model.name,
            "weights_sha256": self.weights_hash,
            "family": str(self.model.identity.family),
            "pipeline": self.kind.name,
            "device": self.hardware.name,
            "dtype": str(self.hardware.dtype).removeprefix("torch."),
            **({"offloaded": str(self.offload)} if self.offload is not Offload.NONE else {}),
        }

    def place(self) -> None:
        """Move the weights to the device, or as much of them at a time as it has memory for."""
        if self.hardware.device.type != "cuda":
            self.holder.to(self.hardware.device)
            return
        free = torch.cuda.mem_get_info(self.hardware.device)[0] - WORKING_BYTES
        largest = max(map(_size, self.networks))
        if self.size <= free:
            self.holder.to(self.hardware.device)
        else:
            self._offload(Offload.PARTS if largest <= free else Offload.LAYERS)

    def reduce_memory(self) -> bool:
        """Keep more of the weights off the GPU; False if none is used, or nothing is left to move."""
        if self.hardware.device.type != "cuda" or self.offload is Offload.LAYERS:
            return False
        self._offload(Offload.PARTS if self.offload is Offload.NONE else Offload.LAYERS)
        torch.cuda.empty_cache()
        return True

    def _offload(self, offload: Offload) -> None:
        with quiet():  # half precision on a CPU is warned of
            self.holder.remove_all_hooks()
            self.holder.to("cpu")
            if offload is Offload.PARTS:
                self.holder.enable_model_cpu_offload(device=self.hardware.device)
            else:
                self.holder.enable_sequential_cpu_offload(device=self.hardware.device)
        self.offload = offload


def load_pipeline(
    model: InstalledModel, kind: InpaintingClass, hardware: Hardware, progress: Progress
) -> LoadedPipeline:
    """Load a model, or take it from the cache; raises ``ModelError`` and ``Cancelled``."""
    digest = weights_hash(model, progress)

    def load() -> tuple[LoadedPipeline, int]:
        progress.check()
        loaded = LoadedPipeline(model, _read(model, kind, hardware.dtype), kind, digest, hardware)
        progress.check()
        for part in loaded.networks:
            part.eval().requires_grad_(False)
        _decode_in_float(loaded.holder)
        with quiet():
            loaded.place()
        return loaded, loaded.size

    key = (model.path, digest, hardware, kind.name)
    loaded: LoadedPipeline = loaded_models.get(key, load)
    return loaded


def _read(model: InstalledModel, kind: InpaintingClass, dtype: torch.dtype) -> Any:
    pipeline: Any = getattr(import_module("diffusers"), kind.name)
    options: dict[str, Any] = dict.fromkeys(_absent(model, pipeline))
    if _half_only(model):
        options["variant"] = "fp16"
    with quiet():
        try:
            holder = pipeline.from_pretrained(
                model.path, local_files_only=True, use_safetensors=True, torch_dtype=dtype, **options
            )
        except Exception as error:  # loading code raises many kinds for files that don't fit
            if out_of_memory(error):
                raise
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
            raise ModelError(
                Message(
                    "The model {path} can't be loaded ({reason}); check it with: imagest models check.",
                    path=model.name,
                    reason=reason,
                )
            ) from error
    holder.set_progress_bar_config(disable=True)
    return holder


def _absent(model: InstalledModel, pipeline: type) -> list[str]:
    """Return the parts of ``pipeline`` that the model comes without; None stands for them."""
    index = json.loads((model.path / INDEX).read_text(encoding="utf-8"))
    optional = set(getattr(pipeline, "_optional_components", ()))
    parameters = inspect.signature(pipeline.__init__).parameters  # type: ignore[misc]
    missing = [name for name in parameters if name in UNUSED or index.get(name) == [None, None]]
    missing += [name for name in parameters if name in optional and name not in index]
    return missing


def _half_only(model: InstalledModel) -> bool:
    """Whether all weights of the model are stored as the variant fp16."""
    weights = [name for name in model.identity.files if name.endswith(".safetensors")]
    return bool(weights) and all(".fp16" in name for name in weights)


def _decode_in_float(holder: Any) -> None:
    """Compute the last layer of the decoder in float32: bf16 has steps of 1/256."""
    last = getattr(getattr(getattr(holder, "vae", None), "decoder", None), "conv_out", None)
    if isinstance(last, nn.Conv2d):
        last.float().register_forward_pre_hook(lambda module, inputs: (inputs[0].float(),))


def _size(part: nn.Module) -> int:
    return sum(p.numel() * p.element_size() for p in part.parameters())
