"""Scans rewritten by another program: changes are reported, and equal samples can be accepted."""

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
from imagest_core.project.storage.check import check_project


def rewrite(scan: Path, **options: object) -> None:
    """Write the same samples again, as another program would."""
    samples = tifffile.imread(scan)
    plain = {"photometric": "rgb", "compression": "lzw", "metadata": None}
    tifffile.imwrite(scan, samples, **plain | options)


@pytest.fixture
def project(document: Document, painting) -> Path:
    """Return a closed project with one accepted fill."""
    record = json.dumps({"painting": {"sha256": painting.sha256()}})
    document.do(results.add_run(run_filling(1, [Box(20, 20, 30, 30)], 500, (600, 300), record=record)))
    document.do(decisions.accept(document.state, document.state.runs[1], [1]))
    document.close()
    assert document.path is not None
    return document.path


def test_reports_what_changed(project: Path, scan: Path) -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    rewrite(scan, iccprofile=srgb, description="by another program", extratags=[(274, 3, 1, 3, True)])
    with Document.open_read_only(project) as document:
        document.state.painting = replace(document.state.painting, orientation=1)
        located = document.find_painting()
    assert located.changed
    assert located.rewritten is not None
    assert located.rewritten.same_samples is False, "turned by 180°"
    for part in (
        "its samples",
        "its colour profile (none, now sRGB",
        "its orientation (1, now 3)",
        "metadata",
    ):
        assert part in located.note, located.note


@pytest.mark.parametrize("is_moved", [False, True])
def test_accepts_a_rewritten_scan_with_equal_samples(
    project: Path, scan: Path, tmp_path: Path, is_moved: bool, capsys
) -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    rewrite(scan, iccprofile=srgb)
    if is_moved:
        folder = tmp_path / "elsewhere"
        folder.mkdir()
        project, scan = project.rename(folder / project.name), scan.rename(folder / scan.name)
    out = tmp_path / "out.tif"
    assert main(["project", "export", str(project), "-o", str(out)]) == 2
    message = capsys.readouterr().err
    assert "every sample is unchanged" in message
    assert "--accept-rewritten" in message
    assert "its colour profile (none, now sRGB" in message
    assert not out.exists()
    assert main(["project", "export", str(project), "-o", str(out), "--accept-rewritten"]) == 0
    assert main(["project", "verify", str(project)]) == 0, "it is remembered"
    with closing(sqlite3.connect(project)) as db:
        [(note,)] = db.execute("SELECT note FROM log WHERE kind = 'scan'").fetchall()
    with Document.open_read_only(project) as document:
        assert document.state.painting.formerly[0] in note
        assert document.state.painting.path == scan
    assert not check_project(project).findings


def test_never_accepts_changed_samples(project: Path, scan: Path, tmp_path: Path, capsys) -> None:
    samples = tifffile.imread(scan)
    samples[150, 300, 1] ^= 1
    tifffile.imwrite(scan, samples, photometric="rgb", compression="lzw")
    out = tmp_path / "out.tif"
    for options in ([], ["--accept-rewritten"]):
        assert main(["project", "export", str(project), "-o", str(out), *options]) == 2
        assert "its samples" in capsys.readouterr().err
    with (
        Document.open_read_only(project) as document,
        pytest.raises(ProjectError, match="not the scan of this project"),
    ):
        document.relocate_painting(scan, accept_rewritten=True)


@pytest.mark.parametrize(
    ("shape", "dtype", "message"),
    [
        ((200, 600, 3), np.uint16, "its size (600 × 300, now 600 × 200)"),
        ((300, 600), np.uint16, "its channels (3, now 1)"),
        ((300, 600, 3), np.uint8, "its bits per sample (16, now 8)"),
    ],
)
def test_reports_another_size_or_sample_type(
    shape: tuple[int, ...], dtype: type, message: str, project: Path, scan: Path
) -> None:
    tifffile.imwrite(scan, np.zeros(shape, dtype))
    with Document.open_read_only(project) as document:
        assert message in document.find_painting().note


@pytest.mark.parametrize(
    ("options", "message"),
    [({}, "its resolution (600 dpi, now none)"), ({"resolution": (72, 100)}, "now 72 × 100 dpi)")],
)
def test_reports_another_resolution(
    options: dict[str, object], message: str, project: Path, scan: Path
) -> None:
    inches = {"resolutionunit": "INCH"} if options else {}
    rewrite(scan, **options, **inches)
    with Document.open_read_only(project) as document:
        assert message in document.find_painting().note


def test_rejects_a_project_of_another_size(
    project: Path, scan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Document.open(project) as document:
        document._update_reference(replace(document.state.painting, width=700))
    assert main(["project", "export", str(project), "-o", str(tmp_path / "out.tif")]) == 2
    assert "created with 700 × 300 × 3 × 16" in capsys.readouterr().err


def test_reports_a_file_that_is_not_a_picture(project: Path, scan: Path) -> None:
    scan.write_bytes(b"not a picture")
    with Document.open_read_only(project) as document:
        assert "can no longer be read as a picture" in document.find_painting().note


def test_samples_without_a_recorded_hash_are_unknown(project: Path, scan: Path) -> None:
    with Document.open(project) as document:
        reference = document.state.painting
        document._update_reference(replace(reference, samples="", profile="", metadata="", orientation=0))
    rewrite(scan)
    with Document.open_read_only(project) as document:
        located = document.find_painting()
        assert located.rewritten is not None
        assert located.rewritten.same_samples is None
        assert "can't be compared" in located.note
        with pytest.raises(ProjectError, match="can't be compared"):
            document.accept_rewritten(located)


def test_next_export_hashes_a_small_scan(project: Path, tmp_path: Path) -> None:
    with Document.open(project) as document:
        document._update_reference(replace(document.state.painting, samples=""))
        export_accepted(document, tmp_path / "out.tif")
    with Document.open_read_only(project) as document:
        assert document.state.painting.samples


def test_works_with_a_partly_damaged_scan(scan: Path, tmp_path: Path) -> None:
    rewrite(scan, rowsperstrip=50)
    content = bytearray(scan.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 4000] = bytes(4000)
    scan.write_bytes(content)
    with open_painting(scan) as painting, Document.create(painting, tmp_path / "part.imagest") as document:
        assert not document.state.painting.samples


def test_large_scan_is_hashed_when_first_restored(
    scan: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imagest_core.project.painting_reference.HASHED_AT_ONCE", 1000)
    with open_painting(scan) as painting:
        with Document.create(painting, tmp_path / "large.imagest") as document:
            assert not document.state.painting.samples
            assert document.state.painting.profile == "none"
            document.record_fingerprint(painting)
            document.record_fingerprint(painting)
        with Document.open_read_only(tmp_path / "large.imagest") as document:
            assert document.state.painting.samples == rewritten.sample_hash(painting)


def test_export_of_an_accepted_scan_verifies_against_old_records(
    project: Path, scan: Path, tmp_path: Path
) -> None:
    rewrite(scan)
    with Document.open(project) as document:
        export_accepted(document, tmp_path / "out.tif", accept_rewritten=True)
    assert main(["project", "verify", str(project), str(tmp_path / "out.tif")]) == 0
