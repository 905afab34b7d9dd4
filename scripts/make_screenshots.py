"""Drive the program with its bundled sample and write the pictures that the documentation uses.

``python scripts/make_screenshots.py FOLDER [--size 1440x900]``; works on any Qt platform.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QEventLoop, QSettings, QTimer
from PySide6.QtWidgets import QApplication, QDialog, QWidget

import resources
from app import theme
from app.commands import deciding, masking, opening, restoring
from app.context import Context
from app.export_dialog import ExportDialog
from app.selection import Compare
from app.settings import Settings
from app.program import make_application, speak
from app.window import MainWindow

PATIENCE = 300.0
ENGINE = "harmonic"


class Photographer:
    """A window, and pictures of it, in one theme and language."""

    def __init__(self, folder: Path, size: tuple[int, int], look: str, language: str) -> None:
        self.application = make_application()
        speak(self.application, language)
        store = QSettings(os.environ["IMAGEST_DATA"] + "/settings.ini", QSettings.Format.IniFormat)
        self.context = Context(Settings(store))
        self.context.settings.prefer(theme=look)
        theme.dress(self.application, look)
        self.window = MainWindow(self.context)
        self.window.resize(*size)
        self.window.show()
        self.folder = folder
        self.suffix = "".join(
            f"-{part}" for part in (look if look != "light" else "", language) if part not in ("", "en")
        )

    def shoot(self, name: str, what: QWidget | None = None) -> None:
        """Write a picture once everything has settled."""
        wait(900)
        (what or self.window).grab().save(str(self.folder / f"{name}{self.suffix}.png"))

    def session(self) -> None:
        """Welcome, derive, style, restoring, compare, review, export."""
        context, window = self.context, self.window
        self.shoot("welcome")
        opening.open_sample(context)
        until(lambda: context.document is not None)
        window.slots.derive_cracks()
        until(lambda: context.selection.proposal is not None)
        self.shoot("derive")
        window.damage.fold.head.setChecked(False)
        masking.import_mask(context, resources.sample_mask())
        until(lambda: bool(context.selection.suggestions))
        self.shoot("style")
        window.style_panel.accept_suggestions()
        self._restore()
        self._compare()
        self._review_and_export()

    def _restore(self) -> None:
        self.context.selection.request = replace(self.context.selection.request, engine=ENGINE)
        restoring.restore_all(self.context)
        self.shoot("restoring")
        until(lambda: not self.context.jobs.busy)

    def _compare(self) -> None:
        for mode, name in (
            (Compare.SIDE, "side-by-side"),
            (Compare.SWIPE, "swipe"),
            (Compare.DIFFERENCE, "difference"),
        ):
            self.context.selection.compare = mode
            self.shoot(name)
        self.context.selection.compare = Compare.SIDE

    def _review_and_export(self) -> None:
        window, context = self.window, self.context
        for name in ("damage", "style"):
            window.docks[name].open(False)
        window.slots.show_panel("review")
        deciding.next_unreviewed(context)
        self.shoot("review")
        deciding.accept_run(context)
        window.slots.export()
        dialog = next(item for item in QApplication.topLevelWidgets() if isinstance(item, ExportDialog))
        dialog.path.setText(str(self.folder / "restored.tif"))
        dialog.replace.setChecked(True)
        dialog.go.click()
        until(lambda: not context.jobs.busy)
        self.shoot("export", dialog)
        dialog.close()

    def close(self) -> None:
        """End the window and its threads."""
        for dialog in QApplication.topLevelWidgets():
            if isinstance(dialog, QDialog):
                dialog.close()
        self.window.close()


def wait(milliseconds: int) -> None:
    """Let the window live for a while."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def until(there: Callable[[], bool]) -> None:
    """Let the window live until something is there; raises ``TimeoutError``."""
    end = time.monotonic() + PATIENCE
    while not there():
        if time.monotonic() > end:
            raise TimeoutError
        wait(20)


def main() -> None:
    """Write every picture: light, dark, and Chinese."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", default="1440x900")
    parser.add_argument("--look", choices=("light", "dark"), default="light")
    parser.add_argument("--language", choices=("en", "zh_CN"), default="en")
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    across, down = map(int, args.size.split("x"))
    with tempfile.TemporaryDirectory() as data:
        os.environ["IMAGEST_DATA"] = data
        photographer = Photographer(args.folder, (across, down), args.look, args.language)
        photographer.session()
        photographer.close()
    for left in ("restored.tif", "restored-mask.png", "restored-record.json"):
        (args.folder / left).unlink(missing_ok=True)


if __name__ == "__main__":
    main()
