"""Write the results of an evaluation: a folder, and files that appear together or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from imagest_core.errors import OutputError
from imagest_core.painting.atomic import all_or_none, replacing


def make_folder(folder: Path) -> None:
    """Create a folder unless it exists; raises ``OutputError``."""
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder} is a file; name a folder.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"The folder {folder} can't be created: {error.strerror or error}.") from error


def encoded(texts: Mapping[str, str]) -> dict[str, bytes]:
    """Return texts in UTF-8 by file name; bytes of names that aren't UTF-8 are escaped."""
    return {name: text.encode(errors="backslashreplace") for name, text in texts.items()}


def write_files(
    folder: Path, outputs: Mapping[str, bytes], *, force: bool, inputs: Sequence[Path]
) -> tuple[Path, ...]:
    """Write files by name into ``folder``, all or none; return their paths. Raises ``OutputError``."""
    files = {folder / name: data for name, data in outputs.items()}
    with all_or_none(files, force=force, inputs=tuple(inputs)):
        for path, data in files.items():
            with replacing(path, force=force, room=len(data)) as temporary:
                temporary.write_bytes(data)
    return tuple(files)
