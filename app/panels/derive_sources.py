"""What a derivation starts from: a clean picture of the work, or the colour of the bare ground."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from app import theme
from app.commands.layers import opener
from app.commands.open import PICTURES
from app.context import Context
from app.folders import remember_folder, start_folder
from app.selection import ToolName
from app.widgets.parts import button, column, elided, label, row
from imagest_core.damage.detection.registered import RegisteredPicture
from imagest_core.damage.detection.registration import Alignment
from imagest_core.errors import ImagestError, ProfileError
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting, open_painting

PICK_RADIUS = 2
"""Pixels around a click whose median is the colour picked."""
Colour = tuple[float, float, float]


class CleanPicture(QWidget):
    """The clean picture that the scan is compared with; ``changed()`` when another one is used."""

    changed = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self.picture: Painting | None = None
        self.alignment: Alignment | None = None
        self._name = elided("", "soft")
        choose = button(self.tr("Choose…"), self.ask, icon="donor")
        column(self).addLayout(row(self._name, None, choose))
        self.forget()

    def forget(self) -> None:
        """Use no picture."""
        self._use(None, None)

    def ask(self) -> None:
        """Ask for a file."""
        folder = str(start_folder(self._context, "clean"))
        kinds = self.tr("Pictures") + f" ({PICTURES})"
        chosen, _ = QFileDialog.getOpenFileName(
            self, self.tr("Choose a clean picture of the work"), folder, kinds
        )
        if chosen:
            remember_folder(self._context, "clean", Path(chosen))
            self.use_file(Path(chosen))

    def use_file(self, path: Path, assume_srgb: bool = False) -> None:
        """Use the picture at ``path``."""
        self.alignment = None
        try:
            picture = open_painting(path, assume_srgb=assume_srgb)
        except ProfileError as error:
            return self._context.profile_unusable.emit(error, lambda: self.use_file(path, assume_srgb=True))
        except ImagestError as error:
            return self._context.messages.fail(error, "clean")
        self._changed_to(picture, None)

    def use_layer(self, name: str) -> None:
        """Use a layer, which is registered already."""
        document = self._context.document
        layers = document.state.layers if document is not None else ()
        layer = next((item for item in layers if item.name == name), None)
        if document is None or layer is None:
            return

        def done(registered: RegisteredPicture) -> None:
            if self._context.document is document:
                self._changed_to(registered.picture, registered.alignment)
            else:
                registered.picture.close()

        def failed(error: Exception) -> None:
            self._context.messages.fail(error, topic="clean")

        self._context.background.submit(opener(document, layer), done, failed)

    def _changed_to(self, picture: Painting, alignment: Alignment | None) -> None:
        self._use(picture, alignment)
        self._context.messages.resolve("clean")
        self.changed.emit()

    def _use(self, picture: Painting | None, alignment: Alignment | None) -> None:
        self.picture, self.alignment = picture, alignment
        self._name.setText(picture.path.name if picture else self.tr("no clean picture chosen"))


class GroundColour(QWidget):
    """The colour of the bare ground, None if it is found automatically; ``changed()`` after picking it."""

    changed = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._previous_tool: str = ToolName.PAN
        self.colour: Colour | None = None
        self._swatch, self._text = label(""), label("", "soft", wrap=True)
        self._swatch.setFixedSize(20, 20)
        pick = button(
            self.tr("Pick"), self.pick, icon="pick", tip=self.tr("Click on bare ground in the picture")
        )
        shown = row(self._swatch, self._text, pick)
        shown.setStretchFactor(self._text, 1)
        column(self).addLayout(shown)
        context.selection.picked.connect(self._pick_at)
        self.show_colour(None)

    def forget(self) -> None:
        """Find the colour automatically again."""
        self.colour = None
        self.show_colour(None)

    def show_colour(self, automatic: Colour | None) -> None:
        """Show the colour picked, else the one found automatically."""
        text = self.tr("ground colour: automatic")
        if self.colour is not None:
            text = self.tr("ground colour: picked, median of 5 × 5 px")
        self._text.setText(text)
        shown = self.colour or automatic
        colour = "transparent" if shown is None else _css(shown)
        self._swatch.setStyleSheet(
            f"background: {colour}; border: 1px solid {theme.roles().line}; border-radius: 4px;"
        )

    def pick(self) -> None:
        """Let the user click on bare ground."""
        if self._context.selection.tool != ToolName.PICK:
            self._previous_tool = self._context.selection.tool
        self._context.selection.tool = ToolName.PICK

    def _pick_at(self, x: int, y: int) -> None:
        """Set the colour to the median of the 5 × 5 pixels around the click."""
        document = self._context.document
        if document is None or self.isHidden():
            return
        around = Box(x, y, 1, 1).expanded(PICK_RADIUS).within(document.painting.box)
        colour = np.median(document.painting.read_working(around), axis=(0, 1))
        self.colour = float(colour[0]), float(colour[1]), float(colour[2])
        self._context.selection.tool = self._previous_tool
        self.show_colour(None)
        self.changed.emit()


def _css(colour: Colour) -> str:
    return "rgb({}, {}, {})".format(*(round(255 * min(max(value, 0), 1)) for value in colour))
