"""Detect the device a restoration will run on, without importing torch."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

QUERY = ("nvidia-smi", "--query-gpu=name,memory.free", "--format=csv,noheader,nounits")
TIMEOUT = 5.0
NO_WINDOW = 0x08000000
"""``CREATE_NO_WINDOW`` of Windows."""
AUTO, CPU, CUDA = "auto", "cpu", "cuda"

translate = QCoreApplication.translate


@dataclass(frozen=True)
class Device:
    """``name`` of the GPU ("" where only the CPU can be used) and its free memory in MiB."""

    name: str = ""
    free: int = 0

    @property
    def text(self) -> str:
        """Text for the user interface."""
        if not self.name:
            return cpu_text()
        free = translate("Device", "{0} GB free").format(f"{self.free / 1024:.0f}")
        return f"{self.name} · {free}"

    def kind(self, device: str) -> str:
        """``cpu`` or ``cuda``: where a request for ``device`` will run."""
        return CUDA if self.name and device != CPU else CPU


def cpu_text() -> str:
    """Description of the CPU."""
    return translate("Device", "CPU, {0} cores").format(os.cpu_count() or 1)


def choices(available: Device, selected: str) -> list[tuple[str, str]]:
    """Keys and texts of the selectable devices.

    ``selected`` is always included: a request from another computer may name a device that is missing here.
    """
    names = {
        AUTO: translate("Device", "Automatic"),
        CUDA: translate("Device", "GPU"),
        CPU: translate("Device", "CPU"),
    }
    keys = [AUTO, CUDA, CPU] if available.name else [AUTO, CUDA] if selected == CUDA else [selected]
    return [(key, names[key]) for key in keys]


def device_now() -> Device:
    """The first NVIDIA GPU, or the CPU; runs ``nvidia-smi``, which takes a moment."""
    hidden = NO_WINDOW if sys.platform == "win32" else 0
    try:
        answer = subprocess.run(
            QUERY, capture_output=True, text=True, timeout=TIMEOUT, check=True, creationflags=hidden
        )
        name, free = answer.stdout.splitlines()[0].rsplit(",", 1)
        device = Device(name.strip(), int(free))
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return Device()
    return device if _usable() else Device()


def _usable() -> bool:
    """Whether torch can use the GPU; assumed until torch is imported for another reason."""
    if "imagest_core.models.hardware" not in sys.modules:
        return True
    from imagest_core.models.hardware import has_cuda

    return has_cuda()
