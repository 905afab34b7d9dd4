"""What needs a CUDA device: the network and texture synthesis there, beside the CPU."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from tiny_model import picture, tiny_checkpoint

from imagest_core.damage.map import DamageMap
from imagest_core.painting.reader import open_painting
from imagest_core.restoration.api import restore
from imagest_core.restoration.request import RestorationRequest
from imagest_core.restoration.texture.patch_search import Source
from imagest_core.restoration.texture.patch_synthesis import synthesize

pytestmark = pytest.mark.gpu


def test_cuda_and_cpu_agree_but_for_rounding(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "scan.tif", picture(128), photometric="rgb")
    mask = np.zeros((128, 128), np.bool_)
    mask[40:80, 50:90] = True
    folder = tiny_checkpoint(tmp_path / "toy")
    fills = {}
    with open_painting(tmp_path / "scan.tif") as painting:
        for device in ("cpu", "cuda"):
            request = RestorationRequest.of(model=str(folder), steps=4, device=device)
            result = restore(painting, DamageMap.from_mask(mask), request)
            fills[device] = np.concatenate([f.colour[f.mask] for f in result.fills])
            if device == "cuda":
                assert result.record.engine.facts["device"] == torch.cuda.get_device_name()
    assert np.abs(fills["cpu"] - fills["cuda"]).mean() < 0.02


def test_texture_synthesized_on_cuda_is_as_lively_and_the_same_again() -> None:
    paint = np.random.default_rng(4).random((96, 96, 3)).astype(np.float32)
    hole = np.zeros((96, 96), np.bool_)
    hole[30:66, 28:70] = True
    fill = np.where(hole[..., None], np.float32(0.5), paint)
    cpu, cuda, again = (
        synthesize(fill, hole, [Source(paint, ~hole)], device=torch.device(device))
        for device in ("cpu", "cuda", "cuda")
    )
    assert np.array_equal(cuda, again)
    assert np.array_equal(cuda[~hole], fill[~hole])
    assert cuda[hole].std() == pytest.approx(cpu[hole].std(), rel=0.1)
