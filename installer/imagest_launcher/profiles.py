"""Choice of the packages by what the computer has."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from .errors import LauncherError
from .payload import Payload, Profile
from .texts import tr

DRIVER = Path("/proc/driver/nvidia/version")


def choose(payload: Payload, wanted: str | None, before: str | None) -> Profile:
    """Return the profile to install: ``wanted``, else the one installed ``before``, else by the hardware.

    Raises
    ------
    LauncherError
        ``wanted`` is not in the installer.
    """
    available = {name: payload.profiles[name] for name in payload.offline} or payload.profiles
    if wanted is not None:
        if wanted not in available:
            text = "This installer has no profile “{name}”; choose one of: {names}."
            raise LauncherError(tr(text, name=wanted, names=", ".join(available)))
        return available[wanted]
    if before in available:
        return available[before]
    cuda = available.get("cuda")
    if cuda is not None and nvidia_driver() >= max(cuda.driver, 1):
        return cuda
    return available.get("onnx") or next(iter(available.values()))


def nvidia_driver() -> int:
    """Return the major version of the NVIDIA driver; 0 without a card or driver."""
    tool = shutil.which("nvidia-smi")
    if tool is not None:
        command = [tool, "--query-gpu=driver_version", "--format=csv,noheader"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return 0
        return _major(done.stdout) if done.returncode == 0 else 0
    try:
        text = DRIVER.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0
    return next((_major(word) for word in text.split() if word.count(".") >= 1 and _major(word) >= 100), 0)


def _major(text: str) -> int:
    digits = text.strip().partition(".")[0]
    return int(digits) if digits.isdigit() else 0
