"""Metrics that need trained networks; empty unless the weights are on this computer."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Image8, Mask
from imagest_core.evaluation import weights
from imagest_core.evaluation.distributions import frechet, kernel_distance
from imagest_core.evaluation.weights import WeightsFile, WeightStore, fingerprint, load_into

if TYPE_CHECKING:
    from torch import Tensor

COLUMNS = ("lpips", "lpips_whole", "style", "clip")
SETS = ("fid", "kid")
GRAM = "F·Fᵀ/(c·h·w), mean squared difference, summed over relu1_1 to relu5_1"
FEW = 2048
_COLUMNS_OF = {"LPIPS": ("lpips", "lpips_whole"), "The style loss": ("style",), "FID and KID": SETS}


class Perceptual:
    """LPIPS in the mask, Gram style loss and CLIP score of the whole picture; FID and KID of sets.

    ``notes`` has a sentence on the weights of each metric, or why it is empty; ``empty`` has only the
    reasons, by column. Raises ``ModelError`` if weights don't match their network.
    """

    columns = COLUMNS

    def __init__(self, store: WeightStore, *, captions: bool = False, distances: bool = True) -> None:
        self.notes: list[str] = []
        self.empty: dict[str, str] = {}
        self._store = store
        self._lpips = self._open_lpips() if distances else None
        self._style = self._open_style()
        self._features = self._open_inception()
        self._clip = self._open_clip(captions)
        self._fills: dict[tuple[str, str], list[NDArray[np.float32]]] = defaultdict(list)
        self._truths: dict[str, list[NDArray[np.float32]]] = defaultdict(list)

    def measure(self, fill: Image8, truth: Image8, mask: Mask, caption: str = "") -> dict[str, float]:
        """Return the values of :data:`COLUMNS`, NaN if the network or the caption is missing."""
        values = dict.fromkeys(COLUMNS, math.nan)
        if self._lpips:
            distances = self._outputs(self._lpips, fill, truth)[0, 0].numpy()
            values["lpips"], values["lpips_whole"] = float(distances[mask].mean()), float(distances.mean())
        values["style"] = self.style_loss(fill, truth)
        values["clip"] = self.clip_score(fill, caption)
        return values

    def style_loss(self, picture: Image8, style: Image8) -> float:
        """Return the Gram style loss of two pictures, ≥ 0; NaN without the network."""
        return float(self._outputs(self._style, picture, style)[0]) if self._style else math.nan

    def clip_score(self, picture: Image8, caption: str) -> float:
        """Return the CLIP score, −1 to 1; NaN without the model or a caption."""
        return self._clip(picture, caption) if self._clip and caption else math.nan

    def features(self, picture: Image8) -> NDArray[np.float32] | None:
        """Return the features (2048,) for FID and KID; None without the network."""
        return None if self._features is None else self._outputs(self._features, picture)[0].numpy()

    def collect(self, kind: str, label: str, fill: Image8, truth: Image8) -> None:
        """Keep the features for FID and KID of the set ``kind``; each method must include every case."""
        if self._features is None:
            return
        self._fills[kind, label].append(self._outputs(self._features, fill)[0].numpy())
        if len(self._truths[kind]) < len(self._fills[kind, label]):
            self._truths[kind].append(self._outputs(self._features, truth)[0].numpy())

    def sets(self, everything: str = "all") -> dict[tuple[str, str], dict[str, float]]:
        """Return FID and KID by (kind, label), and of all kinds together as ``everything``."""
        labels = dict.fromkeys(label for _, label in self._fills)
        distances = {key: set_distances(self._truths[key[0]], fills) for key, fills in self._fills.items()}
        truths = [each for kind in self._truths.values() for each in kind]
        for label in labels:
            fills = [each for kind in self._truths for each in self._fills[kind, label]]
            distances[everything, label] = set_distances(truths, fills)
        return distances

    def _open_lpips(self) -> Any:
        features = self._file(weights.ALEXNET, "LPIPS")
        linear = self._file(weights.LPIPS, "LPIPS") if features else None
        if features is None or linear is None:
            return None
        from imagest_core.evaluation.networks import Lpips

        network = Lpips()
        load_into(network.taps, features)
        load_into(network.linear, linear, {f"{n}.": f"lin{n}.model.1." for n in range(len(Lpips.widths))})
        return self._with(
            network, f"LPIPS v0.1 over AlexNet ({_described(features)}, {_described(linear)}), in the mask."
        )

    def _open_style(self) -> Any:
        path = self._file(weights.VGG19, "The style loss")
        if path is None:
            return None
        from imagest_core.evaluation.networks import GramStyle

        network = GramStyle()
        load_into(network.taps, path)
        return self._with(network, f"Style loss over VGG-19 ({_described(path)}): Grams are {GRAM}.")

    def _open_inception(self) -> Any:
        original = self._store.find(weights.INCEPTION_FID)
        path = original or self._file(weights.INCEPTION, "FID and KID")
        if path is None:
            return None
        from imagest_core.evaluation.networks import InceptionFeatures

        network = InceptionFeatures(original is not None)
        load_into(network.network, path)
        caution = "" if original else "; not the weights of published FID values"
        few = f"below {FEW} pictures FID is biased, so KID is preferable"
        return self._with(network, f"FID and KID over Inception-v3 ({_described(path)}){caution}; {few}.")

    def _open_clip(self, captions: bool) -> Callable[[Image8, str], float] | None:
        folder = self._store.find_clip()
        if folder is None or not captions:
            absent = "there is no CLIP model on this computer (add one with imagest models add)"
            why = absent if folder is None else "no case has a caption"
            self.notes.append(f"CLIP score is empty: {why}.")
            self.empty["clip"] = f"{why}."
            return None
        from imagest_core.evaluation.clip import clip_scorer

        self.notes.append(f"CLIP score is the raw cosine of picture and caption by {_model_name(folder)}.")
        return clip_scorer(folder)

    def _file(self, weights_file: WeightsFile, measure: str) -> Path | None:
        path = self._store.find(weights_file)
        if path is None:
            reason = self._store.missing(weights_file)
            self.notes.append(f"{measure}: empty, since {reason}.")
            self.empty |= {column: f"{reason}." for column in _COLUMNS_OF[measure]}
        return path

    def _with(self, network: Any, note: str) -> Any:
        self.notes.append(note)
        return network

    @staticmethod
    def _outputs(network: Any, *pictures: Image8) -> Tensor:
        import torch

        with torch.inference_mode():
            tensors = [torch.from_numpy(each.transpose(2, 0, 1)[None] / np.float32(255)) for each in pictures]
            outputs: Tensor = network(*tensors)
            return outputs


def set_distances(truths: list[NDArray[np.float32]], fills: list[NDArray[np.float32]]) -> dict[str, float]:
    """Return FID and KID of two sets of features; NaN for sets of fewer than two."""
    ours, theirs = np.stack(fills), np.stack(truths)
    return {"fid": frechet(ours, theirs), "kid": kernel_distance(ours, theirs)}


def _described(path: Path) -> str:
    return f"{path.name}, sha256 {fingerprint(path)}…"


def _model_name(folder: Path) -> str:
    repository = folder.parent.parent.name
    return repository.removeprefix("models--").replace("--", "/") if "--" in repository else folder.name
