"""Handlers of the actions that change the view, and of exporting a picture of what it shows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QInputDialog

from app.commands import export_picture as exporting
from app.commands.visible_damage import selected_box
from app.window.parts import WindowParts

ZOOM_STEP = 1.25
AskSave = Callable[[str, Path, str, tuple[str, ...]], Path | None]
"""Asks for a file to write: title, suggested path, kinds, suffixes."""


class ViewHandlers(QObject):
    """Each method handles the action with the id of its name."""

    def __init__(self, parts: WindowParts, ask_save: AskSave) -> None:
        super().__init__(parts.window)
        self._parts, self._window, self._context = parts, parts.window, parts.context
        self._ask_save = ask_save

    def fit(self) -> None:
        """Fit the whole picture in the view."""
        self._parts.area.view.fit()

    def actual(self) -> None:
        """Zoom to 100 %."""
        self._parts.area.view.zoom_to(1.0)

    def zoom_in(self) -> None:
        """Zoom in by one step."""
        self._parts.area.view.zoom_by(ZOOM_STEP)

    def zoom_out(self) -> None:
        """Zoom out by one step."""
        self._parts.area.view.zoom_by(1 / ZOOM_STEP)

    def zoom_to_selection(self) -> None:
        """Fit the region under review, or else the visible damage, in the view."""
        box = selected_box(self._context)
        if box is None:
            self._context.messages.say(
                self.tr("There is nothing to zoom to: mark some damage or select a region first.")
            )
        else:
            self._parts.area.view.fit_box(box)

    def rotate_left(self) -> None:
        """Rotate the view by 90° counterclockwise."""
        self._rotate_view(-90)

    def rotate_right(self) -> None:
        """Rotate the view by 90° clockwise."""
        self._rotate_view(90)

    def upright(self) -> None:
        """Show the picture upright again."""
        self._parts.area.view.rotate_to(0)

    def _rotate_view(self, degrees: int) -> None:
        view = self._parts.area.view
        view.rotate_to(view.rotation + degrees)

    def export_picture(self) -> None:
        """Ask for a file and a size, and export a picture with hatched fills."""
        from imagest_core.export.picture_spec import DEFAULT_SIDE, LARGEST_SIDE, SMALLEST_SIDE

        document = self._context.document
        if document is None:
            return
        suggested = self._context.settings.folder("picture") / f"{document.painting.path.stem}-marked.png"
        title = self.tr("Export marked picture")
        path = self._ask_save(title, suggested, "PNG (*.png);;TIFF (*.tif)", (".png", ".tif", ".tiff"))
        if path is None:
            return
        longest = max(document.painting.width, document.painting.height)
        side, accepted = QInputDialog.getInt(
            self._window,
            title,
            self.tr("Longer side in pixels"),
            min(longest, DEFAULT_SIDE),
            SMALLEST_SIDE,
            LARGEST_SIDE,
        )
        if accepted:
            self._context.settings.remember_folder("picture", path)
            exporting.export_picture(self._context, path, side)
