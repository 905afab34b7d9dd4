"""Register further pictures of the work as layers, and remove them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication

from app.context import Context
from app.document import OpenDocument
from app.jobs.runner import Job
from app.selection import Compare
from imagest_core.damage.detection.registered import RegisteredPicture
from imagest_core.progress import Progress
from imagest_core.project.layers import layer_folders, make_layer, open_layer
from imagest_core.project.operations import layers as operations
from imagest_core.project.state import Layer, LayerKind

translate = QCoreApplication.translate


def add_layer(context: Context, path: Path, kind: LayerKind) -> None:
    """Register the picture at ``path`` with the scan, add it to the project and show it."""
    document = context.document
    if document is None:
        return
    painting, taken = document.painting, {item.name for item in document.state.layers}

    def work(progress: Progress) -> Layer:
        return make_layer(path, painting, kind, unused_name(path.stem, taken), progress)

    def done(layer: Layer) -> None:
        if context.document is document and context.do(operations.add_layer(document.state, layer)):
            show_layer(context, layer.name)
            text = translate("Layers", "{0} was registered with the scan: {1}.")
            context.messages.say(text.format(layer.name, residual_text(layer)), topic="layer")

    context.jobs.submit(Job(translate("Layers", "Registering the picture"), work, done, topic="layer"))


def unused_name(name: str, taken: set[str]) -> str:
    """Return ``name``, with a number if a layer has it already."""
    number, result = 2, name
    while result in taken:
        result, number = f"{name} {number}", number + 1
    return result


def remove_layer(context: Context, name: str) -> None:
    """Remove a layer from the project; its file stays."""
    document = context.document
    if document is not None:
        context.attempt(lambda: document.do(operations.remove_layer(document.state, name)))


def show_layer(context: Context, name: str) -> None:
    """Show a layer over the scan; "" shows the scan alone."""
    if name:
        context.selection.compare = Compare.SINGLE
    context.selection.layer = name


def residual_text(layer: Layer) -> str:
    """Say how well a layer is registered."""
    if layer.residual is None:
        return translate("Layers", "the registration error could not be measured")
    return translate("Layers", "registration error {0} px (RMS)").format(f"{layer.residual:.2f}")


def opener(document: OpenDocument, layer: Layer) -> Callable[[], RegisteredPicture]:
    """Return a function for a worker that opens the picture of ``layer``."""
    folders = layer_folders(document.state, document.document.path)
    return lambda: open_layer(layer, folders)
