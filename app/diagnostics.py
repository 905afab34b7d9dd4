"""What a bug report needs: versions, the system, the error and the end of the log."""

from __future__ import annotations

import platform

import PySide6
from PySide6.QtGui import QGuiApplication

from app.logs import recent
from app.messages import Message
from imagest_core import __version__
from imagest_core.paths import state_folder


def diagnostics(message: Message | None = None) -> str:
    """What somebody who is to help needs: versions, system, the error itself, and the end of the log.

    Paths may be in it, but nothing of what the files hold.
    """
    lines = [
        f"Imagest Workstation {__version__}",
        f"Python {platform.python_version()}, Qt {PySide6.__version__}, {platform.platform()}",
        *_screens(),
    ]
    if message is not None:
        lines += ["", message.sentence, message.remedy, message.details]
    if recent.lines:
        lines += ["", f"The end of the log in {state_folder()}:", *recent.lines]
    return "\n".join(lines).strip()


def _screens() -> list[str]:
    """The screens there are, as the window sees them."""
    return [
        f"Screen {screen.geometry().width()} × {screen.geometry().height()}, "
        f"factor {screen.devicePixelRatio():g}, {QGuiApplication.platformName()}"
        for screen in QGuiApplication.screens()
    ]
