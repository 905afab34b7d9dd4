"""Which device a restoration will run on, told without loading torch."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

QUESTION = ("nvidia-smi", "--query-gpu=name,memory.free", "--format=csv,noheader,nounits")
NO_WINDOW = 0x08000000
"""``CREATE_NO_WINDOW`` of Windows."""
PATIENCE = 5.0
AUTO, CPU, CUDA = "auto", "cpu", "cuda"

translate = QCoreApplication.translate


@dataclass(frozen=True)
class Device:
    """``name`` of the GPU ("" where only the CPU can be used) and its free memory in MiB."""

    name: str = ""
    free: int = 0

    @property
    def text(self) -> str:
        """For people."""
        if not self.name:
            return cpu_text()
        free = translate("Device", "{0} GB free").format(f"{self.free / 1024:.0f}")
        return f"{self.name} · {free}"

    def kind(self, wanted: str) -> str:
        """``cpu`` or ``cuda``: where a request for ``wanted`` will run."""
        return CUDA if self.name and wanted != CPU else CPU


def cpu_text() -> str:
    """The processor, for people."""
    return translate("Device", "CPU, {0} cores").format(os.cpu_count() or 1)


def choices(found: Device, wanted: str) -> list[tuple[str, str]]:
    """Keys and texts of what can be chosen; one alone where there is no choice.

    ``wanted`` is always among them: a request made elsewhere may ask for what isn't here.
    """
    named = {
        AUTO: translate("Device", "Automatic"),
        CUDA: translate("Device", "GPU"),
        CPU: translate("Device", "CPU"),
    }
    keys = [AUTO, CUDA, CPU] if found.name else [AUTO, CUDA] if wanted == CUDA else [wanted]
    return [(key, named[key]) for key in keys]


def device_now() -> Device:
    """The first NVIDIA GPU, or the CPU; asks the driver's own tool, which takes a moment."""
    flags = NO_WINDOW if sys.platform == "win32" else 0
    try:
        asked = subprocess.run(
            QUESTION, capture_output=True, text=True, timeout=PATIENCE, check=True, creationflags=flags
        )
        name, free = asked.stdout.splitlines()[0].rsplit(",", 1)
        found = Device(name.strip(), int(free))
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return Device()
    return found if _usable() else Device()


def _usable() -> bool:
    """Whether torch can use the GPU; taken for granted until torch is loaded anyway."""
    if "imagest_core.restoration.diffusion.session" not in sys.modules:
        return True
    import torch

    return torch.cuda.is_available()
