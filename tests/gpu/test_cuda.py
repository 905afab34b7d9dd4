"""What needs a CUDA device: the embedded network there, beside the CPU."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from tiny_model import picture, tiny_checkpoint

from imagest_core.damage.map import DamageMap
from imagest_core.painting.painting import open_painting
from imagest_core.restoration.request import RestorationRequest
from imagest_core.restoration.restore import restore

pytestmark = pytest.mark.gpu


def test_cuda_and_cpu_agree_but_for_rounding(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "scan.tif", picture(128), photometric="rgb")
    mask = np.zeros((128, 128), np.bool_)
    mask[40:80, 50:90] = True
    folder = tiny_checkpoint(tmp_path / "toy")
    fills = {}
    with open_painting(tmp_path / "scan.tif") as painting:
        for device in ("cpu", "cuda"):
            request = RestorationRequest(weights=str(folder), steps=4, device=device)
            result = restore(painting, DamageMap.from_mask(mask), request)
            fills[device] = np.concatenate([f.colour[f.mask] for f in result.fills])
            if device == "cuda":
                assert result.record.engine.facts["device"] == torch.cuda.get_device_name()
    assert np.abs(fills["cpu"] - fills["cuda"]).mean() < 0.02
