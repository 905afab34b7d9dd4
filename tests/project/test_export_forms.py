"""Exports in another form than the scan: what stays identical, what is converted, what is checked."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile
from project_runs import MakeRun

from imagest_core.cli.program import main
from imagest_core.damage.classes import PROTECTED
from imagest_core.errors import VerificationError
from imagest_core.export.painting import export_accepted, verify_export
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting, open_painting
from imagest_core.painting.tiff.form import KEPT, Compression, Form
from imagest_core.painting.writer import writing_notes
from imagest_core.project.accepted_fills import AcceptedFills
from imagest_core.project.document import Document
from imagest_core.project.operations import decisions
from imagest_core.project.operations.mask import change_mask
from imagest_core.project.operations.results import add_run
from imagest_core.project.verify import check_export

FILLED = Box(240, 100, 40, 30)
VALUE = 30_000


@pytest.fixture
def accepted(document: Document, make_run: MakeRun) -> Document:
    """Return a project with one accepted fill."""
    run = make_run(1, [FILLED], VALUE)
    document.do(add_run(run))
    document.do(decisions.accept(document.state, run, [1]))
    return document


@pytest.mark.parametrize("compression", list(Compression))
def test_recompression_changes_no_sample_outside_the_fills(
    accepted: Document, painting: Painting, tmp_path: Path, compression: Compression
):
    out = tmp_path / "out.tif"
    check = export_accepted(accepted, out, form=Form(compression))
    before, after = tifffile.imread(painting.path), tifffile.imread(out)
    changed = (before != after).any(axis=2)
    assert not changed[~filled_mask(changed.shape)].any()
    assert (after[FILLED.slices] == VALUE).all()
    assert check.samples == before.size - 3 * FILLED.area
    assert check.converted == 0
    with tifffile.TiffFile(out) as file:
        assert file.pages[0].compression.name.lower().replace("adobe_", "") == compression.value
        assert file.pages[0].tags["XResolution"].value == (600, 1)
    assert check_export(painting, AcceptedFills(accepted.state), out).sha256 == check.sha256


def test_eight_bit_export_rounds_and_counts_as_converted(
    accepted: Document, painting: Painting, tmp_path: Path
):
    form = Form(depth=8)
    check = export_accepted(accepted, tmp_path / "out.tif", form=form)
    before, after = tifffile.imread(painting.path), tifffile.imread(tmp_path / "out.tif")
    before[FILLED.slices] = VALUE
    assert after.dtype == np.uint8
    assert np.array_equal(after, np.rint(before / 257).astype(np.uint8))
    assert (check.samples, check.sha256) == (0, "")
    assert check.converted == before.size
    assert "nothing in the file is identical" in writing_notes(painting, form)[0]
    with pytest.raises(VerificationError, match="its depth differs"):
        verify_export(accepted, tmp_path / "out.tif")


def test_srgb_scan_is_not_converted(painting: Painting):
    assert not Form(srgb=True).converts(painting)
    assert not Form(depth=16).converts(painting)
    assert KEPT.kept
    notes = writing_notes(painting, Form(Compression.LZW))
    assert notes == ("Carried into the TIFF in another form: Software (tag 305), as xmp:CreatorTool.",)


def test_wide_gamut_scan_is_converted_to_srgb(tmp_path: Path):
    import imagecodecs

    samples = np.random.default_rng(1).integers(0, 256, (40, 300, 3), np.uint8)
    path = tmp_path / "wide.tif"
    profile = bytes(imagecodecs.cms_profile("adobergb"))
    tifffile.imwrite(path, samples, photometric="rgb", iccprofile=profile)
    with open_painting(path) as painting, Document.create(painting) as document:
        form = Form(srgb=True)
        from imagest_core.painting.writer import write_painting

        no_fills = AcceptedFills(document.state)
        check = write_painting(
            painting,
            (),
            tmp_path / "out.tif",
            check=lambda written: check_export(painting, no_fills, written, form=form),
            form=form,
        )
        assert check.converted == samples.size
        assert any("outside the sRGB gamut" in note for note in writing_notes(painting, form))
        wanted = np.clip(painting.read_working(), 0, 1)
        with open_painting(tmp_path / "out.tif") as made:
            assert made.profile != profile
            assert made.profile_name.lower().startswith("srgb")
            assert np.abs(made.read_working() - wanted).max() < 1 / 255


def test_converted_file_with_a_wrong_sample_is_refused(
    accepted: Document, painting: Painting, tmp_path: Path
):
    form = Form(depth=8)
    export_accepted(accepted, tmp_path / "out.tif", form=form)
    wrong = tifffile.imread(tmp_path / "out.tif")
    wrong[7, 9, 1] ^= 1
    tifffile.imwrite(tmp_path / "wrong.tif", wrong, photometric="rgb")
    with pytest.raises(VerificationError, match="first at 9, 7"):
        check_export(painting, AcceptedFills(accepted.state), tmp_path / "wrong.tif", form=form)


def test_command_line_offers_the_same_forms(
    accepted: Document, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    path = accepted.path
    accepted.close()
    out = tmp_path / "out.tif"
    assert main(["project", "export", str(path), "-o", str(out), "--compression", "zstd"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["identical_samples"] > 0
    assert "converted_samples" not in facts
    assert facts["notes"] == [
        "Carried into the TIFF in another form: Software (tag 305), as xmp:CreatorTool."
    ]
    with tifffile.TiffFile(out) as file:
        assert file.pages[0].compression.name == "ZSTD"


def filled_mask(shape: tuple[int, ...]) -> np.ndarray:
    exported = np.zeros(shape, np.bool_)
    exported[FILLED.slices] = True
    return exported


def test_protected_pixels_are_left_out_of_accepted_fills(
    accepted: Document, painting: Painting, tmp_path: Path
):
    earlier, out = tmp_path / "earlier.tif", tmp_path / "out.tif"
    export_accepted(accepted, earlier)
    protected = accepted.state.damage.copy()
    kept = Box(250, 110, 10, 10)
    protected.write(kept, np.full((10, 10), PROTECTED.label, np.uint8))
    accepted.do(change_mask(accepted.state.damage, protected, "Protect"))
    check = export_accepted(accepted, out)
    assert check.protected == check.to_plain()["protected_pixels"] == 100
    assert check.filled == FILLED.area - 100
    before, after = tifffile.imread(painting.path), tifffile.imread(out)
    assert np.array_equal(before[kept.slices], after[kept.slices])
    assert check_export(painting, AcceptedFills(accepted.state), out).protected == 100
    with pytest.raises(VerificationError, match="protected pixel at 250, 110"):
        check_export(painting, AcceptedFills(accepted.state), earlier)
