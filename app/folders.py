"""The folders in which file dialogs start."""

from __future__ import annotations

import os
from pathlib import Path

from app.context import Context


def start_folder(context: Context, purpose: str, *, writing: bool = False) -> Path:
    """The folder last used for ``purpose`` with this document, else that of its scan, else any last used.

    For ``writing``, the scan's folder is proposed only if files can be created there.
    """
    document = context.document
    if document is None:
        return context.settings.folder(purpose)
    last = context.settings.last_state(document.remembered_path).folders.get(purpose, "")
    if last and Path(last).is_dir():
        return Path(last)
    beside = document.painting.path.parent
    usable = beside.is_dir() and (not writing or os.access(beside, os.W_OK))
    return beside if usable else context.settings.folder(purpose)


def remember_folder(context: Context, purpose: str, chosen: Path) -> None:
    """Store the folder of the file ``chosen`` for ``purpose``, and for this document."""
    context.settings.remember_folder(purpose, chosen)
    if context.document is not None:
        folders = {purpose: str(chosen.resolve().parent)}
        context.settings.remember(context.document.remembered_path, folders=folders)
