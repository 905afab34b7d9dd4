"""Write a folder completely, or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path


def written_folder(target: Path, write: Callable[[Path], None]) -> Path:
    """Let ``write`` fill a folder beside ``target``, then replace ``target`` by it."""
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as temporary:
        inside = Path(temporary) / target.name
        inside.mkdir()
        write(inside)
        if target.exists():
            shutil.rmtree(target)
        inside.rename(target)
    return target
