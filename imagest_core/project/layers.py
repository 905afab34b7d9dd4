"""Create and open the layers of a project."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from imagest_core.damage.detection.registered import RegisteredPicture, register_picture
from imagest_core.damage.detection.registration import Alignment
from imagest_core.errors import InputError
from imagest_core.messages import Message
from imagest_core.painting.reader import Painting, open_painting
from imagest_core.painting.stamp import file_sha256
from imagest_core.progress import Progress
from imagest_core.project.state import Layer, LayerKind, State

IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


def make_layer(
    path: Path,
    scan: Painting,
    kind: LayerKind = LayerKind.OTHER,
    name: str = "",
    progress: Progress | None = None,
    *,
    assume_srgb: bool = False,
) -> Layer:
    """Register the picture at ``path`` with ``scan`` and return it as a layer.

    Raises ``PaintingError`` if it can't be read, ``MaskError`` if it can't be registered, and ``Cancelled``.
    """
    with open_painting(path, assume_srgb=assume_srgb) as picture:
        registered = register_picture(picture, scan, progress)
        return layer_of(registered, kind, name)


def layer_of(registered: RegisteredPicture, kind: LayerKind, name: str = "") -> Layer:
    """Return a registered picture as a layer."""
    picture, alignment = registered.picture, registered.alignment
    return Layer(
        name.strip() or picture.path.stem,
        kind,
        picture.path.resolve(),
        picture.sha256(),
        picture.width,
        picture.height,
        tuple(float(value) for value in alignment.matrix.ravel()),
        alignment.agreement,
        alignment.inliers,
        registered.residual,
        picture.assume_srgb,
    )


def find_layer(layer: Layer, folders: Iterable[Path] = ()) -> Path:
    """Return where the file of ``layer`` is: at its path, or under its name in one of ``folders``.

    Raises ``InputError`` if it is missing or has changed.
    """
    places = [layer.path, *(folder / layer.path.name for folder in folders)]
    found = [path for path in places if path.is_file()]
    if not found:
        raise InputError(
            Message(
                "The picture of the layer {name} is missing ({path}): put it back, or remove the layer and "
                "add it again; nothing else is lost.",
                name=layer.name,
                path=layer.path,
            )
        )
    for path in found:
        if file_sha256(path) == layer.sha256:
            return path
    raise InputError(
        Message(
            "The picture of the layer {name} has changed since it was registered ({path}): restore the file, "
            "or remove the layer and add it again.",
            name=layer.name,
            path=found[0],
        )
    )


def open_layer(layer: Layer, folders: Iterable[Path] = ()) -> RegisteredPicture:
    """Open the picture of a layer; close its ``picture`` afterwards.

    Raises ``InputError`` if it is missing or has changed, and ``PaintingError`` if it can't be read.
    """
    path = find_layer(layer, folders)
    picture = open_painting(path, assume_srgb=layer.assume_srgb)
    matrix = np.array(layer.matrix, np.float64).reshape(3, 3)
    return RegisteredPicture(picture, Alignment(matrix, layer.agreement, layer.inliers), layer.residual)


def layer_folders(state: State, project: Path | None) -> tuple[Path, ...]:
    """Return the folders in which moved pictures of layers are searched: of the project and of the scan."""
    folders = (
        [state.painting.path.parent] if project is None else [project.parent, state.painting.path.parent]
    )
    return tuple(folders)
