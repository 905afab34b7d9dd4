"""An engine's own parameters appear in the command line, the window and the record without other code."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile
import toy_engine
from PIL import Image
from PySide6.QtWidgets import QDoubleSpinBox

from app.context import Context
from app.window.main_window import MainWindow
from imagest_core.cli.program import main
from imagest_core.restoration.engines import registry
from imagest_core.restoration.request import RestorationRequest


@pytest.fixture(autouse=True)
def toy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.ENGINES, "toy", toy_engine.ENGINES["toy"])


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    mask = np.zeros((60, 60), np.uint8)
    mask[20:30, 25:45] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    ramp = np.linspace(0, 60000, 60 * 60 * 3).reshape(60, 60, 3).astype(np.uint16)
    tifffile.imwrite(tmp_path / "scan.tif", ramp, photometric="rgb")
    return tmp_path / "scan.tif"


def arguments(scan: Path, engine: str, *more: str) -> list[str]:
    folder = scan.parent
    return [
        "restore", str(scan), "--mask", str(folder / "mask.png"), "-o", str(folder / "out.tif"),
        "--record", str(folder / "record.json"), "--engine", engine, *more,
    ]  # fmt: skip


def test_parameters_are_command_line_options_and_reach_pixels_and_record(scan: Path) -> None:
    assert main(arguments(scan, "toy", "--brightness", "0.25", "--stripes", "2")) == 0
    record = json.loads((scan.parent / "record.json").read_text())
    assert record["request"]["engine"] == "toy"
    assert record["request"]["parameters"] == {"brightness": 0.25, "stripes": 2}
    assert {"brightness", "stripes"} <= set(record["used"])
    filled = tifffile.imread(scan.parent / "out.tif")
    assert (filled != tifffile.imread(scan)).any()


def test_help_lists_parameters(capsys: pytest.CaptureFixture) -> None:
    assert main(["restore", "--help"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "parameters of the engine toy" in text
    assert "--brightness X grey level of the fill (default 0.5)" in text
    assert "--stripes PX width of dark stripes (default 0)" in text
    assert "a CPU computes one (default as memory allows)" in text


@pytest.mark.parametrize(
    ("engine", "given", "sentence"),
    [
        ("harmonic", ("--stripes", "2"), "The engine harmonic has no parameter --stripes; leave it out or"),
        (
            "toy",
            ("--steps", "2"),
            "The engine toy has no parameter --steps; leave it out or use --engine imagest",
        ),
        ("toy", ("--stripes", "12"), "--stripes: expected a whole number from 0 to 9"),
    ],
)
def test_what_an_engine_lacks_is_refused_with_one_sentence(
    scan: Path, capsys: pytest.CaptureFixture, engine: str, given: tuple[str, str], sentence: str
) -> None:
    try:
        code = main(arguments(scan, engine, *given))
    except SystemExit as left:
        code = left.code
    assert code == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1
    assert not (scan.parent / "out.tif").exists()


def test_parameters_are_controls_of_the_panel(window: MainWindow, opened, context: Context) -> None:
    window.docks["restore"].open(True)
    window.restore.fold.head.setChecked(True)
    context.selection.request = RestorationRequest.of("toy", stripes=4)
    panel = window.restore
    stripes = panel.advanced.editors["stripes"]
    assert (stripes.field.value(), stripes.field.maximum()) == (4, 9)
    assert stripes.toolTip() == "Width of dark stripes."
    assert stripes.isVisible()
    panel.choices.editor("brightness").findChild(QDoubleSpinBox).setValue(0.75)
    stripes.field.setValue(7)
    assert context.selection.request == RestorationRequest.of("toy", brightness=0.75, stripes=7)
    context.selection.request = RestorationRequest("harmonic")
    assert "stripes" not in panel.advanced.editors
    panel.choices.engine.addItem("Toy", "toy")
    panel.choices.engine.setCurrentIndex(panel.choices.engine.findData("toy"))


def test_an_engine_chosen_again_has_the_parameters_it_had(
    window: MainWindow, opened, context: Context
) -> None:
    choices = window.restore.choices
    context.selection.request = RestorationRequest.of("imagest", steps=9)
    for name in ("harmonic", "imagest"):
        choices.engine.setCurrentIndex(choices.engine.findData(name))
        choices.engine.activated.emit(choices.engine.currentIndex())
        assert context.selection.request.engine == name
    assert context.selection.request.get("steps") == 9
