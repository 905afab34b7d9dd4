"""Recognise a model by its content; needs no torch."""

from __future__ import annotations

from pathlib import Path

from imagest_core.errors import ModelError
from imagest_core.messages import Message
from imagest_core.models.identify_file import identify_file
from imagest_core.models.identify_folder import identify_folder
from imagest_core.models.identity import Identity


def identify(path: Path) -> Identity:
    """Recognise the model in a folder or file by its content, never by its name.

    Raises :class:`ModelError` with one sentence if it isn't a model that the program can use.
    """
    if path.is_dir():
        return identify_folder(path)
    if path.is_file():
        return identify_file(path)
    if path.exists():
        raise ModelError(Message("{path} is neither a folder nor a regular file.", path=path))
    raise ModelError(Message("There is no file or folder {path}.", path=path))
