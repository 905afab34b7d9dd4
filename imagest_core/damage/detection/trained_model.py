"""A damage detector that was learned from examples, and its file: arrays and settings in safetensors."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from numpy.typing import NDArray

from imagest_core.damage.detection.features import FeatureSettings
from imagest_core.damage.detection.trees import ARRAYS, Forest
from imagest_core.damage.detection.working_scale import MAX_LEVEL
from imagest_core.damage.examples import INTACT
from imagest_core.errors import ModelError
from imagest_core.messages import Message
from imagest_core.models.safetensors_header import BITS, Header, read_header
from imagest_core.painting.atomic import replacing
from imagest_core.painting.outputs import check_regular_file

SUFFIX = ".safetensors"
KIND, VERSION = "imagest-damage-model", 1
CHECKSUM = "sha256"
"""Key of the hash of everything else in the file."""
MAX_BYTES, MAX_SIGMA, MAX_SCALES, MAX_LAYERS = 64 << 20, 64.0, 8, 16


@dataclass(frozen=True, eq=False)
class TrainedModel:
    """A learned detector.

    Attributes
    ----------
    forest
        The trees; their classes are ``labels``.
    labels
        Damage labels, 1–254, and last :data:`INTACT`.
    names
        The name of each damage class, for people.
    level
        The detector works at an image reduced by 2**``level``.
    checked
        Whether it was learned here, or its file had a checksum that matched; files of earlier versions have
        none.
    sha256
        Hash of the model's file, for the record; of what it would contain if it was never saved.
    """

    forest: Forest
    labels: tuple[int, ...]
    level: int
    settings: FeatureSettings = field(default_factory=FeatureSettings)
    names: tuple[str, ...] = ()
    checked: bool = True

    @property
    def sha256(self) -> str:
        """The SHA-256 of the model's file, in hexadecimal."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    def to_bytes(self) -> bytes:
        """Return the content of the model's file."""
        from safetensors.numpy import save

        description = {
            "version": VERSION,
            "labels": list(self.labels),
            "names": list(self.names),
            "level": self.level,
            "sigmas": list(self.settings.sigmas),
        }
        if self.settings.layers:
            description["layers"] = self.settings.layers
        arrays = {name: getattr(self.forest, name) for name in ARRAYS}
        if self.checked:
            description[CHECKSUM] = _checksum(description, arrays)
        # A single entry, because the library writes several in random order.
        metadata = {KIND: json.dumps(description, sort_keys=True)}
        return bytes(save(arrays, metadata))


