"""The style layers finds its pictures wherever the cache folder lies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from app import theme

NAMES = ["plain", "with space", "Käche 修复", "a#b", "(round)", "it's", "semi;colon {x}", "50%20", "[sq]"]


@pytest.fixture(autouse=True)
def dressed(qapp: QApplication) -> Iterator[None]:
    yield
    theme.apply_theme(qapp, "light")


def drawn(qapp: QApplication, qtbot: QtBot) -> list[QImage]:
    """What shows a picture of the style layers, drawn with it."""
    theme.apply_theme(qapp, "light")
    box, number, check = QComboBox(), QSpinBox(), QCheckBox()
    check.setChecked(True)
    made: list[QWidget] = [box, number, check]
    images = []
    for widget in made:
        qtbot.addWidget(widget)
        widget.resize(QSize(100, 30))
        images.append(widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32))
    return images


def test_pictures_are_loaded_from_any_folder(
    qapp: QApplication, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(theme, "_arrow", lambda *_: "none")
    without = drawn(qapp, qtbot)
    monkeypatch.undo()
    seen = []
    for name in NAMES:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / name))
        seen.append(drawn(qapp, qtbot))
        assert (tmp_path / name / "imagest").is_dir()
    for name, images in zip(NAMES, seen, strict=True):
        assert images == seen[0], name
        assert all(image != bare for image, bare in zip(images, without, strict=True)), name


def test_a_cache_that_cannot_be_written_does_not_stop_the_program(
    qapp: QApplication, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = drawn(qapp, qtbot)
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert drawn(qapp, qtbot) == usual, "another folder is taken"


def test_broken_icon_in_the_cache_is_rendered_again(
    qapp: QApplication, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    usual = drawn(qapp, qtbot)
    for path in (tmp_path / "imagest").iterdir():
        path.write_bytes(b"")
    assert drawn(qapp, qtbot) == usual
