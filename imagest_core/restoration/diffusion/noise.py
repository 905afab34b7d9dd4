"""Standard normal noise in NumPy, as torch's generator makes it on a CPU.

So a fill by ONNX Runtime, which needs no torch, starts from the noise that torch would start from. torch
seeds a Mersenne Twister with the low 32 bits and applies the Box–Muller transform to blocks of sixteen
numbers: eight of them are radii, eight angles.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

BLOCK = 16
"""Numbers that are transformed together; a tail that is shorter is drawn again with those before it."""
SEED_BITS = 0xFFFFFFFF


def normal_noise(seed: int, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return float32 noise of ``shape`` with at least 16 numbers, torch's to the last bits."""
    count = math.prod(shape)
    if count < BLOCK:
        raise ValueError(f"At least {BLOCK} numbers, not {count}")
    twister = np.random.RandomState(seed & SEED_BITS)
    drawn = _uniform(twister, count)
    whole = count - count % BLOCK
    noise = np.empty(count, np.float32)
    noise[:whole] = _box_muller(drawn[:whole])
    if whole < count:
        noise[-BLOCK:] = _box_muller(_uniform(twister, BLOCK))
    return noise.reshape(shape)


def _uniform(twister: np.random.RandomState, count: int) -> NDArray[np.float32]:
    """Return numbers in [0, 1) with 24 random bits each."""
    bits = twister.randint(0, 1 << 32, count, dtype=np.uint32) & np.uint32(0xFFFFFF)
    return bits.astype(np.float32) * np.float32(2**-24)


def _box_muller(uniform: NDArray[np.float32]) -> NDArray[np.float32]:
    blocks = uniform.reshape(-1, 2, BLOCK // 2)
    radius = np.sqrt(np.float32(-2) * np.log(np.float32(1) - blocks[:, 0]))
    angle = np.float32(2 * math.pi) * blocks[:, 1]
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1).ravel()