def _checksum(description: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> str:
    """Return the SHA-256 of the arrays and of the description without its checksum."""
    stored = {name: value for name, value in description.items() if name != CHECKSUM}
    digest = hashlib.sha256(json.dumps(stored, sort_keys=True).encode())
    for name, array in sorted(arrays.items()):
        digest.update(f"\n{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def save_model(
    model: TrainedModel, path: Path, *, force: bool = False, inputs: tuple[Path, ...] = ()
) -> None:
    """Write a model as ``.safetensors``, completely or not at all; raises ``OutputError``."""
    content = model.to_bytes()
    with replacing(path, force=force, inputs=inputs) as temporary:
        temporary.write_bytes(content)


def load_model(path: Path) -> TrainedModel:
    """Read a model and check everything in it; raises ``ModelError``."""
    try:
        check_regular_file(path)
        size = path.stat().st_size
    except OSError as error:
        raise _invalid(path, error.strerror or error) from error
    if size > MAX_BYTES:
        raise _invalid(path, "it is larger than 64 MB")
    header = read_header(path)
    if KIND not in header.metadata:
        raise ModelError(
            Message("{path} isn't a damage model: choose a file that was saved as one.", path=path.name)
        )
    try:
        return _model_of(header, path)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _invalid(path, error) from error


def unpack_model(content: str, sha256: str, name: str = "") -> TrainedModel:
    """Return a model that a project stores: compressed, as base64; raises ``ModelError`` if it is damaged."""
    path = Path(name or "model").with_suffix(SUFFIX)
    try:
        unpacker = zlib.decompressobj()
        unpacked = unpacker.decompress(base64.b64decode(content, validate=True), MAX_BYTES)
    except (ValueError, zlib.error) as error:
        raise _invalid(path, error) from error
    if hashlib.sha256(unpacked).hexdigest() != sha256:
        raise _invalid(path, "its hash differs")
    with TemporaryDirectory() as folder:
        temporary = Path(folder) / path.name
        temporary.write_bytes(unpacked)
        return load_model(temporary)


def _invalid(path: Path, reason: object) -> ModelError:
    return ModelError(
        Message("{path} isn't an intact damage model ({reason}).", path=path.name, reason=reason)
    )


def _model_of(header: Header, path: Path) -> TrainedModel:
    _check_arrays(header)
    description = json.loads(header.metadata[KIND])
    if not isinstance(description, dict) or description.get("version") != VERSION:
        raise ValueError("its version is unknown")
    labels, level = description.get("labels"), description.get("level")
    if type(level) is not int or not 0 <= level <= MAX_LEVEL:
        raise ValueError("its scale is invalid")
    from safetensors.numpy import load

    arrays = load(path.read_bytes())
    checked = _is_checked(description, arrays, path)
    forest = Forest(**arrays)
    settings = FeatureSettings(_sigmas(description.get("sigmas")), _layers(description.get("layers", 0)))
    forest.check(settings.count)
    labels = _labels(labels, forest.classes)
    names = _names(description.get("names"), len(labels) - 1)
    return TrainedModel(forest, labels, level, settings, names, checked)


def _is_checked(description: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], path: Path) -> bool:
    """Return whether there is a checksum; raises ``ModelError`` if it doesn't match."""
    if CHECKSUM not in description:
        return False
    if description[CHECKSUM] != _checksum(description, arrays):
        raise ModelError(
            Message(
                "{path} has changed since it was saved, as its checksum shows: use an intact copy, or learn "
                "and save the model again.",
                path=path.name,
            )
        )
    return True


def _check_arrays(header: Header) -> None:
    import numpy as np

    if header.tensors.keys() != ARRAYS.keys():
        raise ValueError("its arrays are not those of trees")
    for name, dtype in ARRAYS.items():
        stored, expected = header.tensors[name], np.dtype(dtype)
        kind = f"{'F' if expected.kind == 'f' else 'I'}{8 * expected.itemsize}"
        if stored.dtype != kind or kind not in BITS or len(stored.shape) != (2 if name == "value" else 1):
            raise ValueError(f"its array {name} has another type or shape")


def _labels(labels: Any, classes: int) -> tuple[int, ...]:
    valid = isinstance(labels, list) and all(type(label) is int for label in labels)
    if not valid or len(labels) != classes or classes < 2 or labels[-1] != INTACT:
        raise ValueError("its classes are invalid")
    if len(set(labels)) != classes or not all(1 <= label <= INTACT for label in labels):
        raise ValueError("its classes are invalid")
    return tuple(labels)


def _names(names: Any, count: int) -> tuple[str, ...]:
    if not isinstance(names, list) or not all(isinstance(name, str) and len(name) < 200 for name in names):
        raise ValueError("its class names are invalid")
    if names and len(names) != count:
        raise ValueError("its class names are invalid")
    return tuple(names)


def _layers(count: Any) -> int:
    if type(count) is not int or not 0 <= count <= MAX_LAYERS:
        raise ValueError("its number of layers is invalid")
    return count


def _sigmas(sigmas: Any) -> tuple[float, ...]:
    valid = isinstance(sigmas, list) and 0 < len(sigmas) <= MAX_SCALES
    if not valid or not all(type(sigma) in (int, float) and math.isfinite(sigma) for sigma in sigmas):
        raise ValueError("its scales are invalid")
    if not all(0.3 <= sigma <= MAX_SIGMA for sigma in sigmas):
        raise ValueError("its scales are invalid")
    return tuple(float(sigma) for sigma in sigmas)
