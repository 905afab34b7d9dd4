"""What an adaptation of Stable Diffusion trains, and how it is saved: the U-Net, a LoRA, or a word."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from imagest_core.errors import InputError
from imagest_core.models.identity import Family
from imagest_core.models.stable_diffusion.components import Components, quiet
from imagest_core.training.results import write_base_model

LORA_LAYERS = ("to_k", "to_q", "to_v", "to_out.0")
"""The attention projections that get a LoRA, as in diffusers' training examples."""


class AdaptedWeights(Protocol):
    """Parameters that are trained in the parts of a model."""

    folder: str
    """Name of the folder of the result."""

    @property
    def parameters(self) -> Mapping[str, nn.Parameter]:
        """The trained parameters by name."""

    def save(self, folder: Path, name: str) -> Path:
        """Write the result into ``folder``; return what is added to the library."""


class WholeUnet:
    """All weights of the U-Net; the result is the whole model as a hub folder."""

    folder = "model"

    def __init__(self, parts: Components) -> None:
        self._parts = parts
        self.parameters: Mapping[str, nn.Parameter] = dict(parts.unet.named_parameters())

    def save(self, folder: Path, name: str) -> Path:
        """Write the model; ends the training."""
        write_base_model(self._parts, folder)
        return folder


class Lora:
    """Low-rank matrices beside the attention projections of the U-Net, added by peft."""

    folder = "lora"

    def __init__(self, parts: Components, rank: int) -> None:
        from diffusers.training_utils import cast_training_params
        from peft import LoraConfig

        self._unet: Any = parts.unet
        config = LoraConfig(
            r=rank, lora_alpha=rank, init_lora_weights="gaussian", target_modules=list(LORA_LAYERS)
        )
        with quiet():
            self._unet.add_adapter(config)
        cast_training_params(self._unet, dtype=torch.float32)
        self.parameters: Mapping[str, nn.Parameter] = {
            name: p for name, p in self._unet.named_parameters() if p.requires_grad
        }

    def tensors(self) -> dict[str, Tensor]:
        """Return the matrices under the names of diffusers, in half precision."""
        from peft.utils import get_peft_model_state_dict

        renamed: Any = import_module("diffusers.utils").convert_state_dict_to_diffusers
        stored: Mapping[str, Tensor] = renamed(get_peft_model_state_dict(self._unet))
        return {f"unet.{key}": _half(value) for key, value in stored.items()}

    def save(self, folder: Path, name: str) -> Path:
        """Write one file under the names of diffusers, in half precision."""
        path = folder / f"{name}.safetensors"
        save_file(self.tensors(), path, metadata={"format": "pt"})
        return path


class LearnedWord:
    """Vectors of a new word (textual inversion) in each text encoder."""

    folder = "textual-inversion"

    def __init__(self, parts: Components, token: str, initializer: str, vectors: int = 1) -> None:
        check_token(token)
        self._token, self._xl = token, parts.identity.family is Family.SDXL
        self.parameters: dict[str, nn.Parameter] = {}
        keys = {"clip_l": "", "clip_g": "_2"} if self._xl else {"vectors": ""}
        for key, suffix in keys.items():
            tokenizer = getattr(parts.holder, f"tokenizer{suffix}")
            encoder = getattr(parts.holder, f"text_encoder{suffix}")
            embeddings = encoder.get_input_embeddings()
            start = embeddings.weight[_single_id(tokenizer, initializer)].detach().clone()
            table = start[None].repeat(vectors, 1)
            try:
                with quiet():
                    parts.holder.load_textual_inversion(
                        table, token=token, text_encoder=encoder, tokenizer=tokenizer
                    )
            except ValueError as error:
                raise InputError(
                    f"The base model knows the word {token} already: choose another --token."
                ) from error
            encoder.requires_grad_(False)
            self.parameters[key] = nn.Parameter(table.float())
            first = int(tokenizer.convert_tokens_to_ids(token))
            _use_vectors(encoder.get_input_embeddings(), first, self.parameters[key])

    def save(self, folder: Path, name: str) -> Path:
        """Write one file: the vectors under the word, or under the names of both encoders."""
        path = folder / f"{name}.safetensors"
        named = {key if self._xl else self._token: value for key, value in self.parameters.items()}
        save_file(
            {key: value.detach().cpu() for key, value in named.items()}, path, metadata={"format": "pt"}
        )
        return path


def check_token(token: str) -> None:
    """Raise ``InputError`` unless ``token`` is one word that no sentence contains by chance."""
    if not re.fullmatch(r"<[\w.-]{1,40}>", token):
        raise InputError(
            f"The word {token[:60]!r} needs angle brackets around at most 40 letters, digits, dots and "
            "hyphens, without spaces, like <monet-style>."
        )


def _single_id(tokenizer: Any, word: str) -> int:
    ids = tokenizer(word, add_special_tokens=False).input_ids
    if len(ids) != 1:
        raise InputError(
            f"The first meaning {word!r} must be one common word of the model's vocabulary, like painting."
        )
    return int(ids[0])


def _use_vectors(embeddings: nn.Module, first: int, vectors: nn.Parameter) -> None:
    """Let the ids ``first``, ``first`` + 1, … stand for the rows of ``vectors`` (k, d)."""

    def replaced(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
        rows = inputs[0] - first
        inside = (rows >= 0) & (rows < len(vectors))
        own = vectors[rows.clamp(0, len(vectors) - 1)].to(output.dtype)
        return torch.where(inside[..., None], own, output)

    embeddings.register_forward_hook(replaced)


def _half(value: Tensor) -> Tensor:
    return value.detach().to("cpu", torch.float16).contiguous()
