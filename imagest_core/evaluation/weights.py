"""Where the weights of the perceptual measures may lie on this machine; nothing is ever fetched.

Only safetensors are read. A folder given by the user comes first, then the caches of the Hugging
Face hub and of torch hub. A pickled ``.pth`` of the same network is left alone, and said to be.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from imagest_core.errors import ModelError

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module


@dataclass(frozen=True)
class WeightsFile:
    """A network's file in the user's folder, its hub repository, and the stem of torch hub's file."""

    file: str
    hub: str = ""
    stem: str = ""


ALEXNET = WeightsFile("alexnet.safetensors", stem="alexnet-")
LPIPS = WeightsFile("lpips-alex-v0.1.safetensors")
VGG19 = WeightsFile("vgg19.safetensors", "timm/vgg19.tv_in1k", "vgg19-")
INCEPTION_FID = WeightsFile("pt_inception-2015-12-05.safetensors", stem="pt_inception-2015-12-05")
INCEPTION = WeightsFile("inception-v3.safetensors", "timm/inception_v3.tv_in1k", "inception_v3")
CLIP_FOLDERS = ("clip", "openai/clip-vit-large-patch14", "openai/clip-vit-base-patch32")
"""A folder's own name, then hub repositories; each holds config.json, model.safetensors, a tokenizer."""


@dataclass(frozen=True)
class WeightStore:
    """The places to look in; ``folder`` is the user's own, the caches follow the usual variables."""

    folder: Path | None = None
    hub: Path | None = None
    torch_hub: Path | None = None

    @classmethod
    def usual(cls, folder: Path | None = None) -> WeightStore:
        """The user's ``folder`` and the caches that HF_HUB_CACHE, HF_HOME and TORCH_HOME name."""
        cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
        home = Path(os.environ.get("HF_HOME", cache / "huggingface"))
        torch_home = Path(os.environ.get("TORCH_HOME", cache / "torch"))
        hub = Path(os.environ.get("HF_HUB_CACHE", home / "hub"))
        return cls(folder, hub, torch_home / "hub" / "checkpoints")

    def find(self, wanted: WeightsFile) -> Path | None:
        """The first file that is there, or None."""
        return next((path for path in self._candidates(wanted) if path.is_file()), None)

    def find_clip(self) -> Path | None:
        """A folder with a whole CLIP model, or None."""
        own = [self.folder / CLIP_FOLDERS[0]] if self.folder else []
        places = [*own, *(place for name in CLIP_FOLDERS[1:] for place in self._snapshots(name))]
        return next((place for place in places if _whole_clip(place)), None)

    def missing(self, wanted: WeightsFile) -> str:
        """Why ``wanted`` isn't there, as the rest of a sentence."""
        pickled = sorted(self.torch_hub.glob(wanted.stem + "*.pth")) if self.torch_hub and wanted.stem else []
        if pickled:
            return f"{pickled[0].name} is pickled and isn't read: convert it to {wanted.file}"
        return f"{wanted.file} isn't on this machine (give its folder with --metric-weights)"

    def _candidates(self, wanted: WeightsFile) -> Iterator[Path]:
        if self.folder:
            yield self.folder / wanted.file
        if wanted.hub:
            yield from (place / "model.safetensors" for place in self._snapshots(wanted.hub))
        if self.torch_hub and wanted.stem:
            yield from sorted(self.torch_hub.glob(wanted.stem + "*.safetensors"))

    def _snapshots(self, repository: str) -> list[Path]:
        if self.hub is None:
            return []
        return sorted((self.hub / f"models--{repository.replace('/', '--')}" / "snapshots").glob("*"))


def load_into(module: Module, path: Path, prefixes: Mapping[str, str] | None = None) -> None:
    """Load every tensor ``module`` needs from ``path``; raises ``ModelError`` naming what doesn't fit.

    ``prefixes`` renames the start of the module's own names to the file's. The file may hold more.
    """
    found = _read(path)
    wanted = module.state_dict()
    names = {name: _renamed(name, prefixes or {}) for name in wanted}
    for name, stored in names.items():
        if stored not in found or found[stored].shape != wanted[name].shape:
            raise ModelError(
                f"{path.name} isn't the network it is named after: {stored} is missing or misshapen."
            )
    module.load_state_dict({name: found[stored] for name, stored in names.items()})
    module.eval().requires_grad_(False)


def fingerprint(path: Path) -> str:
    """The first 12 hexadecimal digits of the file's SHA-256, for the report."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:12]


def _read(path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (OSError, SafetensorError):
        raise ModelError(f"{path} can't be read as safetensors: replace it or take it away.") from None


def _renamed(name: str, prefixes: Mapping[str, str]) -> str:
    for ours, theirs in prefixes.items():
        if name.startswith(ours):
            return theirs + name.removeprefix(ours)
    return name


def _whole_clip(folder: Path) -> bool:
    model = all((folder / name).is_file() for name in ("config.json", "model.safetensors"))
    return model and any((folder / name).is_file() for name in ("tokenizer.json", "vocab.json"))
