"""Which device a restoration will run on, told without loading torch."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

QUESTION = ("nvidia-smi", "--query-gpu=name,memory.free", "--format=csv,noheader,nounits")
PATIENCE = 5.0


@dataclass(frozen=True)
class Device:
    """``name`` of the GPU ("" for the CPU) and its free memory in MiB."""

    name: str = ""
    free: int = 0

    @property
    def text(self) -> str:
        """For people."""
        if self.name:
            free = QCoreApplication.translate("Device", "{0} GB free").format(f"{self.free / 1024:.0f}")
            return f"{self.name} · {free}"
        return QCoreApplication.translate("Device", "CPU, {0} cores").format(os.cpu_count() or 1)


def device_now() -> Device:
    """The first NVIDIA GPU, or the CPU; asks the driver's own tool, which takes a moment."""
    hidden = {"creationflags": 0x08000000} if sys.platform == "win32" else {}
    try:
        asked = subprocess.run(
            QUESTION, capture_output=True, text=True, timeout=PATIENCE, check=True, **hidden
        )
        name, free = asked.stdout.splitlines()[0].rsplit(",", 1)
        return Device(name.strip(), int(free))
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return Device()
