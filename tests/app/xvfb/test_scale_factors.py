"""The canvas on a real screen at other scale factors: Qt reads the factor at its start."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from x_server import lacking, x_server

pytestmark = pytest.mark.skipif(bool(lacking()), reason=f"no X server: {', '.join(lacking())} not installed")
CANVAS = Path(__file__).parents[1] / "test_canvas_repaint.py"


@pytest.mark.parametrize("factor", [1.5, 2])
def test_canvas_is_complete(factor: float, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", str(CANVAS)]
    with x_server(round(1440 * factor), round(900 * factor)) as display:
        result = subprocess.run(
            [*words, "-k", "side", f"--basetemp={tmp_path / 'inner'}"],
            env=os.environ
            | {"QT_SCALE_FACTOR": str(factor), "QT_QPA_PLATFORM": "xcb", "DISPLAY": display}
            | {"XDG_CONFIG_HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert "1 passed" in result.stdout, result.stdout[-3000:]
