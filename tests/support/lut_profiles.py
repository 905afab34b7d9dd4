"""ICC profiles with look-up tables (ICC.1:2004, lut16Type), built byte by byte."""

from __future__ import annotations

import struct

import numpy as np

from imagest_core.painting.color.working import decode_srgb, encode_srgb

GRID = 9
_TO_XYZ = np.array(
    [
        [0.4360747, 0.3850649, 0.1430804],
        [0.2225045, 0.7168786, 0.0606169],
        [0.0139322, 0.0971045, 0.7141733],
    ]
)
_WHITE = np.array([0.9642, 1.0, 0.8249])


def lut_profile(
    *,
    there: bool = True,
    back: bool = True,
    inverse_of: float = 1.0,
    name: str = "Lookup",
    kind: bytes = b"scnr",
) -> bytes:
    """An RGB profile with two tables over Lab; ``inverse_of``: exponent of the inverse table."""
    found = {b"desc": described(name), b"wtpt": b"XYZ " + bytes(4) + fixed(_WHITE)}
    if there:
        found[b"A2B0"] = lut(_lab(_lattice()))
    if back:
        lightness, a, b = np.moveaxis(_lattice(), -1, 0)
        lab = np.stack([lightness * 100 * 65535 / 65280, a * 65535 / 256 - 128, b * 65535 / 256 - 128], -1)
        found[b"B2A0"] = lut(np.clip(_rgb(lab), 0, 1) ** inverse_of)
    return profile(found, kind=kind, pcs=b"Lab ")


def profile(
    found: dict[bytes, bytes], *, kind: bytes = b"mntr", space: bytes = b"RGB ", pcs: bytes = b"XYZ "
) -> bytes:
    """A version 2 profile with these tags."""
    place, table, body = 128 + 4 + 12 * len(found), b"", b""
    for tag, value in found.items():
        value += bytes(-len(value) % 4)
        table += struct.pack(">4sII", tag, place + len(body), len(value))
        body += value
    head = struct.pack(">I4sI4s4s4s", place + len(body), b"none", 0x02400000, kind, space, pcs)
    head += struct.pack(">6H4s", 2020, 1, 1, 0, 0, 0, b"acsp") + bytes(28) + fixed(_WHITE)
    return head.ljust(128, b"\0") + struct.pack(">I", len(found)) + table + body


def described(name: str) -> bytes:
    return (
        b"desc" + bytes(4) + struct.pack(">I", len(name) + 1) + name.encode() + bytes(1 + 4 + 4 + 2 + 1 + 67)
    )


def fixed(numbers: np.ndarray) -> bytes:
    return struct.pack(f">{len(numbers)}i", *np.rint(np.asarray(numbers) * 65536).astype(int))


def lut(values: np.ndarray) -> bytes:
    """A ``mft2`` tag of straight curves and a table (9, 9, 9, 3) of numbers in 0–1."""
    straight = np.array([0, 65535], ">u2").tobytes() * 3
    table = np.rint(np.clip(values, 0, 1) * 65535).astype(">u2").tobytes()
    head = b"mft2" + bytes(4) + bytes([3, 3, GRID, 0]) + fixed(np.eye(3).ravel()) + struct.pack(">HH", 2, 2)
    return head + straight + table + straight


def _lattice() -> np.ndarray:
    steps = np.linspace(0, 1, GRID)
    return np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1)


def _lab(rgb: np.ndarray) -> np.ndarray:
    """Lab of sRGB samples in the encoding of 16-bit tables, in 0–1."""
    share = decode_srgb(rgb) @ _TO_XYZ.T / _WHITE
    f = np.where(share > 216 / 24389, np.cbrt(share), (share * 24389 / 27 + 16) / 116)
    lab = np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], -1)
    return np.asarray(
        np.stack([lab[..., 0] / 100 * 65280, (lab[..., 1] + 128) * 256, (lab[..., 2] + 128) * 256], -1)
        / 65535
    )


def _rgb(lab: np.ndarray) -> np.ndarray:
    y = (lab[..., 0] + 16) / 116
    f = np.stack([y + lab[..., 1] / 500, y, y - lab[..., 2] / 200], -1)
    share = np.where(f > 6 / 29, f**3, (116 * f - 16) * 27 / 24389)
    return encode_srgb((share * _WHITE) @ np.linalg.inv(_TO_XYZ).T)
