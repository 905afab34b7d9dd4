"""Find the weights of the perceptual metrics on this computer; nothing is downloaded.

Only safetensors are read: first from the user's folder, then from the caches of the Hugging Face hub and of
torch hub. A CLIP model of the library comes before those of the caches. A pickled ``.pth`` of the same
network is not read, but reported.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from imagest_core.errors import InputError, ModelError
from imagest_core.models.identity import ModelKind
from imagest_core.models.installed import installed_models

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module


@dataclass(frozen=True)
class WeightsFile:
    """A network's file in the user's folder, its hub repository, and the stem of its torch hub file."""

    file: str
    hub: str = ""
    stem: str = ""


ALEXNET = WeightsFile("alexnet.safetensors", stem="alexnet-")
LPIPS = WeightsFile("lpips-alex-v0.1.safetensors")
VGG19 = WeightsFile("vgg19.safetensors", "timm/vgg19.tv_in1k", "vgg19-")
INCEPTION_FID = WeightsFile("pt_inception-2015-12-05.safetensors", stem="pt_inception-2015-12-05")
INCEPTION = WeightsFile("inception-v3.safetensors", "timm/inception_v3.tv_in1k", "inception_v3")
CLIP_FOLDERS = ("clip", "openai/clip-vit-large-patch14", "openai/clip-vit-base-patch32")
"""The name of a folder, then hub repositories, with config.json, model.safetensors and a tokenizer."""
NAMES = (*(each.file for each in (ALEXNET, LPIPS, VGG19, INCEPTION_FID, INCEPTION)), CLIP_FOLDERS[0])
"""What a user's folder may contain."""


@dataclass(frozen=True)
class WeightStore:
    """The folders to search: the user's own ``folder`` and the caches."""

    folder: Path | None = None
    hub: Path | None = None
    torch_hub: Path | None = None

    @classmethod
    def default(cls, folder: Path | None = None) -> WeightStore:
        """Return the user's ``folder`` and the caches of HF_HUB_CACHE, HF_HOME and TORCH_HOME.

        Raises ``InputError`` if there is no such folder, or nothing in it that is used.
        """
        if folder is not None and not folder.is_dir():
            raise InputError(f"There is no folder {folder}: name the one that contains the metrics' weights.")
        if folder is not None and not any((folder / name).exists() for name in NAMES):
            raise InputError(f"{folder} has no weights of the metrics: it needs some of {', '.join(NAMES)}.")
        cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
        home = Path(os.environ.get("HF_HOME", cache / "huggingface"))
        torch_home = Path(os.environ.get("TORCH_HOME", cache / "torch"))
        hub = Path(os.environ.get("HF_HUB_CACHE", home / "hub"))
        return cls(folder, hub, torch_home / "hub" / "checkpoints")

    def find(self, file: WeightsFile) -> Path | None:
        """Return the first existing file, or None."""
        return next((path for path in self._candidates(file) if path.is_file()), None)

    def find_clip(self) -> Path | None:
        """Return a folder with a complete CLIP model, or None."""
        own = [self.folder / CLIP_FOLDERS[0]] if self.folder else []
        own += [model.path for model in installed_models(kinds=(ModelKind.CLIP,)) if not model.missing]
        places = [*own, *(place for name in CLIP_FOLDERS[1:] for place in self._snapshots(name))]
        return next((place for place in places if _is_clip_model(place)), None)

    def missing(self, file: WeightsFile) -> str:
        """Return why ``file`` is missing, as a clause."""
        pickled = sorted(self.torch_hub.glob(file.stem + "*.pth")) if self.torch_hub and file.stem else []
        if pickled:
            return f"{pickled[0].name} is pickled, which isn't read: convert it to {file.file}"
        return f"{file.file} isn't on this computer (give its folder with --metric-weights)"

    def _candidates(self, file: WeightsFile) -> Iterator[Path]:
        if self.folder:
            yield self.folder / file.file
        if file.hub:
            yield from (place / "model.safetensors" for place in self._snapshots(file.hub))
        if self.torch_hub and file.stem:
            yield from sorted(self.torch_hub.glob(file.stem + "*.safetensors"))

    def _snapshots(self, repository: str) -> list[Path]:
        if self.hub is None:
            return []
        return sorted((self.hub / f"models--{repository.replace('/', '--')}" / "snapshots").glob("*"))


def load_into(module: Module, path: Path, prefixes: Mapping[str, str] | None = None) -> None:
    """Load every tensor of ``module`` from ``path``.

    Raises ``ModelError`` if one is missing, misshapen or not finite.

    ``prefixes`` maps prefixes of the module's names to those of the file. The file may contain more tensors.
    """
    stored_tensors = _read(path)
    expected = module.state_dict()
    names = {name: _renamed(name, prefixes or {}) for name in expected}
    for name, stored in names.items():
        if stored not in stored_tensors or stored_tensors[stored].shape != expected[name].shape:
            raise ModelError(
                f"{path.name} doesn't contain the expected network: {stored} is missing or has a wrong shape."
            )
    if not all(bool(stored_tensors[stored].isfinite().all()) for stored in names.values()):
        raise ModelError(f"{path.name} contains numbers that aren't finite: replace it.")
    module.load_state_dict({name: stored_tensors[stored] for name, stored in names.items()})
    module.eval().requires_grad_(False)


def fingerprint(path: Path) -> str:
    """Return the first 12 hexadecimal digits of the file's SHA-256, for the report."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:12]


def _read(path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (OSError, SafetensorError):
        raise ModelError(f"{path} can't be read as safetensors: replace or remove it.") from None


def _renamed(name: str, prefixes: Mapping[str, str]) -> str:
    for ours, theirs in prefixes.items():
        if name.startswith(ours):
            return theirs + name.removeprefix(ours)
    return name


def _is_clip_model(folder: Path) -> bool:
    model = all((folder / name).is_file() for name in ("config.json", "model.safetensors"))
    return model and any((folder / name).is_file() for name in ("tokenizer.json", "vocab.json"))
