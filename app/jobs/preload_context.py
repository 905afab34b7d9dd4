"""The part of the window's context that preloading needs."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import SignalInstance

from app.document import OpenDocument
from app.jobs.runner import Background, Jobs
from app.selection import Selection


class PreloadContext(Protocol):
    """``document_changed(OpenDocument | None)`` is emitted when another document is opened."""

    selection: Selection
    jobs: Jobs
    background: Background

    @property
    def document(self) -> OpenDocument | None:
        """The open document."""

    @property
    def document_changed(self) -> SignalInstance:
        """Emitted when another document is opened."""
