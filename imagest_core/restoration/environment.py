"""The environment of a restoration: versions, platform, instruction set, threads.

The same request in the same environment gives the same bytes.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from typing import Any, Self

import cv2
import numpy as np

from imagest_core import __version__

LIBRARIES = {
    "numpy": "numpy",
    "cv2": "opencv-python-headless",
    "imagecodecs": "imagecodecs",
    "tifffile": "tifffile",
    "scipy": "scipy",
    "skimage": "scikit-image",
    "torch": "torch",
    "onnxruntime": "onnxruntime",
    "diffusers": "diffusers",
    "timm": "timm",
}
"""Modules whose version can change a sample, and their distributions."""


@dataclass(frozen=True)
class Environment:
    """Everything besides the request that can change the last bit of a sample."""

    program: str
    python: str
    libraries: Mapping[str, str]
    system: str
    machine: str
    instruction_set: str
    threads: int
    cores: int
    devices: tuple[str, ...] = field(default=())

    @classmethod
    def now(cls) -> Self:
        """Return the environment of this process, without libraries that aren't loaded."""
        return cls(
            program=__version__,
            python=platform.python_version(),
            libraries=_versions(),
            system=platform.platform(),
            machine=platform.machine(),
            instruction_set=_instruction_set(),
            threads=_threads(),
            cores=os.cpu_count() or 1,
            devices=_devices(),
        )


def _versions() -> dict[str, str]:
    loaded = {module: distribution for module, distribution in LIBRARIES.items() if module in sys.modules}
    return {distribution: _version(module, distribution) for module, distribution in loaded.items()}


@cache
def _version(module: str, distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return str(getattr(sys.modules[module], "__version__", "unknown"))


def _torch() -> Any:
    """Return the torch module if it is already imported; never imports it."""
    return sys.modules.get("torch")


def _instruction_set() -> str:
    if torch := _torch():
        return str(torch.backends.cpu.get_cpu_capability())
    simd: Any = np.show_config(mode="dicts")
    return " ".join(simd["SIMD Extensions"].get("found", ()))


def _threads() -> int:
    if torch := _torch():
        return int(torch.get_num_threads())
    return int(cv2.getNumThreads())


def _devices() -> tuple[str, ...]:
    torch = _torch()
    if not torch or not torch.cuda.is_initialized():
        return ()
    return tuple(str(torch.cuda.get_device_name(index)) for index in range(torch.cuda.device_count()))


def peak_memory() -> int:
    """Return the peak memory of this process in bytes, 0 if the system doesn't report it."""
    try:
        import resource
    except ImportError:
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak if sys.platform == "darwin" else peak * 1024)
