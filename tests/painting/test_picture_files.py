from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

import imagest_core
from imagest_core.errors import OutputError, PaintingError
from imagest_core.painting.picture_files import read_picture, write_picture

ROOT = Path(imagest_core.__file__).parents[1]
BY_PATH = {"imread", "imwrite", "imreadmulti", "imwritemulti", "imcount", "VideoCapture", "FileStorage"}
"""OpenCV functions that take a path, which fails on Windows for most names."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "København" / "修复"
    folder.mkdir(parents=True)
    return folder


def test_images_round_trip_in_any_folder(folder: Path) -> None:
    picture = np.random.default_rng(0).integers(0, 65536, (12, 9, 3), np.uint16)
    for _ in range(2):
        write_picture(folder / "修复.png", picture)
    assert np.array_equal(read_picture(folder / "修复.png", cv2.IMREAD_UNCHANGED), picture)
    assert [path.name for path in folder.iterdir()] == ["修复.png"]


def test_file_that_is_no_image_is_refused(folder: Path) -> None:
    (folder / "text.png").write_text("no picture")
    (folder / "empty.png").write_bytes(b"")
    for name in ("text.png", "empty.png", "absent.png"):
        with pytest.raises(PaintingError, match=name):
            read_picture(folder / name)
    with pytest.raises(OutputError, match="folder"):
        write_picture(folder / "none" / "a.png", np.zeros((2, 2), np.uint8))


def calls_by_path(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        attribute = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
        if attribute and node.value.id == "cv2" and node.attr in BY_PATH:
            yield f"{file.relative_to(ROOT)}:{node.lineno} cv2.{node.attr}"


def test_opencv_is_never_given_a_path() -> None:
    files = [file for name in ("imagest_core", "app", "scripts") for file in (ROOT / name).rglob("*.py")]
    assert [call for file in files for call in calls_by_path(file)] == []
