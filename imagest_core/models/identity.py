"""What a model is, recognised by its content; needs no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePath
from types import MappingProxyType
from typing import Any, NoReturn

from imagest_core.errors import ModelError
from imagest_core.messages import Message
from imagest_core.models.backbone import Capability

PICKLED = (".ckpt", ".pt", ".pth", ".bin", ".pkl")
"""Endings of weights that are pickled."""


class ModelKind(StrEnum):
    """What a model is used for."""

    IMAGEST = "imagest"
    PIPELINE = "pipeline"
    ONNX_PIPELINE = "onnx-pipeline"
    """Stable Diffusion as ONNX graphs."""
    LORA = "lora"
    TEXTUAL_INVERSION = "textual-inversion"
    IP_ADAPTER = "ip-adapter"
    VAE = "vae"
    VQ = "vq"
    """The autoencoder of a VQGAN."""
    STYLE_ADAPTER = "style-adapter"
    LANGUAGE_MODEL = "language-model"
    CAPTIONER = "captioner"
    CLIP = "clip"


class Family(StrEnum):
    """The architecture that a model has, or that an adapter fits.

    OTHER: another one, or (adapters of unusual width, autoencoders) one that the content doesn't tell.
    """

    IMAGEST = "imagest"
    SD1 = "sd1"
    SD2 = "sd2"
    SDXL = "sdxl"
    SD3 = "sd3"
    FLUX = "flux"
    OTHER = "other"


LATENTS = {Family.SD1: ("4", "0.18215"), Family.SD2: ("4", "0.18215"), Family.SDXL: ("4", "0.13025")}
"""Channels and scaling factor of the latents that the denoisers of a family were trained on."""


def family_of(name: Any) -> Family:
    """Return the family of this name, OTHER for anything else."""
    return next((family for family in Family if family == name), Family.OTHER)


@dataclass(frozen=True)
class Identity:
    """What a model is, and which files belong to it.

    Parameters
    ----------
    layout
        "folder" or "file".
    input_channels
        Channels of the denoiser's input: 4, 9 for inpainting, 384 for FLUX Fill, …; 0 if unknown.
    prediction
        "epsilon", "v_prediction", "flow" or "".
    pipeline_class
        The class in ``model_index.json``; "" for single files.
    files
        Paths of all files that belong to the model, relative to the folder, with "/".
    details
        Facts of one kind of model: "context" (width of the text the denoiser reads), "rank", "weights", ….
    """

    kind: ModelKind
    family: Family
    layout: str
    input_channels: int = 0
    prediction: str = ""
    pipeline_class: str = ""
    capabilities: frozenset[Capability] = frozenset()
    files: tuple[str, ...] = ()
    details: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "details", MappingProxyType(dict(self.details)))

    def __hash__(self) -> int:
        return hash((self.kind, self.family, self.layout, self.files, tuple(sorted(self.details.items()))))

    def __reduce__(self) -> tuple[Any, ...]:
        return from_json, (self.to_json(),)

    @property
    def inpainting(self) -> bool:
        """Whether the denoiser was trained to fill holes: it reads a mask and the known picture."""
        if self.kind is ModelKind.IMAGEST:
            return True
        flux_fill = self.family is Family.FLUX and self.input_channels == 384
        pipeline = self.kind in (ModelKind.PIPELINE, ModelKind.ONNX_PIPELINE)
        return pipeline and (self.input_channels == 9 or flux_fill)

    def to_json(self) -> dict[str, Any]:
        """Return the identity as JSON values."""
        return {
            "kind": str(self.kind),
            "family": str(self.family),
            "layout": self.layout,
            "input_channels": self.input_channels,
            "prediction": self.prediction,
            "pipeline_class": self.pipeline_class,
            "capabilities": sorted(map(str, self.capabilities)),
            "files": list(self.files),
            "details": dict(self.details),
        }


def from_json(stored: Any) -> Identity:
    """Return the identity in ``stored``; raises ``ValueError`` if it is invalid."""
    if not isinstance(stored, dict):
        raise ValueError("identity must be an object with names and values")
    texts = {name: stored.get(name, "") for name in ("layout", "prediction", "pipeline_class")}
    channels, files, details = stored.get("input_channels", 0), stored.get("files"), stored.get("details", {})
    if not all(isinstance(value, str) for value in texts.values()) or texts["layout"] not in (
        "folder",
        "file",
    ):
        raise ValueError("identity.layout, prediction and pipeline_class must be texts")
    if type(channels) is not int or not 0 <= channels < 1 << 20:
        raise ValueError("identity.input_channels must be a whole number")
    if not isinstance(files, list) or not files or not all(map(is_safe_name, files)):
        raise ValueError("identity.files must be relative paths inside the model")
    if not isinstance(details, dict) or not all(isinstance(value, str) for value in details.values()):
        raise ValueError("identity.details must be texts")
    return Identity(
        kind=ModelKind(str(stored.get("kind"))),
        family=Family(str(stored.get("family"))),
        input_channels=channels,
        capabilities=frozenset(map(Capability, stored.get("capabilities", ()))),
        files=tuple(files),
        details=details,
        **texts,
    )


def is_safe_name(name: Any) -> bool:
    """Whether ``name`` is a relative path with "/" that stays inside its folder on every platform."""
    if not isinstance(name, str) or not 0 < len(name) <= 500 or "\\" in name or ":" in name:
        return False
    parts = name.split("/")
    return all(part not in ("", ".", "..") and part.isprintable() for part in parts)


def fits(adapter: Identity, model: Identity) -> bool:
    """Whether an adapter can be used with a model: their families, text widths and latents agree.

    What the content of an adapter doesn't tell is taken to agree.
    """
    if adapter.kind is ModelKind.VAE and model.family in LATENTS:
        stated = [adapter.details.get(name) for name in ("latent_channels", "scaling_factor")]
        if any(own not in (None, other) for own, other in zip(stated, LATENTS[model.family])):
            return False
    families = {adapter.family, model.family}
    if len(families) == 2 and Family.OTHER not in families:
        return False
    context, own = model.details.get("context"), adapter.details.get("context")
    return own is None or context is None or own == context


def refuse_pickled(path: PurePath) -> NoReturn:
    """Raise the :class:`ModelError` for pickled weights."""
    raise ModelError(
        Message(
            "{path} is pickled, which may run code when it is loaded; get the .safetensors version of the "
            "model, or convert it on a machine without important data.",
            path=path.name,
        )
    )
