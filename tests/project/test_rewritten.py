"""A scan that another program has rewritten: what changed is said, and equal samples may be gone on with."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import ImageCms
from project_runs import run_filling

from imagest_core.cli.program import main
from imagest_core.errors import ProjectError
from imagest_core.export.painting import export_accepted
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import open_painting
from imagest_core.project import rewritten_scan as rewritten
from imagest_core.project.document import Document
from imagest_core.project.operations import decisions, results
from imagest_core.project.storage.integrity import check_project


def rewrite(scan: Path, **options: object) -> None:
    """Write the same samples again, as another program would."""
    samples = tifffile.imread(scan)
    plain = {"photometric": "rgb", "compression": "lzw", "metadata": None}
    tifffile.imwrite(scan, samples, **plain | options)


@pytest.fixture
def project(document: Document, painting) -> Path:
    """A closed project with one accepted fill."""
    record = json.dumps({"painting": {"sha256": painting.sha256()}})
    document.do(results.add_run(run_filling(1, [Box(20, 20, 30, 30)], 500, (600, 300), record=record)))
    document.do(decisions.accept(document.state, document.state.runs[1], [1]))
    document.close()
    assert document.path is not None
    return document.path


def test_what_changed_is_said(project: Path, scan: Path) -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    rewrite(scan, iccprofile=srgb, description="by another program", extratags=[(274, 3, 1, 3, True)])
    with Document.look_at(project) as document:
        document.state.painting = replace(document.state.painting, orientation=1)
        found = document.find_painting()
    assert found.changed
    assert found.rewritten is not None
    assert found.rewritten.same_samples is False, "turned by 180°"
    for part in (
        "its samples",
        "its colour profile (none, now sRGB",
        "its orientation (1, now 3)",
        "metadata",
    ):
        assert part in found.note, found.note


@pytest.mark.parametrize("moved", [False, True])
def test_equal_samples_may_be_gone_on_with(
    project: Path, scan: Path, tmp_path: Path, moved: bool, capsys
) -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    rewrite(scan, iccprofile=srgb)
    if moved:
        folder = tmp_path / "elsewhere"
        folder.mkdir()
        project, scan = project.rename(folder / project.name), scan.rename(folder / scan.name)
    out = tmp_path / "out.tif"
    assert main(["project", "export", str(project), "-o", str(out)]) == 2
    said = capsys.readouterr().err
    assert "every sample is as it was" in said
    assert "--accept-rewritten" in said
    assert "its colour profile (none, now sRGB" in said
    assert not out.exists()
    assert main(["project", "export", str(project), "-o", str(out), "--accept-rewritten"]) == 0
    assert main(["project", "verify", str(project)]) == 0, "it is remembered"
    with closing(sqlite3.connect(project)) as db:
        [(note,)] = db.execute("SELECT note FROM log WHERE kind = 'scan'").fetchall()
    with Document.look_at(project) as document:
        assert document.state.painting.formerly[0] in note
        assert document.state.painting.path == scan
    assert not check_project(project).findings


def test_changed_samples_are_never_accepted(project: Path, scan: Path, tmp_path: Path, capsys) -> None:
    samples = tifffile.imread(scan)
    samples[150, 300, 1] ^= 1
    tifffile.imwrite(scan, samples, photometric="rgb", compression="lzw")
    out = tmp_path / "out.tif"
    for options in ([], ["--accept-rewritten"]):
        assert main(["project", "export", str(project), "-o", str(out), *options]) == 2
        assert "its samples" in capsys.readouterr().err
    with Document.look_at(project) as document, pytest.raises(ProjectError, match="another picture"):
        document.show_painting(scan, accept_rewritten=True)


@pytest.mark.parametrize(
    ("shape", "dtype", "said"),
    [
        ((200, 600, 3), np.uint16, "its size (600 × 300, now 600 × 200)"),
        ((300, 600), np.uint16, "its channels (3, now 1)"),
        ((300, 600, 3), np.uint8, "its bits a sample (16, now 8)"),
    ],
)
def test_another_kind_of_picture_is_named(
    shape: tuple[int, ...], dtype: type, said: str, project: Path, scan: Path
) -> None:
    tifffile.imwrite(scan, np.zeros(shape, dtype))
    with Document.look_at(project) as document:
        assert said in document.find_painting().note


@pytest.mark.parametrize(
    ("options", "said"),
    [({}, "its resolution (600 dpi, now none)"), ({"resolution": (72, 100)}, "now 72 × 100 dpi)")],
)
def test_another_resolution_is_named(
    options: dict[str, object], said: str, project: Path, scan: Path
) -> None:
    inches = {"resolutionunit": "INCH"} if options else {}
    rewrite(scan, **options, **inches)
    with Document.look_at(project) as document:
        assert said in document.find_painting().note


def test_a_project_of_another_size_than_its_scan_is_refused(
    project: Path, scan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Document.open(project) as document:
        document._relink(replace(document.state.painting, width=700))
    assert main(["project", "export", str(project), "-o", str(tmp_path / "out.tif")]) == 2
    assert "begun with 700 × 300 × 3 × 16" in capsys.readouterr().err


def test_a_file_that_is_no_picture_any_more_is_named(project: Path, scan: Path) -> None:
    scan.write_bytes(b"not a picture")
    with Document.look_at(project) as document:
        assert "can't be read as a picture" in document.find_painting().note


def test_what_was_never_recorded_can_not_be_told(project: Path, scan: Path) -> None:
    with Document.open(project) as document:
        known = document.state.painting
        document._relink(replace(known, samples="", profile="", metadata="", orientation=0))
    rewrite(scan)
    with Document.look_at(project) as document:
        found = document.find_painting()
        assert found.rewritten is not None
        assert found.rewritten.same_samples is None
        assert "can't be told" in found.note
        with pytest.raises(ProjectError, match="can't be told"):
            document.accept_rewritten(found)


def test_a_small_scan_of_an_older_project_is_hashed_at_the_next_export(project: Path, tmp_path: Path) -> None:
    with Document.open(project) as document:
        document._relink(replace(document.state.painting, samples=""))
        export_accepted(document, tmp_path / "out.tif")
    with Document.look_at(project) as document:
        assert document.state.painting.samples


def test_a_scan_that_is_damaged_somewhere_can_still_be_worked_on(scan: Path, tmp_path: Path) -> None:
    rewrite(scan, rowsperstrip=50)
    content = bytearray(scan.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 4000] = bytes(4000)
    scan.write_bytes(content)
    with open_painting(scan) as painting, Document.create(painting, tmp_path / "part.imagest") as document:
        assert not document.state.painting.samples


def test_a_large_scan_is_hashed_when_it_is_first_restored(
    scan: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imagest_core.project.painting_reference.SMALL", 1000)
    with open_painting(scan) as painting:
        with Document.create(painting, tmp_path / "large.imagest") as document:
            assert not document.state.painting.samples
            assert document.state.painting.profile == "none"
            document.learn_scan(painting)
            document.learn_scan(painting)
        with Document.look_at(tmp_path / "large.imagest") as document:
            assert document.state.painting.samples == rewritten.sample_hash(painting)


def test_an_export_after_going_on_verifies_against_the_old_records(
    project: Path, scan: Path, tmp_path: Path
) -> None:
    rewrite(scan)
    with Document.open(project) as document:
        export_accepted(document, tmp_path / "out.tif", accept_rewritten=True)
    assert main(["project", "verify", str(project), str(tmp_path / "out.tif")]) == 0
