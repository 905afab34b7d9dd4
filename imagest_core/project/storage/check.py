"""Check a project file for changes that were made outside of the program."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from imagest_core.errors import VerificationError
from imagest_core.messages import Message
from imagest_core.progress import Progress
from imagest_core.project.storage.integrity import Integrity
from imagest_core.project.storage.store import Store


def check_project(path: Path, progress: Progress | None = None) -> Integrity:
    """Check the project file at ``path``.

    Raises ``VerificationError`` that names what was changed, and ``ProjectError`` if the file can't be read.
    """
    with closing(Store.open(path, read_only=True)) as store:
        integrity = store.integrity(progress)
    if integrity.findings:
        raise VerificationError(
            Message(
                "{path} was changed outside of Imagest: {findings}.",
                path=path.name,
                findings="; ".join(integrity.findings),
            )
        )
    return integrity
