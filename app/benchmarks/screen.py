"""Screens of Qt's platform without a display."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path


def offscreen(width: int, height: int) -> str:
    """Return the value of ``QT_QPA_PLATFORM`` for one screen of this size in px (800 × 800 by default)."""
    path = Path(tempfile.gettempdir()) / f"imagest-screen-{width}x{height}.json"
    screen = {"name": "one", "x": 0, "y": 0, "width": width, "height": height}
    density = {"logicalDpi": 96, "logicalBaseDpi": 96, "dpr": 1}
    path.write_text(json.dumps({"screens": [screen | density]}))
    return f"offscreen:configfile={path}"
