from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from scans import damage_of, smooth_picture, some_damage, write_scan

from imagest_core.errors import OutputError, VerificationError
from imagest_core.painting.reader import Painting, open_painting
from imagest_core.restoration import verify as verify_module
from imagest_core.restoration.api import export, restore
from imagest_core.restoration.record import RestorationRecord
from imagest_core.restoration.request import RestorationRequest
from imagest_core.restoration.result import RestorationResult
from imagest_core.restoration.verify import verify

HEIGHT, WIDTH = 150, 300


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    return write_scan(tmp_path / "scan.tif", smooth_picture(HEIGHT, WIDTH), 16)


MASK = some_damage(HEIGHT, WIDTH, 4)


def result_for(painting: Painting) -> RestorationResult:
    return restore(painting, damage_of(MASK), RestorationRequest.of("harmonic", seed=9))


def test_export_equals_the_scan_outside_the_fills(scan: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.tif"
    with open_painting(scan) as painting:
        result = result_for(painting)
        found = export(painting, result, out)
        with pytest.raises(OutputError):
            export(painting, result, out)
        assert export(painting, result, out, force=True) == found
    before, after = tifffile.imread(scan), tifffile.imread(out)
    dilated = result.dilated.read(result.dilated.box) > 0
    assert np.array_equal(before[~dilated], after[~dilated])
    assert (before[dilated] != after[dilated]).any()
    assert found.filled == np.count_nonzero(dilated)
    assert found.samples == before[~dilated].size
    assert found.method == "bytes"
    parts = []
    for y in range(0, HEIGHT, 16):
        strip, hole = before[y : y + 16], dilated[y : y + 16]
        parts.append(hashlib.sha256(strip[~hole].astype("<u2").tobytes()).digest())
    assert found.sha256 == hashlib.sha256(b"".join(parts)).hexdigest()


def test_differently_stored_file_is_compared_by_samples(scan: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.tif"
    with open_painting(scan) as painting:
        result = result_for(painting)
        export(painting, result, out)
        tifffile.imwrite(out, tifffile.imread(out), photometric="rgb", compression="zlib")
        found = verify(painting, result.fills, out)
    before, dilated = tifffile.imread(scan), result.dilated.read(result.dilated.box) > 0
    assert found.method == "samples"
    assert found.samples == before[~dilated].size
    assert found.sha256 == hashlib.sha256(before[~dilated].astype("<u2").tobytes()).hexdigest()


def test_export_of_some_regions_keeps_the_others(scan: Path, tmp_path: Path) -> None:
    with open_painting(scan) as painting:
        result = result_for(painting).only({1})
        found = export(painting, result, tmp_path / "out.tif")
    changed = (tifffile.imread(scan) != tifffile.imread(tmp_path / "out.tif")).any(2)
    assert found.filled == result.dilated.count()
    assert not changed[result.dilated.read(result.dilated.box) == 0].any()


@pytest.mark.parametrize(
    ("inside", "sentence"), [(False, "differs from the scan outside"), (True, "did not reach")]
)
def test_single_wrong_sample_is_detected(scan: Path, tmp_path: Path, inside: bool, sentence: str) -> None:
    out = tmp_path / "out.tif"
    with open_painting(scan) as painting:
        result = result_for(painting)
        export(painting, result, out)
        samples = tifffile.imread(out)
        y, x = np.argwhere((result.dilated.read(result.dilated.box) > 0) == inside)[-1]
        samples[y, x, 1] ^= 1
        tifffile.imwrite(out, samples, photometric="rgb")
        with pytest.raises(VerificationError, match=sentence):
            verify(painting, result.fills, out)


def test_fill_changed_after_writing_leaves_no_file(scan: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.tif"
    with open_painting(scan) as painting:
        result = result_for(painting)
        short = replace(result, fills=result.fills[:1])
        wrong = _Liar(short.fills, result.dilated, result.regions, result.record, result)
        with pytest.raises(VerificationError):
            export(painting, wrong, out)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["scan.tif"]


class _Liar(RestorationResult):
    """Writes other patches than its fills."""

    def __init__(self, fills, dilated, regions, record, other) -> None:
        super().__init__(fills, dilated, regions, record)
        object.__setattr__(self, "_other", other)

    def patches(self, painting: Painting):
        return self._other.patches(painting)


def test_another_kind_of_file_is_refused(scan: Path, tmp_path: Path) -> None:
    out = write_scan(tmp_path / "out.tif", smooth_picture(HEIGHT, WIDTH), 8)
    with open_painting(scan) as painting:
        with pytest.raises(VerificationError, match="depth: 16 became 8"):
            verify(painting, result_for(painting).fills, out)
        out.write_bytes(b"no picture")
        with pytest.raises(VerificationError, match="can't be read back"):
            verify(painting, result_for(painting).fills, out)


def test_record_round_trips_through_json(scan: Path, tmp_path: Path) -> None:
    with open_painting(scan) as painting:
        result = result_for(painting)
        verification = export(painting, result, tmp_path / "out.tif")
        digest = painting.sha256()
    record = replace(result.record, verification=verification)
    again = RestorationRecord.from_json(record.to_json())
    assert again == record
    old = json.loads(record.to_json())
    del old["verification"]["method"]
    assert RestorationRecord.from_json(json.dumps(old)).verification.method == "samples"
    assert again.request.seed == 9
    assert again.painting.sha256 == digest
    assert again.mask.pixels == np.count_nonzero(MASK)
    assert again.mask.dilated == result.dilated.count()
    assert again.environment.libraries["numpy"] == np.__version__
    assert again.peak_memory > 1 << 20
    assert set(again.timings.seconds) == {"planning", "opening", "filling", "rim"}


@pytest.mark.parametrize("share", [0.0, 0.001, 0.4, 1.0])
def test_samples_outside_the_mask_are_in_row_order(share: float) -> None:
    """Long runs are copied, short ones selected pixel by pixel; both give the same samples."""
    rng = np.random.default_rng(3)
    samples = rng.integers(0, 2**16, (40, 300, 3), np.uint16)
    inside = rng.random((40, 300)) < share
    found = np.concatenate([samples[:0, 0], *verify_module._outside(samples[:, ::-1], inside)])
    np.testing.assert_array_equal(found, samples[:, ::-1][~inside])
    assert found.dtype == samples.dtype
