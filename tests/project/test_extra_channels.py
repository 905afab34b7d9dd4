"""Extra channels of a scan pass through a project unchanged: its runs, its file and its exports."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from imagest_core.damage.map import DamageMap
from imagest_core.export.painting import export_accepted
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import open_painting
from imagest_core.painting.tiff.form import KEPT, Compression, Form
from imagest_core.project.document import Document
from imagest_core.project.operations import decisions
from imagest_core.project.operations.results import add_run
from imagest_core.project.run_builder import run_of
from imagest_core.restoration.api import restore
from imagest_core.restoration.request import RestorationRequest


@pytest.mark.parametrize(("channels", "extra"), [(7, (2, 0, 0, 0)), (3, (0, 0))])
@pytest.mark.parametrize("form", [KEPT, Form(Compression.ZSTD)])
def test_extra_channels_are_kept_by_a_project(
    tmp_path: Path, channels: int, extra: tuple[int, ...], form: Form
) -> None:
    scan, colours = tmp_path / "scan.tif", channels - len(extra)
    samples = np.random.default_rng(3).integers(0, 65536, (90, 120, channels), np.uint16)
    kind = {"photometric": "rgb" if colours == 3 else "minisblack", "planarconfig": "contig"}
    tifffile.imwrite(scan, samples, extrasamples=extra, compression="lzw", metadata=None, **kind)
    damage = DamageMap(120, 90)
    damage.write(Box(20, 30, 9, 7), np.ones((7, 9), np.uint8))
    damage.write(Box(60, 10, 1, 60), np.ones((60, 1), np.uint8))
    with open_painting(scan) as painting:
        run = run_of(painting, restore(painting, damage, RestorationRequest.of("harmonic")), 1)
        with Document.create(painting, tmp_path / "work.imagest") as document:
            document.do(add_run(run))
            document.do(decisions.accept(document.state, run, [1, 2]))
        with Document.open(tmp_path / "work.imagest") as document:
            export_accepted(document, tmp_path / "out.tif", form=form)
    after = tifffile.imread(tmp_path / "out.tif")
    assert np.array_equal(after[..., colours:], samples[..., colours:])
    changed = (after != samples).any(axis=2)
    filled = damage.dilated(1).fill_mask(damage.box)
    assert changed[filled].mean() > 0.9
    assert not changed[~filled].any()
