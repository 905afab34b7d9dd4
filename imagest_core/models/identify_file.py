"""Recognise a single safetensors file by the names and shapes of its tensors."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

from imagest_core.errors import ModelError
from imagest_core.messages import Message
from imagest_core.models.architecture import (
    Overrides,
    Shapes,
    below,
    clip_sizes,
    open_clip_sizes,
    unet_sizes,
    vae_sizes,
)
from imagest_core.models.backbone import Capability
from imagest_core.models.few_steps import DETAIL, recognised
from imagest_core.models.folder_files import image_encoder
from imagest_core.models.identity import PICKLED, Family, Identity, ModelKind, family_of, refuse_pickled
from imagest_core.models.safetensors_header import Header, read_header
from imagest_core.models.style_adapter import FILE_FORMAT

CONTEXTS = {768: Family.SD1, 1024: Family.SD2, 2048: Family.SDXL}
"""Width of the text that a full-size denoiser reads."""

UNET, VAE = "model.diffusion_model.", "first_stage_model."
CLIP, OPEN_CLIP = "cond_stage_model.transformer.", "cond_stage_model.model."
FIRST, SECOND = "conditioner.embedders.0.transformer.", "conditioner.embedders.1.model."
USED_LAYERS = 23
"""Stable Diffusion 2 reads the last but one of OpenCLIP's 24 layers; the last one isn't loaded."""

Recogniser = Callable[[Path, Header], Identity | None]

_PICKLE_STARTS = tuple(bytes((0x80, protocol)) for protocol in range(2, 6))

_OTHERS = {
    "double_blocks.0.img_attn": "FLUX",
    "joint_blocks.0.": "Stable Diffusion 3",
    "control_model.": "ControlNet",
    "controlnet_cond_embedding.": "ControlNet",
    "conditioner.embedders.0.model.": "the refiner of Stable Diffusion XL",
    "motion_modules": "AnimateDiff",
}
"""Parts of names that tell what an unsupported file is."""


def identify_file(path: Path) -> Identity:
    """Recognise a file; raises :class:`ModelError` if it isn't a model that can be used."""
    if path.suffix.lower() in PICKLED or _is_pickled(path):
        refuse_pickled(path)
    header = read_header(path)
    for recognise in (_style_adapter, _lora, _ip_adapter, _stable_diffusion, _vae, _textual_inversion):
        try:
            identity = recognise(path, header)
        except IndexError as error:  # a tensor of another rank than its name promises
            raise _unknown(path, header) from error
        if identity is not None:
            return identity
    raise _unknown(path, header)


def _is_pickled(path: Path) -> bool:
    """Whether a file starts like a pickle or like the zip archives that torch saves."""
    if path.exists() and not path.is_file():
        reason = "it isn't a regular file"
        raise ModelError(Message("{path} can't be read ({reason}).", path=path.name, reason=reason))
    try:
        with path.open("rb") as file:
            start = file.read(9)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ModelError(Message("{path} can't be read ({reason}).", path=path, reason=reason)) from error
    return start.startswith(b"PK\x03\x04") or (start[:2] in _PICKLE_STARTS and start[8:] != b"{")


def _unknown(path: Path, header: Header) -> ModelError:
    for part, name in _OTHERS.items():
        if any(part in tensor for tensor in header.tensors):
            return ModelError(
                Message(
                    "{path} belongs to {name}, which can't be used as a single file; "
                    "add the model's folder with its model_index.json, if there is one.",
                    path=path.name,
                    name=name,
                )
            )
    if any(name.startswith(("down_blocks.", "transformer_blocks.")) for name in header.tensors):
        return ModelError(
            Message(
                "{path} is only one part of a model; add the folder that holds its model_index.json.",
                path=path.name,
            )
        )
    return ModelError(
        Message(
            "{path} isn't a kind of model that this program knows; the manual's page on models lists them.",
            path=path.name,
        )
    )


def _style_adapter(path: Path, header: Header) -> Identity | None:
    if header.metadata.get("format") != FILE_FORMAT:
        return None
    return Identity(
        ModelKind.STYLE_ADAPTER,
        family_of(header.metadata.get("family", "")),
        "file",
        capabilities=frozenset({Capability.STYLE}),
        files=(path.name,),
        details={"context": header.metadata["context"]} if "context" in header.metadata else {},
    )


