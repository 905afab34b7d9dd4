"""What waits until the window is visible: imports that showing it doesn't need, and collecting garbage."""

from __future__ import annotations

import gc
from threading import Thread

from imagest_core.deferred import defer, load

DEFERRED = ("cv2", "tifffile")
"""Imported by the window's modules, and used when a scan is opened."""


def prepare() -> None:
    """Put things off; before the modules of the window are imported."""
    defer(DEFERRED)
    gc.disable()


def finish() -> None:
    """Make up for it in the background."""
    gc.freeze()
    gc.enable()
    Thread(target=lambda: [load(name) for name in DEFERRED], name="deferred imports", daemon=True).start()
