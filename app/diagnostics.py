"""What a bug report needs: versions, the system, the error and the end of the log."""

from __future__ import annotations

import platform

import PySide6
from PySide6.QtGui import QGuiApplication

from app.logs import recent
from app.messages import Notification
from imagest_core import __version__
from imagest_core.paths import state_folder


def diagnostics(message: Notification | None = None) -> str:
    """Versions, system, ``message`` and the end of the log as text.

    It may contain paths, but no content of files.
    """
    lines = [
        f"Imagest Workstation {__version__}",
        f"Python {platform.python_version()}, Qt {PySide6.__version__}, {platform.platform()}",
        *_screens(),
    ]
    if message is not None:
        lines += ["", message.sentence, message.remedy, message.details]
    if recent.lines:
        lines += ["", f"End of the log in {state_folder()}:", *recent.lines]
    return "\n".join(lines).strip()


def _screens() -> list[str]:
    """Size and scale factor of all screens."""
    return [
        f"Screen {screen.geometry().width()} × {screen.geometry().height()}, "
        f"factor {screen.devicePixelRatio():g}, {QGuiApplication.platformName()}"
        for screen in QGuiApplication.screens()
    ]