# Full models


def _stable_diffusion(path: Path, header: Header) -> Identity | None:
    shapes = {name: tensor.shape for name, tensor in header.tensors.items()}
    if f"{UNET}input_blocks.0.0.weight" not in shapes:
        return None
    channels = shapes[f"{UNET}input_blocks.0.0.weight"][1]
    if channels not in (4, 9):
        raise ModelError(
            Message(
                "{path} is a special Stable Diffusion model with {channels} input channels; "
                "only those with 4 and, for inpainting, 9 can be used.",
                path=path.name,
                channels=channels,
            )
        )
    _check_complete(path, header)
    try:
        family, config = _sizes(shapes)
    except (ValueError, KeyError, IndexError, TypeError, StopIteration) as error:
        raise ModelError(
            Message(
                "{path} has a network of an unusual structure that can't be loaded ({reason}).",
                path=path.name,
                reason=f"{error} is missing" if isinstance(error, KeyError) else error,
            )
        ) from error
    return Identity(
        ModelKind.PIPELINE,
        family,
        "file",
        input_channels=channels,
        prediction=_prediction(header, family, channels),
        capabilities=frozenset({Capability.TEXT, Capability.ADAPTERS}),
        files=(path.name,),
        details={
            "context": str(config["unet"]["cross_attention_dim"]),
            "config": json.dumps(config, sort_keys=True),
            **({"zero_snr": "yes"} if "ztsnr" in header.tensors else {}),
        },
    )


def _check_complete(path: Path, header: Header) -> None:
    parts = {
        Message("the autoencoder"): (VAE,),
        Message("the text encoder"): (CLIP, OPEN_CLIP, FIRST),
    }
    if any(name.startswith("conditioner.embedders.0.model.") for name in header.tensors):
        raise _unknown(path, header)
    for part, prefixes in parts.items():
        if not any(name.startswith(prefixes) for name in header.tensors):
            raise ModelError(
                Message("{path} lacks {part}; get the complete model.", path=path.name, part=part)
            )


def _sizes(shapes: Shapes) -> tuple[Family, dict[str, Overrides]]:
    """Return the family and the overrides of the configuration of each part."""
    names = ("text_model.embeddings.token_embedding.weight", "token_embedding.weight")
    config = {"vae": vae_sizes(below(shapes, VAE))}
    unet = below(shapes, UNET)
    if FIRST + names[0] in shapes and SECOND + names[1] in shapes:
        second = below(shapes, SECOND)
        config["text_encoder"] = clip_sizes(below(shapes, FIRST))
        config["text_encoder_2"] = open_clip_sizes(second)
        pooled = second["text_projection"][1]
        config["text_encoder_2"]["projection_dim"] = pooled
        config["unet"] = unet_sizes(unet)
        added = config["unet"]["projection_class_embeddings_input_dim"] - pooled
        config["unet"]["addition_time_embed_dim"] = added // 6
        return Family.SDXL, config
    if OPEN_CLIP + names[1] in shapes:
        config["text_encoder"] = open_clip_sizes(below(shapes, OPEN_CLIP), USED_LAYERS)
        config["unet"] = unet_sizes(unet)
        return Family.SD2, config
    if CLIP + names[0] not in shapes:
        raise ValueError("its text encoder is unknown")
    config["text_encoder"] = clip_sizes(below(shapes, CLIP))
    config["unet"] = unet_sizes(unet, heads=8)
    return Family.SD1, config


def _prediction(header: Header, family: Family, channels: int) -> str:
    """Return what the denoiser predicts.

    The weights don't tell. Metadata and the tensor "v_pred" that trainers write are believed; otherwise, as
    in diffusers, a Stable Diffusion 2 model predicts the velocity unless it is for inpainting.
    """
    stated = header.metadata.get("modelspec.prediction_type", "").lower()
    if stated in ("v", "v_prediction") or "v_pred" in header.tensors:
        return "v_prediction"
    if stated == "epsilon":
        return "epsilon"
    return "v_prediction" if family is Family.SD2 and channels == 4 else "epsilon"


# Adapters and parts

_DOWN = re.compile(r"[._](lora_A|lora_down|lora\.down)(\.default)?\.weight$")


