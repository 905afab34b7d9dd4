"""Load LoRA, textual inversion, IP-Adapter and autoencoders into the parts of a model."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load, load_file
from torch.nn import functional

from imagest_core.errors import ModelError
from imagest_core.messages import Message
from imagest_core.models.identity import Family, Identity, ModelKind
from imagest_core.models.stable_diffusion.components import Components, quiet
from imagest_core.models.studies import Study

_FIRST_DOWN = re.compile(
    r"(conv_in|input_blocks[._]0[._]0)\.(lora_A|lora_down|lora\.down)(\.default)?\.weight$"
)
"""Names of the tensor of a LoRA that reads what the U-Net reads."""


@dataclass(frozen=True)
class LoadedAdapter:
    """An adapter to load: where it is, what it is, its weight, and the SHA-256 of its weights."""

    name: str
    path: Path
    identity: Identity
    weight: float = 1.0
    sha256: str = ""


def apply_adapters(parts: Components, adapters: Sequence[LoadedAdapter], dtype: torch.dtype) -> None:
    """Load ``adapters`` into ``parts``; LoRA is merged into the weights, so that it costs no time.

    Raises :class:`ModelError` if one can't be loaded.
    """
    with quiet():
        for adapter in adapters:
            try:
                _LOADERS[adapter.identity.kind](parts, adapter, dtype)
            except ModelError:
                raise
            except Exception as error:  # diffusers and peft raise many kinds for files that don't fit
                reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
                raise ModelError(
                    Message(
                        "The adapter {name} can't be loaded ({reason}).", name=adapter.name, reason=reason
                    )
                ) from error
        _merge_loras(parts.holder, [a for a in adapters if a.identity.kind is ModelKind.LORA])


def apply_study(parts: Components, study: Study) -> None:
    """Merge the LoRA of a study into the weights; raises :class:`ModelError` if it can't be loaded."""
    with quiet():
        try:
            parts.holder.load_lora_weights(load(study.data), adapter_name="study")
            parts.holder.fuse_lora()
            parts.holder.unload_lora_weights()
        except Exception as error:  # diffusers and peft raise many kinds for tensors that don't fit
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
            raise ModelError(
                Message(
                    "The study doesn't fit the model ({reason}): study the painting again.", reason=reason
                )
            ) from error


def weight_file(adapter: LoadedAdapter) -> Path:
    """Return the safetensors file of an adapter, which may be in a folder."""
    if adapter.path.is_file():
        return adapter.path
    names = [name for name in adapter.identity.files if name.endswith(".safetensors") and "/" not in name]
    return adapter.path / names[0]


def _read(adapter: LoadedAdapter) -> dict[str, torch.Tensor]:
    """Read the weights of an adapter; raises :class:`ModelError` if one is infinite or no number."""
    tensors = load_file(weight_file(adapter))
    _check_finite(adapter, tensors)
    return tensors


def _check_finite(adapter: LoadedAdapter, tensors: Mapping[str, torch.Tensor]) -> None:
    if not all(bool(torch.isfinite(tensor).all()) for tensor in tensors.values()):
        raise ModelError(
            Message(
                "The adapter {name} holds weights that are infinite or no numbers: choose another adapter.",
                name=adapter.name,
            )
        )


def _load_lora(parts: Components, adapter: LoadedAdapter, dtype: torch.dtype) -> None:
    tensors = _widened(_read(adapter), int(parts.unet.config.in_channels))
    parts.holder.load_lora_weights(tensors, adapter_name=_peft_name(adapter))


def _widened(tensors: dict[str, torch.Tensor], channels: int) -> dict[str, torch.Tensor]:
    """Return a LoRA whose first convolution reads ``channels``: it ignores the mask and the known paint.

    A LoRA of a 4-channel model changes what an inpainting U-Net makes of its first channels, the latents.
    """
    return {
        name: functional.pad(tensor, (0, 0, 0, 0, 0, channels - tensor.shape[1]))
        if _FIRST_DOWN.search(name) and tensor.ndim == 4 and tensor.shape[1] < channels
        else tensor
        for name, tensor in tensors.items()
    }


def _peft_name(adapter: LoadedAdapter) -> str:
    """Return a name that peft accepts as the name of a module; no other adapter has it."""
    return f"adapter_{adapter.name.encode().hex()}"


def _merge_loras(holder: Any, loras: Sequence[LoadedAdapter]) -> None:
    if loras:
        holder.set_adapters([_peft_name(each) for each in loras], [each.weight for each in loras])
        holder.fuse_lora()
        holder.unload_lora_weights()


def _load_inversion(parts: Components, adapter: LoadedAdapter, dtype: torch.dtype) -> None:
    """Add learned vectors under the word ``<name>``, and under the word in the file."""
    tensors, holder = _read(adapter), parts.holder
    word = f"<{adapter.name.removesuffix('.safetensors')}>"
    if parts.identity.family is Family.SDXL:
        for key, suffix in (("clip_l", ""), ("clip_g", "_2")):
            holder.load_textual_inversion(
                tensors[key],
                token=word,
                text_encoder=getattr(holder, f"text_encoder{suffix}"),
                tokenizer=getattr(holder, f"tokenizer{suffix}"),
            )
        return
    for vectors in tensors.values():
        for each in {word, adapter.identity.details.get("token") or word}:
            holder.load_textual_inversion(vectors, token=each)


def _load_ip_adapter(parts: Components, adapter: LoadedAdapter, dtype: torch.dtype) -> None:
    file = weight_file(adapter)
    _read(adapter)
    parts.holder.load_ip_adapter(
        str(file.parent),
        subfolder="",
        weight_name=file.name,
        image_encoder_folder="image_encoder",
        local_files_only=True,
    )


def _load_autoencoder(parts: Components, adapter: LoadedAdapter, dtype: torch.dtype) -> None:
    from diffusers import AsymmetricAutoencoderKL, AutoencoderKL

    kind: Any = (
        AsymmetricAutoencoderKL
        if adapter.identity.details.get("class") == "AsymmetricAutoencoderKL"
        else AutoencoderKL
    )
    if adapter.path.is_dir():
        loaded = kind.from_pretrained(adapter.path, local_files_only=True, torch_dtype=dtype)
    else:
        from imagest_core.models.model_configs import config_folder

        config = config_folder(parts.identity if parts.identity.layout == "file" else adapter.identity)
        loaded = kind.from_single_file(
            str(adapter.path), config=str(config / "vae"), local_files_only=True, torch_dtype=dtype
        )
    _check_finite(adapter, loaded.state_dict())
    parts.holder.register_modules(vae=loaded.eval().requires_grad_(False))


_LOADERS = {
    ModelKind.LORA: _load_lora,
    ModelKind.TEXTUAL_INVERSION: _load_inversion,
    ModelKind.IP_ADAPTER: _load_ip_adapter,
    ModelKind.VAE: _load_autoencoder,
}
