"""The start page: recent files can be told apart, and a message does not cover the page."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PySide6.QtCore import QCoreApplication, QEvent, QPoint
from PySide6.QtWidgets import QLabel, QToolButton
from pytestqt.qtbot import QtBot

from app.window.main_window import MainWindow
from app.window.welcome import THUMB, distinguishing_folders

LONG = "A sentence that is long enough to need more than one line. " * 6


def tiles(window: MainWindow) -> list[QToolButton]:
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    return window.welcome.findChildren(QToolButton, "tile")


def remember(window: MainWindow, *paths: Path) -> None:
    for path in reversed(paths):
        window.context.settings.remember(path)


def test_recent_files_of_the_same_name_show_their_folders(window: MainWindow, tmp_path: Path):
    names = tmp_path / "before" / "scan.tif", tmp_path / "after" / "scan.tif", tmp_path / "other.tif"
    remember(window, *names)
    texts = [tile.text().split("\n") for tile in tiles(window)]
    assert [text[0] for text in texts] == ["scan.tif", "scan.tif", "other.tif"]
    assert texts[0][1].endswith("before")
    assert texts[1][1].endswith("after")
    assert texts[2][1] == ""
    assert str(names[0].parent) in tiles(window)[0].accessibleName()
    for tile, text in zip(tiles(window), texts, strict=True):
        assert tile.height() >= tile.sizeHint().height()
        assert all(tile.fontMetrics().horizontalAdvance(line) <= THUMB.width() for line in text)


def test_recent_files_of_different_names_show_no_folder(window: MainWindow, tmp_path: Path):
    remember(window, tmp_path / "a" / "one.tif", tmp_path / "b" / "two.tif")
    assert [tile.text() for tile in tiles(window)] == ["one.tif", "two.tif"]


def test_an_ampersand_in_the_name_of_a_recent_file_is_shown(window: MainWindow, tmp_path: Path):
    remember(window, tmp_path / "Adam & Eve.tif")
    assert tiles(window)[0].text() == "Adam && Eve.tif"


def test_the_names_of_recent_files_stand_in_one_line(window: MainWindow, scan: Path, qtbot: QtBot):
    wide = scan.with_name("wide.tif")
    tifffile.imwrite(wide, np.zeros((40, 160, 3), np.uint8), photometric="rgb")
    remember(window, scan, wide, scan.with_name("missing.tif"))
    before = tiles(window)[0].icon().cacheKey()
    qtbot.waitUntil(lambda: tiles(window)[0].icon().cacheKey() != before)
    qtbot.waitUntil(lambda: window.context.background.resting)
    assert {tile.icon().actualSize(THUMB).toTuple() for tile in tiles(window)} == {THUMB.toTuple()}


@pytest.mark.parametrize(
    ("folders", "shown"),
    [
        (("/archive/a", "/archive/b"), ["/archive/a", "/archive/b"]),
        (
            ("/archive/of/the/museum/recto/dpi", "/archive/of/the/museum/verso/dpi"),
            ["…/recto/dpi", "…/verso/dpi"],
        ),
        (("/archive/of/the/museum/1", "/archive/of/the/museum/1/a"), ["…/1", "…/1/a"]),
    ],
)
def test_what_long_folders_have_in_common_is_left_out(folders: tuple[str, ...], shown: list[str]):
    paths = [Path(folder) / "scan.tif" for folder in folders]
    assert distinguishing_folders(paths, lambda text: len(text) < 20) == [str(Path(each)) for each in shown]


def test_a_message_does_not_cover_the_heading_of_a_low_page(window: MainWindow, tmp_path: Path, qtbot: QtBot):
    window.resize(1240, 640)
    remember(window, *(tmp_path / f"{number}.tif" for number in range(8)))
    heading = window.welcome.findChild(QLabel, "title")
    qtbot.wait(50)
    before = heading.mapTo(window, QPoint(0, 0)).y()
    window.context.messages.warn(LONG)
    qtbot.wait(50)
    bottom = window.banner.mapTo(window, QPoint(0, window.banner.height())).y()
    assert heading.mapTo(window, QPoint(0, 0)).y() >= bottom
    window.banner.dismiss()
    qtbot.wait(50)
    assert heading.mapTo(window, QPoint(0, 0)).y() == before
