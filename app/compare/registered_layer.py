"""A registered picture of the work over the scan: blended, or behind the curtain."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.canvas.layer import PictureLayer
from app.canvas.picture import Picture
from app.commands.layers import opener
from app.context import Context
from app.document import OpenDocument
from app.jobs.runner import Ticket
from app.levels import native
from imagest_core.damage.detection.registered import RegisteredPicture
from imagest_core.painting.color.display import Pixels
from imagest_core.painting.geometry import Box


class RegisteredLevels:
    """A registered picture at the levels of the scan, transparent outside it. No Qt."""

    def __init__(self, registered: RegisteredPicture, scan: Picture) -> None:
        self.registered = registered
        self.width, self.height, self.levels = scan.width, scan.height, scan.levels

    def held(self, level: int) -> Pixels | None:
        """None: no level is kept in memory."""
        return None

    def make(self, level: int, part: Box) -> Pixels:
        """Compute ``part`` of a level."""
        box = native(part, level).within(Box(0, 0, self.width, self.height))
        return to_pixels(self.registered.read(box, level))


def to_pixels(rgb: np.ndarray) -> Pixels:
    """Return premultiplied BGRA (h, w, 4) of working colour (h, w, 3), transparent where it is NaN."""
    covered = np.isfinite(rgb).all(axis=2)
    pixels = np.zeros((*covered.shape, 4), np.uint8)
    shown = np.clip(np.nan_to_num(rgb) * 255 + 0.5, 0, 255).astype(np.uint8)
    pixels[..., :3] = shown[..., ::-1] * covered[..., np.newaxis]
    pixels[..., 3] = covered * np.uint8(255)
    return pixels


class ShownLayer(QObject):
    """The layer of the project that is shown over the scan. ``changed()``: another one, or none.

    Its picture is opened in the background, since it is hashed first.
    """

    changed = Signal()

    def __init__(self, context: Context, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self._scan: Picture | None = None
        self._document: OpenDocument | None = None
        self._ticket: Ticket | None = None
        self._registered: RegisteredPicture | None = None
        self.layer: PictureLayer | None = None
        context.selection.layer_changed.connect(lambda _: self._load())

    def set_document(self, document: OpenDocument | None, scan: Picture | None) -> None:
        """Show no layer, and take further ones from ``document``."""
        self._close()
        self._document, self._scan = document, scan

    def _load(self) -> None:
        self._close()
        self.changed.emit()  # views let the layer before it go, while it still exists
        document, name = self._document, self._context.selection.layer
        if document is None or not name:
            return
        layer = next((item for item in document.state.layers if item.name == name), None)
        if layer is None:
            self._context.selection.layer = ""
            return

        def done(registered: RegisteredPicture) -> None:
            if self._document is not document or self._context.selection.layer != name:
                registered.picture.close()
                return
            assert self._scan is not None
            self._registered = registered
            levels = RegisteredLevels(registered, self._scan)
            self.layer = PictureLayer(levels, self._context.background, self)
            self.changed.emit()

        def failed(error: Exception) -> None:
            self._context.messages.fail(error, topic="layer")
            self._context.selection.layer = ""

        self._ticket = self._context.background.submit(opener(document, layer), done, failed)

    def _close(self) -> None:
        if self._ticket is not None:
            self._ticket.cancel()
            self._ticket = None
        if self.layer is not None:
            self.layer.close()
            self.layer.deleteLater()
            self.layer = None
        if self._registered is not None:
            self._registered.picture.close()
            self._registered = None