def _lora(path: Path, header: Header) -> Identity | None:
    downs = {name: tensor.shape for name, tensor in header.tensors.items() if _DOWN.search(name)}
    if not downs:
        return None
    text = [
        shape[1] for name, shape in downs.items() if re.search(r"attn2[._]to_[kv]", name) and len(shape) > 1
    ]
    context = text[0] if text and len(set(text)) == 1 else 0
    details = {"rank": str(max(shape[0] for shape in downs.values() if shape))}
    if context:
        details["context"] = str(context)
    if kind := recognised(header.metadata):
        details[DETAIL] = kind
    return Identity(ModelKind.LORA, _lora_family(downs, context), "file", files=(path.name,), details=details)


def _lora_family(downs: Shapes, context: int) -> Family:
    if context in CONTEXTS:
        return CONTEXTS[context]
    names = "\n".join(downs)
    if "lora_te2_" in names or "text_encoder_2." in names:
        return Family.SDXL
    if re.search(r"single_(transformer_)?blocks|double_blocks", names):
        return Family.FLUX
    if re.search(r"joint_blocks|attn\.add_k_proj", names):
        return Family.SD3
    texts = [shape for name, shape in downs.items() if re.search(r"q_proj|k_proj", name)]
    widths = {shape[1] for shape in texts if len(shape) > 1}
    return CONTEXTS.get(widths.pop(), Family.OTHER) if len(widths) == 1 else Family.OTHER


def _ip_adapter(path: Path, header: Header) -> Identity | None:
    keys = [name for name in header.tensors if re.fullmatch(r"ip_adapter\.\d+\.to_k_ip\.weight", name)]
    if not keys or not any(name.startswith("image_proj.") for name in header.tensors):
        return None
    encoder = image_encoder(path, header)
    context = header.shape(keys[0])[-1]
    return Identity(
        ModelKind.IP_ADAPTER,
        CONTEXTS.get(context, Family.OTHER),
        "folder",
        capabilities=frozenset({Capability.STYLE}),
        files=(path.name, *encoder),
        details={"context": str(context), "weights": path.name, "image_encoder": "image_encoder"},
    )


def _vae(path: Path, header: Header) -> Identity | None:
    prefix = VAE if any(name.startswith(VAE) for name in header.tensors) else ""
    if not {f"{prefix}encoder.conv_in.weight", f"{prefix}decoder.conv_in.weight"} <= header.tensors.keys():
        return None
    channels = header.shape(f"{prefix}decoder.conv_in.weight")
    original = any(name.startswith(f"{prefix}encoder.down.0.") for name in header.tensors)
    details = {"latent_channels": str(channels[1] if len(channels) > 1 else 0)}
    if original:
        shapes = {name: tensor.shape for name, tensor in header.tensors.items()}
        try:
            details["config"] = json.dumps({"vae": vae_sizes(below(shapes, prefix))}, sort_keys=True)
        except (KeyError, IndexError) as error:
            raise ModelError(Message("{path} is an incomplete autoencoder.", path=path.name)) from error
    elif any(name.startswith("decoder.condition_encoder.") for name in header.tensors) or not original:
        raise ModelError(
            Message(
                "{path} is only one part of a model; add its folder with the config.json.", path=path.name
            )
        )
    return Identity(ModelKind.VAE, Family.OTHER, "file", files=(path.name,), details=details)


def _textual_inversion(path: Path, header: Header) -> Identity | None:
    shapes = {name: tensor.shape for name, tensor in header.tensors.items()}
    if not 0 < len(shapes) <= 2 or not all(1 <= len(shape) <= 2 for shape in shapes.values()):
        return None
    vectors = max(shape[0] if len(shape) == 2 else 1 for shape in shapes.values())
    if vectors > 75:
        return None
    details = {"vectors": str(vectors)}
    if shapes.keys() == {"clip_l", "clip_g"}:
        family, widths = Family.SDXL, [shapes["clip_l"][-1], shapes["clip_g"][-1]]
        details["context"] = str(sum(widths))
    elif len(shapes) == 1:
        (name, shape) = next(iter(shapes.items()))
        family = {768: Family.SD1, 1024: Family.SD2}.get(shape[-1], Family.OTHER)
        details["context"] = str(shape[-1])
        if name not in ("emb_params", "learned_embeds"):
            details["token"] = name
    else:
        return None
    return Identity(ModelKind.TEXTUAL_INVERSION, family, "file", files=(path.name,), details=details)
