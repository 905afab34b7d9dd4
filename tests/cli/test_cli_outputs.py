"""No command writes over anything it reads, whatever name, link or letter case leads there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from imagest_core.errors import OutputError
from imagest_core.models.library import embedded_folder
from imagest_core.painting.outputs import FileKind, check_target, check_targets, file_kind, same_file
from imagest_core.painting.reader import open_painting
from imagest_core.project.document import Document
from imagest_core.project.operations.settings import set_style
from imagest_core.style.reference import StyleReference

Way = Callable[[Path, Path], Path]


def itself(path: Path, folder: Path) -> Path:
    return path


def symlink(path: Path, folder: Path) -> Path:
    made = folder / f"link{path.suffix}"
    made.symlink_to(path)
    return made


def hard_link(path: Path, folder: Path) -> Path:
    made = folder / f"twin{path.suffix}"
    os.link(path, made)
    return made


def other_case(path: Path, folder: Path) -> Path:
    return path.with_name(path.name.swapcase())


def linked_folder(path: Path, folder: Path) -> Path:
    made = folder / "elsewhere"
    made.symlink_to(path.parent, target_is_directory=True)
    return made / path.name


def roundabout(path: Path, folder: Path) -> Path:
    return path.parent / ".." / path.parent.name / path.name


WAYS = (itself, symlink, hard_link, other_case, linked_folder, roundabout)


@pytest.fixture
def inputs(scan: Path, mask: Path, tmp_path: Path) -> dict[str, Path]:
    """One of each kind of file that commands read."""
    found = {"scan": scan}
    for name in ("mask.tif", "style.tif", "clean.tif"):
        found[name[:-4]] = tmp_path / name
        cv2.imwrite(str(found[name[:-4]]), cv2.imread(str(mask)))
    model = tmp_path / "model"
    model.mkdir()
    shutil.copy(embedded_folder() / "config.json", model)
    (model / "style.safetensors").write_bytes(b"weights")
    found |= {"config": model / "config.json", "weights": model / "style.safetensors"}
    found["project"] = tmp_path / "work.imagest"
    with open_painting(scan) as painting, Document.create(painting, found["project"]) as document:
        document.do(set_style(document.state, StyleReference((), found["style"])))
    found["wal"] = tmp_path / "work.imagest-wal"
    found["wal"].write_bytes(b"")
    found["lock"] = tmp_path / "work.imagest.lock"
    found["lock"].write_bytes(b"")
    return found


RESTORE = (
    "restore",
    "{scan}",
    "--mask",
    "{mask}",
    "--style-image",
    "{style}",
    "--model",
    "{model}",
    "--force",
)
COMMANDS = {
    "restore": ([*RESTORE, "-o", "{out}"], ("scan", "mask", "style")),
    "record": (
        [*RESTORE, "-o", "{new}.tif", "--record", "{out}"],
        ("scan", "mask", "style", "config", "weights"),
    ),
    "mask": (["mask", "{scan}", "--clean", "{clean}", "-o", "{out}", "--force"], ("scan", "clean")),
    "figures": (
        ["project", "info", "{project}", "--csv", "{out}", "--force"],
        ("scan", "style", "project", "wal", "lock"),
    ),
    "export": (
        ["project", "export", "{project}", "-o", "{out}", "--force"],
        ("scan", "style", "project", "wal"),
    ),
    "rescue": (
        ["project", "rescue", "{project}", "-o", "{out}", "--force"],
        ("scan", "style", "project", "wal", "lock"),
    ),
}


def contents(inputs: dict[str, Path]) -> dict[str, bytes]:
    """The bytes of all but what comes and goes whenever a project is read."""
    return {name: path.read_bytes() for name, path in inputs.items() if name not in ("wal", "lock")}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("work.imagest"))


def cases() -> Iterator[object]:
    for name, (_, targets) in COMMANDS.items():
        for target in targets:
            for way in WAYS:
                yield pytest.param(name, target, way, id=f"{name}-{target}-{way.__name__}")


@pytest.mark.parametrize(("command", "target", "way"), list(cases()))
def test_no_input_is_ever_written(cli, inputs, tmp_path, command, target, way):
    folder = tmp_path / "links"
    folder.mkdir()
    out = way(inputs[target], folder)
    before, listed = contents(inputs), names(tmp_path)
    words = {**inputs, "model": tmp_path / "model", "out": out, "new": tmp_path / "new"}
    answer = cli(*(word.format(**words) for word in COMMANDS[command][0]))
    assert answer.code == 2, answer
    assert answer.err.count("\n") == 1
    assert contents(inputs) == before
    assert names(tmp_path) == listed


def test_a_rescue_spares_the_scan_that_only_the_bytes_of_the_project_still_name(cli, inputs, tmp_path):
    project, scan = inputs["project"], inputs["scan"]
    data = bytearray(project.read_bytes())
    data[:4096] = bytes(4096)
    project.write_bytes(data)
    kept = scan.read_bytes()
    assert cli("project", "rescue", project, "-o", scan, "--force").code == 2
    scan.rename(tmp_path / "moved.tif")
    (tmp_path / "notes.txt").write_text("mine")
    assert cli("project", "rescue", project, "-o", tmp_path / "moved.tif", "--force").code == 2
    assert (tmp_path / "moved.tif").read_bytes() == kept


def test_a_rescue_does_not_replace_a_project_that_is_open(cli, inputs, tmp_path):
    other = tmp_path / "other.imagest"
    with open_painting(inputs["scan"]) as painting, Document.create(painting, other):
        before = other.read_bytes()
        answer = cli("project", "rescue", inputs["project"], "-o", other, "--force")
        assert (answer.code, "is in use by" in answer.err) == (2, True)
        assert other.read_bytes() == before


@pytest.mark.parametrize("way", WAYS)
def test_a_project_is_not_saved_over_what_it_refers_to(inputs, tmp_path, way):
    folder = tmp_path / "links"
    folder.mkdir()
    before = inputs["scan"].read_bytes()
    with Document.open(inputs["project"]) as document, pytest.raises(OutputError):
        document.save_as(way(inputs["scan"], folder), force=True)
    assert inputs["scan"].read_bytes() == before


def test_figures_and_records_never_replace_a_picture_or_a_project(cli, inputs, tmp_path):
    strange = shutil.copy(inputs["style"], tmp_path / "another.tif")
    answer = cli("project", "info", inputs["project"], "--csv", strange, "--force")
    assert (answer.code, "is a picture" in answer.err) == (2, True)
    words = ["restore", inputs["scan"], "--mask", inputs["mask"], "-o", tmp_path / "new.tif", "--force"]
    assert cli(*words, "--record", shutil.copy(inputs["project"], tmp_path / "p.json")).code == 2


def test_an_evaluation_does_not_write_over_its_cases(cli, tmp_path):
    folder = tmp_path / "cases" / "one-losses"
    folder.mkdir(parents=True)
    for name in ("clean.png", "damaged.png", "mask.png"):
        cv2.imwrite(str(folder / name), np.zeros((8, 8), np.uint8))
    out = tmp_path / "out"
    out.mkdir()
    (out / "report.md").symlink_to(folder / "clean.png")
    before = (folder / "clean.png").read_bytes()
    answer = cli("evaluate", folder.parent, "-o", out, "--engine", "harmonic", "--force")
    assert (answer.code, answer.err.count("\n")) == (2, 1)
    assert (folder / "clean.png").read_bytes() == before


def test_evaluation_replaces_earlier_results_only_with_force(cli, tmp_path):
    (tmp_path / "cases" / "one").mkdir(parents=True)
    for name in ("clean.png", "damaged.png", "mask.png"):
        cv2.imwrite(str(tmp_path / "cases" / "one" / name), np.zeros((8, 8), np.uint8))
    (tmp_path / "report.md").write_text("mine")
    assert cli("evaluate", tmp_path / "cases", "-o", tmp_path, "--engine", "harmonic").code == 2
    assert (tmp_path / "report.md").read_text() == "mine"


def test_a_kind_of_case_names_no_file_outside(cli, tmp_path):
    (tmp_path / "cases" / "one").mkdir(parents=True)
    for name in ("clean.png", "damaged.png", "mask.png"):
        cv2.imwrite(str(tmp_path / "cases" / "one" / name), np.zeros((8, 8), np.uint8))
    (tmp_path / "cases" / "cases.json").write_text('[{"name": "one", "kind": "/../../../x"}]')
    answer = cli("evaluate", tmp_path / "cases", "-o", tmp_path / "out", "--engine", "harmonic")
    assert (answer.code, "must be a word" in answer.err) == (2, True)


def test_the_demo_does_not_write_over_the_style_it_reads(cli, inputs, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "demo-before-after.png").symlink_to(inputs["style"])
    before = inputs["style"].read_bytes()
    words = ["demo", "-o", tmp_path / "out", "--engine", "harmonic", "--style-image", inputs["style"]]
    assert cli(*words).code == 2
    assert inputs["style"].read_bytes() == before
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["demo-before-after.png"]


def test_a_training_run_takes_no_folder_of_others(cli, inputs, tmp_path):
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for number in range(12):
        cv2.imwrite(str(pictures / f"{number}.png"), np.full((40, 40, 3), number * 20, np.uint8))
    listed = sorted(path.name for path in pictures.iterdir())
    toy = ["--side", 32, "--held-out", 1, "--steps", 1, "--batch", 1]
    for out in (pictures, tmp_path / "model", tmp_path):
        answer = cli("train", "autoencoder", pictures, "-o", out, *toy)
        assert (answer.code, answer.err.count("\n")) == (2, 1), out
    assert sorted(path.name for path in pictures.iterdir()) == listed
    assert not (tmp_path / "settings.json").exists()
    packed = [
        "--autoencoder",
        tmp_path / "model",
        "--diffusion",
        tmp_path / "model",
        "-o",
        tmp_path / "model",
    ]
    assert cli("train", "pack", *packed).code == 2


def test_a_model_is_not_imported_over_itself(cli, inputs, tmp_path, monkeypatch):
    monkeypatch.setenv("IMAGEST_DATA", str(tmp_path / "data"))
    assert cli("models", "import", embedded_folder(), "--name", "mine").code == 0
    mine = tmp_path / "data" / "models" / "mine"
    (tmp_path / "link").symlink_to(mine, target_is_directory=True)
    for source in (mine, tmp_path / "link"):
        answer = cli("models", "import", source, "--name", "mine", "--force")
        assert (answer.code, answer.err.count("\n")) == (2, 1)
    assert (mine / "config.json").is_file()


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("Scan.tif", "scan.tif"),
        ("scan.tif", "scan.tif"),
        ("e\u0301.tif", "\u00e9.tif"),
        ("\u00c9.TIF", "e\u0301.tif"),
    ],
)
def test_names_that_some_disk_takes_for_one_are_one(tmp_path, name, known):
    known = tmp_path / known
    assert same_file(tmp_path / name, known)
    assert not same_file(tmp_path / "other" / name, known)
    assert not same_file(tmp_path / f"x{name}", known)


def test_target_that_is_not_a_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/dev/null")
    for name in ("pipe", "link", "."):
        with pytest.raises(OutputError, match="is not a file"):
            check_target(tmp_path / name, force=True)
    with pytest.raises(OutputError, match="two of the output files"):
        check_targets([tmp_path / "a.tif", tmp_path / "A.tif"])


def test_kinds_are_known_by_their_first_bytes(tmp_path, inputs):
    assert file_kind(inputs["scan"]) is FileKind.PICTURE
    assert file_kind(inputs["project"]) is FileKind.PROJECT
    assert file_kind(inputs["config"]) is FileKind.OTHER
    assert file_kind(tmp_path / "nothing") is FileKind.OTHER
