"""Platforms and profiles that installers are made for."""

from __future__ import annotations

from dataclasses import dataclass

PYTHONS = ("3.11", "3.12", "3.13")
BELOW = "3.14"
EXTRAS = {"onnx": "", "cpu": "torch,diffusion", "cuda": "torch,diffusion"}
"""Profile → extras of the distribution that it installs; ONNX Runtime is no extra."""
UNPACKED = {"onnx": 2.9, "cpu": 2.0, "cuda": 2.0}
"""Profile → size on disk relative to the download; measured on Linux, used where no package is at hand."""
CUDA_DRIVERS = {"12": 525, "13": 580}
"""CUDA version → the oldest NVIDIA driver (Linux) that runs its libraries."""
GLIBC = 34


@dataclass(frozen=True)
class Platform:
    """``uv``: name for ``uv pip compile --python-platform``; ``tags``: those of wheels, best first."""

    name: str
    uv: str
    archive: str
    tags: tuple[str, ...]
    profiles: tuple[str, ...]
    environment: tuple[tuple[str, str], ...] = ()


def _manylinux() -> tuple[str, ...]:
    new = [f"manylinux_2_{minor}_x86_64" for minor in range(GLIBC, 4, -1)]
    return (*new, "manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64")


def _macos() -> tuple[str, ...]:
    versions = ["14_0", "13_0", "12_0", "11_0", *(f"10_{minor}" for minor in range(16, 8, -1))]
    return tuple(f"macosx_{version}_{kind}" for version in versions for kind in ("arm64", "universal2"))


PLATFORMS = {
    "linux": Platform(
        "linux", f"x86_64-manylinux_2_{GLIBC}", "linux-x86_64", _manylinux(), ("onnx", "cpu", "cuda")
    ),
    # PyPI's torch for Windows has no CUDA.
    "windows": Platform(
        "windows", "x86_64-pc-windows-msvc", "windows-x86_64", ("win_amd64",), ("onnx", "cpu")
    ),
    "macos": Platform(
        "macos",
        "aarch64-apple-darwin",
        "macos-arm64",
        _macos(),
        ("onnx", "cpu"),
        (("MACOSX_DEPLOYMENT_TARGET", "14.0"),),
    ),
}
