"""The benchmark of large scans, with small ones: it measures what it says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from imagest_core.cli.bench_scans import KINDS, Overhead, ScanKind, make_scan, measure_scan
from imagest_core.cli.program import main
from imagest_core.progress import Progress


@pytest.mark.parametrize("kind", KINDS)
def test_the_scan_is_of_its_kind(tmp_path: Path, kind: ScanKind) -> None:
    make_scan(tmp_path / "scan.tif", kind, 700, 330)
    with tifffile.TiffFile(tmp_path / "scan.tif") as tiff:
        page = tiff.pages[0]
        assert (page.is_tiled, page.bitspersample) == (kind.tiled, kind.depth)
        assert (page.compression == 1) is (kind.compression is None)
        samples = page.asarray()
    assert samples.shape == (330, 700, 3)
    assert 0.3 < samples.mean() / np.iinfo(samples.dtype).max < 0.8


def test_time_and_memory_are_measured() -> None:
    found = measure_scan(KINDS[1], 1, Progress(), 600, 500)
    assert found.plain > 0
    assert found.restoring > 0
    assert 0 < found.filled < 20 * 82 * 62
    assert 0 <= found.memory < 1 << 30


def test_an_unknown_engine_is_refused_before_anything_is_measured(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["bench", "--engine", "harmonic", "--engine", "magic"]) == 2
    printed = capsys.readouterr()
    assert "no engine 'magic'" in printed.err
    assert printed.out == ""


def test_the_table_names_the_targets() -> None:
    lines = Overhead(KINDS[0], 102.2, 2.0, 2.5, 120_000_000, 100_000).lines()
    assert "1.25 ×  (target: at most 1.50 ×)" in lines[2]
    assert "120 MB  (target: at most 210 MB for 100,000 filled pixels)" in lines[3]


def test_uncompressed_scans_of_both_layouts_and_depths_are_measured() -> None:
    plain = {(kind.tiled, kind.depth) for kind in KINDS if kind.compression is None}
    assert plain == {(True, 16), (False, 16), (True, 8), (False, 8)}
