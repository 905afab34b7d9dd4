"""Pictures with hatched fills, for documentation."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from imagest_core.cli.program import main
from imagest_core.errors import OutputError
from imagest_core.export.marked_picture import write_marked_picture
from imagest_core.export.picture_spec import MarkedPicture
from imagest_core.painting.geometry import Box
from imagest_core.project.operations.decisions import accept
from imagest_core.project.operations.results import add_run

FILLED, OTHER = Box(230, 100, 60, 80), Box(400, 40, 40, 40)
FILL = np.array([128, 128, 128])
WHITE, YELLOW, RED = (255, 255, 255), (255, 210, 74), (0xD6, 0x28, 0x28)


@pytest.fixture
def filled(document, brush, make_run):
    """Two fills, the lower of which is accepted, and damage of class 1 around it."""
    brush(document, FILLED.expanded(-4), 1)
    document.do(add_run(make_run(1, [FILLED, OTHER], 128 * 257)))
    document.do(accept(document.state, document.state.runs[1], [2]))
    return document


def shown(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


def share(pixels: NDArray[np.uint8], box: Box, colour: tuple[int, int, int]) -> float:
    return float((pixels[box.slices] == np.array(colour)).all(axis=2).mean())


def test_accepted_fills_are_hatched_and_damage_is_outlined(filled, painting, tmp_path: Path) -> None:
    out = tmp_path / "marked.png"
    assert write_marked_picture(painting, filled.snapshot(), out) == (600, 300)
    pixels = shown(out)
    inside = FILLED.expanded(-8)
    assert 0.2 < share(pixels, inside, WHITE) < 0.4
    assert share(pixels, inside, tuple(FILL)) > 0.5
    assert share(pixels, Box(FILLED.x + 4, FILLED.y + 4, FILLED.width - 8, 1), RED) == 1
    assert share(pixels, OTHER, WHITE) == share(pixels, OTHER, tuple(FILL)) == 0
    expected = np.rint(painting.read(Box(0, 0, 100, 90)) / 257.0)
    assert np.abs(pixels[:90, :100].astype(int) - expected).max() <= 1


def test_result_under_review_has_another_colour(filled, painting, tmp_path: Path) -> None:
    out = tmp_path / "marked.tif"
    write_marked_picture(painting, filled.snapshot(), out, MarkedPicture(run=1))
    assert share(shown(out), OTHER, YELLOW) > 0.2


@pytest.mark.parametrize(("side", "size"), [(300, (300, 150)), (100, (100, 50)), (5000, (600, 300))])
def test_size_is_limited_to_the_longer_side(filled, painting, tmp_path: Path, side: int, size) -> None:
    out = tmp_path / "small.png"
    spec = MarkedPicture(side, hatched=False, outlined=False)
    assert write_marked_picture(painting, filled.snapshot(), out, spec) == size
    pixels, scale = shown(out), size[0] / 600
    x, y = round((FILLED.x + 30) * scale), round((FILLED.y + 40) * scale)
    assert np.abs(pixels[y, x].astype(int) - FILL).max() <= 1
    with Image.open(out) as picture:
        assert picture.info["dpi"][0] == pytest.approx(600 * scale, rel=0.01)
        assert picture.info["icc_profile"]


def test_thin_damage_is_visible_in_a_small_picture(document, painting, brush, tmp_path: Path) -> None:
    brush(document, Box(100, 50, 1, 200), 1)
    write_marked_picture(painting, document.snapshot(), tmp_path / "thin.png", MarkedPicture(150))
    assert (shown(tmp_path / "thin.png") == np.array(RED)).all(axis=2).sum() >= 45


def test_other_formats_are_refused(filled, painting, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"must end in \.png or \.tif"):
        write_marked_picture(painting, filled.snapshot(), tmp_path / "marked.jpg")
    assert list(tmp_path.glob("marked*")) == []


def test_command_line(filled, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project, out = filled.path, tmp_path / "marked.png"
    filled.close()
    command = ["project", "picture", str(project), "-o", str(out), "--side", "200"]
    assert main(command) == 0
    assert json.loads(capsys.readouterr().out) == {"out": str(out), "width": 200, "height": 100}
    assert main(command) == 2
    assert "exists already" in capsys.readouterr().err
    assert main([*command, "--force", "--result", "9"]) == 2
    assert "no result 9" in capsys.readouterr().err
    assert shown(out).shape == (100, 200, 3)
    assert main(["project", "picture", str(project), "-o", str(tmp_path / "scan.tif"), "--force"]) == 2
