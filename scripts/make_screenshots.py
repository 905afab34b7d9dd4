"""Run the program with its bundled sample and write the documentation's screenshots.

``python -m scripts.make_screenshots FOLDER [--size 1440x900] [--look dark] [--language zh_CN]
[--factor 2] [--docs docs/images] [--manual docs/manual/images]``; works on any Qt platform and writes
nothing but images.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
from PySide6.QtCore import QEventLoop, QSettings, QTimer
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QDialog, QWidget

import resources
from app.benchmarks.screen import offscreen
from app.commands import decide as deciding
from app.commands import layers
from app.commands import mask_import as importing
from app.commands import restore as restoring
from app.dialogs.about import AboutDialog
from app.dialogs.export import ExportDialog
from app.dialogs.settings import SettingsDialog
from app.dialogs.shortcuts import ShortcutsDialog
from app.main import Program, make_application
from app.selection import Compare, LayerMode
from app.settings import Settings
from app.window.main_window import MainWindow
from imagest_core.damage.examples import INTACT, ExampleStroke
from imagest_core.painting.picture_files import read_picture, write_picture
from imagest_core.project.operations.examples import add_example, clear_examples
from imagest_core.project.state import LayerKind
from scripts.manual_pictures import write_manual_picture

TIMEOUT = 600.0
SETTLE_TIME = 700
"""Time in ms until all pending updates are drawn."""
LIVE = 16
"""Number of previewed windows when the screenshot of a running restoration is taken."""
IN_DOCS = {
    "light": ("derive-cracks", "restoring", "side-by-side", "review"),
    "dark": ("swipe",),
    "zh_CN": ("style",),
}
"""Screenshots shown in the README, by theme or language."""
QUALITY = 82
MISALIGNMENT = np.array([[0.9994, -0.021, 14.0], [0.021, 0.9994, -9.0]])
"""Rotation and translation of the clean image, so that registration has work to do."""
CORRECTIONS = ((386, 287, 565, 344, 742, 385, 883, 391), (749, 544, 868, 514))
"""Points of strokes on pale sky and on a wall, which the first strokes mistake for losses."""
Dialog = TypeVar("Dialog", bound=QDialog)


@dataclass(frozen=True)
class ScreenshotFolders:
    """Folder for all screenshots, and the folders for those in the README and in the manual."""

    folder: Path
    docs: Path | None = None
    manual: Path | None = None


class Photographer:
    """Runs the program and takes screenshots in one theme and language."""

    def __init__(self, to: ScreenshotFolders, size: tuple[int, int], kind: str, engine: str) -> None:
        self.folder, self.docs, self.kind, self.engine = to.folder, to.docs, kind, engine
        self.manual = to.manual and to.manual / ("zh_CN" if kind == "zh_CN" else "en")
        self.work = Path(os.environ["IMAGEST_DATA"])
        settings = Settings(QSettings(str(self.work / "settings.ini"), QSettings.Format.IniFormat))
        dark, chinese = kind == "dark", kind == "zh_CN"
        settings.prefer(theme="dark" if dark else "light", language="zh_CN" if chinese else "en")
        self.program = Program(make_application(), settings)
        self.window.resize(*size)
        self.window.show()

    @property
    def window(self) -> MainWindow:
        """The current window."""
        return self.program.window

    def shoot(self, name: str, widget: QWidget | None = None, *, settled: int = SETTLE_TIME) -> None:
        """Write a screenshot once the window has settled."""
        wait(settled)
        until(lambda: self.window.context.background.resting or self.window.context.jobs.busy)
        wait(50)
        taken: QPixmap = (widget or self.window).grab()
        suffix = "" if self.kind == "light" else f"-{self.kind}"
        taken.save(str(self.folder / f"{name}{suffix}.png"))
        if self.docs is not None and name in IN_DOCS[self.kind]:
            taken.save(str(self.docs / f"window-{name}{suffix}.jpg"), "JPEG", QUALITY)

    def shoot_part(self, name: str, widget: QWidget | None = None) -> None:
        """Write a picture of the manual; call it after :meth:`shoot`, when the window has settled."""
        if self.manual is not None:
            write_manual_picture((widget or self.window).grab(), name, self.manual)

    def dialog(self, kind: type[Dialog], action: str) -> Dialog:
        """Open a dialog with its action."""
        self.window.action(action).trigger()
        return next(item for item in self.window.findChildren(kind) if item.isVisible())

    def session(self) -> None:
        """Take the screenshots of a session from the welcome view to the exported file."""
        self.shoot("welcome")
        for kind, name in (
            (SettingsDialog, "settings"),
            (ShortcutsDialog, "shortcuts"),
            (AboutDialog, "about"),
        ):
            dialog = self.dialog(kind, name)
            self.shoot(name, dialog)
            dialog.close()
        self.window.action("open_sample").trigger()
        until(lambda: self.window.context.document is not None and not self.window.context.jobs.busy)
        self.shoot("opened")
        self._derive()
        self._style()
        self._restore()
        self._compare()
        self._review_and_export()
        self.window.action("close").trigger()
        self.shoot("welcome-recent")

    def _derive(self) -> None:
        window = self.window
        selection, panel = window.context.selection, window.damage.derive
        for method in ("cracks", "losses", "difference"):
            selection.proposal = None
            window.action(f"derive_{method}").trigger()
            if method == "losses":
                selection.picked.emit(*bare_ground())
            if method == "difference":
                panel.clean.use_file(turned_clean(self.work))
            until(lambda: selection.proposal is not None)
            self.shoot(f"derive-{method}", settled=3 * SETTLE_TIME)
            if method == "cracks":
                self.shoot_part("derive", window.docks["damage"])
        self._learn()
        window.damage.fold.head.setChecked(False)
        self._clean_rim()
        self._show_layer()

    def _learn(self) -> None:
        """Paint strokes on the losses of the sample and on intact paint, and wait for the preview."""
        window, document = self.window, self.window.context.document
        assert document is not None
        window.action("tool_example").trigger()
        for stroke in sample_strokes():
            document.do(add_example(document.state, stroke))
        window.context.selection.proposal = None
        until(lambda: window.context.selection.proposal is not None)
        self.shoot("derive-strokes", settled=3 * SETTLE_TIME)
        self.shoot_part("strokes")
        document.do(clear_examples(document.state))

    def _clean_rim(self) -> None:
        """Mark the losses of the sample without their edges, and propose to grow the mask."""
        window, context = self.window, self.window.context
        importing.import_mask(context, inner_mask(self.work))
        until(lambda: window.damage.marked and not context.jobs.busy)
        window.action("clean_rim").trigger()
        until(lambda: window.damage.rim.proposed is not None)
        window.damage.rim.show_next()
        window.banner.hide()
        self.shoot("clean-rim", settled=3 * SETTLE_TIME)
        self.shoot_part("rim", window.area)
        window.damage.rim.discard()
        window.action("undo").trigger()
        window.action("fit").trigger()

    def _show_layer(self) -> None:
        """Show an infrared picture of the sample behind the curtain."""
        window, context = self.window, self.window.context
        window.damage.layers_fold.head.setChecked(True)
        layers.add_layer(context, infrared(self.work), LayerKind.INFRARED)
        until(lambda: window.area.registered.layer is not None)
        context.selection.layer_mode = LayerMode.SWIPE
        window.banner.hide()
        self.shoot("layer", settled=3 * SETTLE_TIME)
        self.shoot_part("layers", window.damage.layers)
        layers.remove_layer(context, context.selection.layer)
        window.damage.layers_fold.head.setChecked(False)

    def _style(self) -> None:
        context, window = self.window.context, self.window
        importing.import_mask(context, resources.sample_mask())
        until(lambda: bool(context.selection.suggestions))
        self.shoot("style")
        self.shoot_part("damage", window.docks["damage"])
        window.docks["style"].open(True)
        self.shoot("style-suggested")
        self.shoot_part("style", window.docks["style"])
        window.style_panel.accept_suggestions()
        self.shoot("style-chosen")

    def _restore(self) -> None:
        context, window = self.window.context, self.window
        context.selection.request = context.selection.request.changed(engine=self.engine)
        window.docks["restore"].open(True)
        window.restore.fold.head.setChecked(True)
        self.shoot("restore-advanced")
        self.shoot_part("restore", window.docks["restore"])
        window.restore.fold.head.setChecked(False)
        restoring.restore_all(context)
        context.selection.compare = Compare.SIDE
        until(lambda: window.live.count >= LIVE or not context.jobs.busy)
        self.shoot("restoring", settled=50)
        until(lambda: not context.jobs.busy)
        restoring.show_result(context)
        window.banner.hide()

    def _compare(self) -> None:
        selection = self.window.context.selection
        for mode, name in (
            (Compare.SIDE, "side-by-side"),
            (Compare.SWIPE, "swipe"),
            (Compare.DIFFERENCE, "difference"),
        ):
            selection.compare = mode
            self.shoot(name)
            if mode == Compare.SWIPE:
                self.shoot_part("compare", self.window.area)
        selection.compare = Compare.SIDE

    def _review_and_export(self) -> None:
        window, context = self.window, self.window.context
        window.handlers.show_panel("review")
        run = deciding.shown_run(context)
        assert run is not None
        context.selection.region = int(np.argsort(run.regions["area"])[-3]) + 1
        context.selection.reveal.emit(run.region_box(context.selection.region))
        self.shoot("review")
        for name, widget in (
            ("window", window),
            ("results", window.results),
            ("review", window.docks["review"]),
        ):
            self.shoot_part(name, widget)
        deciding.accept_run(context)
        dialog = self.dialog(ExportDialog, "export")
        dialog.path.setText("landscape-restored.tif")
        self.shoot("export", dialog)
        self.shoot_part("export", dialog)
        dialog.path.setText(str(self.work / dialog.path.text()))
        dialog.go.click()
        until(lambda: not context.jobs.busy)
        self.shoot("exported", dialog)
        dialog.close()


def sample_strokes() -> list[ExampleStroke]:
    """Return short strokes inside the largest losses of the sample, and on paint far from damage."""
    mask = read_picture(resources.sample_mask(), cv2.IMREAD_GRAYSCALE)
    assert mask is not None
    strokes, damaged = [], mask > 0
    for label, region in ((1, damaged), (INTACT, ~damaged)):
        free = np.pad(region, 1).astype(np.uint8)
        for _ in range(4):
            distance = cv2.distanceTransform(free, cv2.DIST_L2, 5)[1:-1, 1:-1]
            _, radius, _, (x, y) = cv2.minMaxLoc(distance)
            half = min(radius * 0.6, 60.0)
            strokes.append(ExampleStroke(label, min(radius, 14.0), (x - half, y, x + half, y)))
            cv2.circle(free, (x + 1, y + 1), int(2 * half + radius), 0, -1)
    return [*strokes, *(ExampleStroke(INTACT, 14, line) for line in CORRECTIONS)]


def bare_ground() -> tuple[int, int]:
    """Return the middle of the sample's largest loss, where the ground is visible."""
    mask = read_picture(resources.sample_mask(), cv2.IMREAD_GRAYSCALE)
    assert mask is not None
    depth = cv2.distanceTransform((mask > 0).astype(np.uint8), cv2.DIST_L2, 5)
    y, x = np.unravel_index(int(depth.argmax()), depth.shape)
    return int(x), int(y)


