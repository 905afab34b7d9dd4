"""Tiles of runs preserve samples of every type of painting."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagest_core.painting.geometry import Box
from imagest_core.project.run_tile import PackedTile, RunTile, pack, unpack


@given(
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    channels=st.integers(1, 7),
    depth=st.sampled_from([np.uint8, np.uint16]),
    share=st.sampled_from([0.02, 0.3, 1.0]),
    seed=st.integers(0, 99),
)
def test_round_trip(height, width, channels, depth, share, seed) -> None:
    rng = np.random.default_rng(seed)
    regions = ((rng.random((height, width)) < share) * rng.integers(1, 2**32, (height, width))).astype(
        np.uint32
    )
    regions[0, 0] = 1
    samples = rng.integers(0, np.iinfo(depth).max + 1, (height, width, channels)).astype(depth)
    samples[regions == 0] = 0
    unpacked = unpack(pack(RunTile(Box(3, 4, width, height), samples, regions)))
    assert unpacked.samples.dtype == depth
    np.testing.assert_array_equal(unpacked.samples, samples)
    np.testing.assert_array_equal(unpacked.regions, regions)


@pytest.mark.parametrize("part", ["regions", "samples"])
def test_detects_damage(part: str) -> None:
    packed = pack(RunTile(Box(0, 0, 8, 8), np.ones((8, 8, 3), np.uint8), np.ones((8, 8), np.uint32)))
    blob = bytearray(getattr(packed, part))
    blob[-14] ^= 255
    parts = {"box": packed.box, "regions": packed.regions, "samples": packed.samples, part: bytes(blob)}
    with pytest.raises(ValueError, match="damaged"):
        unpack(PackedTile(**parts))


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 6])
def test_packs_noise_in_a_narrow_tile(channels: int) -> None:
    """As in a vertical crack of a grey scan."""
    for width in (1, 3):
        samples = np.random.default_rng(0).integers(0, 256, (256, width, channels), np.uint8)
        regions = np.ones((256, width), np.uint32)
        unpacked = unpack(pack(RunTile(Box(0, 0, width, 256), samples, regions)))
        np.testing.assert_array_equal(unpacked.samples, samples)
