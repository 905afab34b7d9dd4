from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scans import damage_of, smooth_picture, some_damage, write_scan

from imagest_core.errors import InputError
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import open_painting
from imagest_core.progress import Progress
from imagest_core.restoration.compositing.window_views import view_of
from imagest_core.restoration.engines.registry import engine_names, get_engine
from imagest_core.restoration.planning.window import Window
from imagest_core.restoration.request import RestorationRequest

PLAIN = ("spline", "harmonic", "telea", "navier-stokes", "biharmonic")


def test_listing_engines_imports_no_heavy_package() -> None:
    code = (
        "import sys; from imagest_core.restoration.engines.registry import engine_names; engine_names();"
        "sys.exit(any(m in sys.modules for m in ('torch', 'skimage', 'scipy')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_engine_is_registered_under_its_name() -> None:
    assert engine_names()[0] == "imagest"
    for name in engine_names():
        found = get_engine(name)
        assert found.name == name
        if name in PLAIN:
            sides = found.window_sides(RestorationRequest.of(name))
            assert sides.largest >= sides.usual > 0
        assert found.title
        assert found.description


def test_error_names_the_unknown_engine() -> None:
    with pytest.raises(InputError, match="no engine 'magic'"):
        get_engine("magic")


@pytest.mark.parametrize("name", PLAIN)
def test_classical_fills_are_close_to_a_smooth_picture(name: str, tmp_path: Path) -> None:
    picture, mask = smooth_picture(64, 64), some_damage(64, 64, 2, 2)
    path = write_scan(tmp_path / "scan.tif", picture, 16)
    with open_painting(path) as painting, get_engine(name).open(RestorationRequest(), None) as session:
        view = view_of(painting, damage_of(mask), Window(1, Box(0, 0, 64, 64)))
        (fill,) = session.fill([view], Progress())
    assert np.abs(fill.image - picture)[mask].mean() < 0.1


@pytest.mark.parametrize("name", PLAIN)
def test_window_without_a_hole_is_unchanged(name: str, tmp_path: Path) -> None:
    path = write_scan(tmp_path / "scan.tif", smooth_picture(32, 32))
    with open_painting(path) as painting, get_engine(name).open(RestorationRequest(), None) as session:
        view = view_of(painting, damage_of(np.zeros((32, 32), bool)), Window(1, Box(0, 0, 32, 32)))
        (fill,) = session.fill([view], Progress())
    assert np.isfinite(fill.image).all()


@pytest.mark.parametrize("name", ["telea", "navier-stokes"])
def test_opencv_engines_report_eight_bit_precision(name: str) -> None:
    assert "8-bit" in get_engine(name).description
    with get_engine(name).open(RestorationRequest(), None) as session:
        assert "8-bit" in str(session.facts["precision"])