def turned_clean(folder: Path) -> Path:
    """Write the sample before its damage, slightly rotated and shifted like another photograph."""
    clean = read_picture(resources.sample_clean())
    assert clean is not None
    path = folder / "clean.png"
    write_picture(
        path, cv2.warpAffine(clean, MISALIGNMENT, clean.shape[1::-1], borderMode=cv2.BORDER_REFLECT)
    )
    return path


def inner_mask(folder: Path) -> Path:
    """Write the mask of the sample without the edges of its losses."""
    mask = read_picture(resources.sample_mask(), cv2.IMREAD_GRAYSCALE)
    assert mask is not None
    path = folder / "inner.png"
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (11, 11))
    write_picture(path, cv2.erode(mask, disc))
    return path


def infrared(folder: Path) -> Path:
    """Write the turned clean sample as an infrared picture may look."""
    clean = read_picture(turned_clean(folder))
    assert clean is not None
    path = folder / "infrared.png"
    write_picture(path, cv2.LUT(clean[..., 2], np.rint(np.sqrt(np.arange(256) * 255)).astype(np.uint8)))
    return path


def wait(milliseconds: int) -> None:
    """Run the event loop for a while."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def until(condition: Callable[[], bool]) -> None:
    """Run the event loop until ``condition`` is true; raise ``TimeoutError``."""
    end = time.monotonic() + TIMEOUT
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError
        wait(20)


def take(to: ScreenshotFolders, size: tuple[int, int], kind: str, engine: str) -> None:
    """Take all screenshots of one ``kind``: light, dark or zh_CN."""
    photographer = Photographer(to, size, kind, engine)
    try:
        photographer.session()
    finally:
        document = photographer.window.context.document
        if document is not None:
            document.abandon()
        photographer.program.end()


def main() -> None:
    """Write every screenshot in one theme or language."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", default="1440x900")
    parser.add_argument("--look", choices=("light", "dark"), default="light")
    parser.add_argument("--language", choices=("en", "zh_CN"), default="en")
    parser.add_argument("--docs", type=Path, help="also write the README's screenshots to this folder")
    parser.add_argument("--manual", type=Path, help="also write the manual's pictures to this folder")
    parser.add_argument("--factor", type=float, default=1.0, help="scale factor of the screen")
    parser.add_argument("--engine", default="imagest", help="engine that restores; harmonic is fast")
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    across, down = map(int, args.size.split("x"))
    if os.environ.get("QT_QPA_PLATFORM") == "offscreen":
        os.environ["QT_QPA_PLATFORM"] = offscreen(round(across * args.factor), round(down * args.factor))
    os.environ["QT_SCALE_FACTOR"] = str(args.factor)
    kind = args.language if args.language != "en" else args.look
    with tempfile.TemporaryDirectory() as data:
        os.environ["IMAGEST_DATA"] = data
        folders = ScreenshotFolders(args.folder, args.docs, args.manual)
        take(folders, (across, down), kind, args.engine)


if __name__ == "__main__":
    main()
