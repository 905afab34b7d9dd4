"""Where a restoration ran: versions, platform, instruction set, threads. Same environment, same bytes."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
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
    "diffusers": "diffusers",
    "timm": "timm",
}
"""Modules whose version can matter for a sample, with the distributions they come in."""


@dataclass(frozen=True)
class Environment:
    """What besides the request can decide over a sample's last bit."""

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
        """The environment of this process; libraries that were not loaded are left out."""
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
    found = {}
    for module, distribution in LIBRARIES.items():
        if module in sys.modules:
            try:
                found[distribution] = metadata.version(distribution)
            except metadata.PackageNotFoundError:
                found[distribution] = str(getattr(sys.modules[module], "__version__", "unknown"))
    return found


def _torch() -> Any:
    """The torch module if somebody loaded it: asking must not load it."""
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
    """The most memory this process has held so far, in bytes; 0 where the system doesn't tell."""
    try:
        import resource
    except ImportError:
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak if sys.platform == "darwin" else peak * 1024)
