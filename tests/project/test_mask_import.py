"""Mask images with several colours are read by colour and imported into damage classes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from imagest_core.damage.mask_parts import MAX_PARTS, read_mask_parts
from imagest_core.errors import MaskError
from imagest_core.painting.reader import Painting
from imagest_core.project.document import Document
from imagest_core.project.mask_import import import_operation, named_targets, proposed_targets
from imagest_core.project.operations.settings import change_setting, lock_class, show_class
from imagest_core.project.state import Aspect

SIZE = (600, 300)


def labels() -> NDArray[np.uint8]:
    """Label 1 in two regions, label 2 in one; (300, 600)."""
    values = np.zeros(SIZE[::-1], np.uint8)
    values[10:20, 10:30] = 1
    values[100:110, 10:20] = 1
    values[250:280, 500:520] = 2
    return values


def palette(tmp_path: Path) -> Path:
    picture = Image.fromarray(labels())
    picture = picture.convert("P")
    picture.putpalette([0, 0, 0, 0xD6, 0x28, 0x28, 10, 200, 30])
    picture.putdata(labels().ravel().tolist())
    picture.save(tmp_path / "palette.png")
    return tmp_path / "palette.png"


def grey(tmp_path: Path) -> Path:
    tifffile.imwrite(tmp_path / "grey.tif", labels(), photometric="minisblack")
    return tmp_path / "grey.tif"


def drawing(tmp_path: Path) -> Path:
    """Colours on a transparent ground."""
    colours = np.array([[0, 0, 0, 0], [0xD6, 0x28, 0x28, 255], [10, 200, 30, 255]], np.uint8)
    Image.fromarray(colours[labels()]).save(tmp_path / "drawing.png")
    return tmp_path / "drawing.png"


def white_ground(tmp_path: Path) -> Path:
    colours = np.array([[255, 255, 255], [0xD6, 0x28, 0x28], [10, 200, 30]], np.uint8)
    tifffile.imwrite(tmp_path / "white.tif", colours[labels()], photometric="rgb")
    return tmp_path / "white.tif"


@pytest.mark.parametrize(
    ("make", "values"),
    [
        (palette, ["1", "2"]),
        (grey, ["1", "2"]),
        (drawing, ["#0ac81e", "#d62828"]),
        (white_ground, ["#0ac81e", "#d62828"]),
    ],
)
def test_indexed_parts_have_the_colours_of_the_image(make, values: list[str], tmp_path: Path) -> None:
    parts = read_mask_parts(make(tmp_path), SIZE)
    assert [part.value for part in parts.parts] == values
    assert sorted((part.pixels, part.regions) for part in parts.parts) == [(300, 2), (600, 1)]
    assert parts.damage.count() == 900


def test_a_black_and_white_mask_has_one_part(tmp_path: Path) -> None:
    Image.fromarray((labels() > 0).astype(np.uint8) * 255).save(tmp_path / "mask.png")
    (part,) = read_mask_parts(tmp_path / "mask.png", SIZE).parts
    assert (part.value, part.pixels, part.regions) == ("", 900, 3)


def test_photographs_and_empty_masks_are_refused(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (300, 600, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "photo.png")
    with pytest.raises(MaskError, match="has colours"):
        read_mask_parts(tmp_path / "photo.png", SIZE)
    many = (np.arange(600) * (MAX_PARTS + 2) // 600 * 7).astype(np.uint8)
    Image.fromarray(np.tile(many, (300, 1))).save(tmp_path / "steps.png")
    with pytest.raises(MaskError, match="not clearly black and white"):
        read_mask_parts(tmp_path / "steps.png", SIZE)
    Image.fromarray(np.zeros((300, 600), np.uint8)).save(tmp_path / "empty.png")
    with pytest.raises(MaskError, match="empty"):
        read_mask_parts(tmp_path / "empty.png", SIZE)
    tifffile.imwrite(tmp_path / "float.tif", labels().astype(np.float32) / 3, photometric="minisblack")
    with pytest.raises(MaskError, match="not clearly black and white"):
        read_mask_parts(tmp_path / "float.tif", SIZE)


def test_proposed_classes_match_by_colour_or_label(document: Document, tmp_path: Path) -> None:
    proposed = proposed_targets(read_mask_parts(palette(tmp_path), SIZE), document.state, 3)
    assert [item.name for item in proposed.values()] == ["loss", "crack"]
    proposed = proposed_targets(read_mask_parts(drawing(tmp_path), SIZE), document.state, 3)
    assert [(item.name, item.label, item.colour) for item in proposed.values()] == [
        ("drawing #0ac81e", 8, "#0ac81e"),
        ("loss", 1, "#d62828"),
    ]


def test_an_import_adds_classes_shows_hidden_ones_and_is_one_step(document: Document, tmp_path: Path) -> None:
    parts = read_mask_parts(drawing(tmp_path), SIZE)
    document.do(show_class(document.state, 1, False))
    targets = proposed_targets(parts, document.state, 1)
    before = len(document.history.done)
    document.do(import_operation(document.state, parts, targets))
    assert len(document.history.done) == before + 1
    assert document.state.damage.counts() == {1: 300, 8: 600}
    assert all(item.visible for item in document.state.damage.classes)
    document.undo()
    assert document.state.damage.empty
    assert len(document.state.damage.classes) == 7
    document.redo()
    assert document.path is not None
    document.close()
    with Document.open(document.path) as reopened:
        assert reopened.state.damage.counts() == {1: 300, 8: 600}


def test_locked_and_other_classes_are_kept(document: Document, tmp_path: Path, brush) -> None:
    from imagest_core.painting.geometry import Box

    brush(document, Box(10, 10, 5, 5), 4)
    document.do(lock_class(document.state, 4, True))
    brush(document, Box(20, 10, 5, 5), 5)
    parts = read_mask_parts(grey(tmp_path), SIZE)
    targets = proposed_targets(parts, document.state, 1)
    document.do(import_operation(document.state, parts, targets))
    assert document.state.damage.counts() == {1: 250, 2: 600, 4: 25, 5: 25}
    document.do(import_operation(document.state, parts, targets, overwrite=True))
    assert document.state.damage.counts() == {1: 275, 2: 600, 4: 25}


def test_names_choose_classes(document: Document, tmp_path: Path) -> None:
    parts = read_mask_parts(grey(tmp_path), SIZE)
    targets = named_targets(parts, document.state, ["2=mould"])
    assert [(number, item and item.name) for number, item in targets.items()] == [(2, "mould")]
    assert {item.name for item in named_targets(parts, document.state, ["tear"]).values() if item} == {"tear"}
    with pytest.raises(MaskError, match="has no part '7': choose from 1, 2"):
        named_targets(parts, document.state, ["7=tear"])


def test_the_command_imports_into_a_project(
    cli, document: Document, painting: Painting, tmp_path: Path
) -> None:
    project = document.path
    document.close()
    answer = cli("project", "mask", project, grey(tmp_path), "--class", "1=crack", "--class", "2=mould")
    assert answer.code == 0
    assert [(each["value"], each["pixels"], each["class"]) for each in json.loads(answer.out)["parts"]] == [
        ("1", 300, "crack"),
        ("2", 600, "mould"),
    ]
    with Document.open(project) as reopened:
        assert reopened.state.damage.counts() == {2: 300, 8: 600}
    assert cli("project", "mask", project, tmp_path / "none.png").code == 2
    assert cli("project", "mask", project, painting.path).code == 2


def test_parts_are_imported_as_protected(cli, document: Document, painting: Painting, tmp_path: Path) -> None:
    project = document.path
    document.do(change_setting(document.state, Aspect.CLASSES, document.state.damage.classes[:1], "few"))
    document.close()
    answer = cli("project", "mask", project, grey(tmp_path), "--class", "1=loss", "--class", "2=protected")
    assert answer.code == 0
    with Document.open(project) as reopened:
        damage = reopened.state.damage
        assert damage.filled().count() == 300
        assert damage.protected().count() == 600
