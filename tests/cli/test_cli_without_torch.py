"""An installation without torch does everything but training, evaluation and added models."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import tifffile

ROOT = Path(__file__).resolve().parents[2]


def test_every_engine_of_its_own_the_mask_and_the_window_work_without_torch(tmp_path: Path) -> None:
    y, x = np.mgrid[:96, :112]
    samples = np.stack([90 + x, 60 + y, 120 + 20 * np.sin(x / 3)], -1)
    samples[70:72, 10:100] = 12
    tifffile.imwrite(tmp_path / "scan.tif", samples.astype(np.uint8), photometric="rgb")
    hole = np.zeros((96, 112), np.uint8)
    hole[30:52, 40:66] = 255
    tifffile.imwrite(tmp_path / "hole.tif", hole)
    out = tmp_path / "out"
    out.mkdir()
    script = [
        sys.executable,
        "tests/support/without_torch.py",
        tmp_path / "scan.tif",
        tmp_path / "hole.tif",
        out,
    ]
    done = subprocess.run(
        [str(each) for each in script], cwd=ROOT, capture_output=True, text=True, timeout=280
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert {"spline.tif", "textured.tif", "faithful.tif", "mask.png"} <= {each.name for each in out.iterdir()}
    record = json.loads((out / "record.json").read_text(encoding="utf-8"))
    assert "onnxruntime" in json.dumps(record["engine"]["facts"])
    assert "torch" not in record["environment"]["libraries"]
