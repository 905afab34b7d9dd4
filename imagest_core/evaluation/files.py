"""Write the results of an evaluation: a folder, and files that appear together or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from imagest_core.errors import OutputError
from imagest_core.painting.atomic import all_or_none, check_writable, replacing
from imagest_core.painting.outputs import check_targets, same_file


@contextmanager
def results_folder(
    folder: Path, names: Sequence[str], *, force: bool, inputs: Sequence[Path]
) -> Iterator[None]:
    """Create a folder and check that the files ``names`` can be written to it after the body.

    If the body fails and has written nothing, the folder is removed again. Raises ``OutputError``.
    """
    check_outside(folder, inputs)
    with made_folder(folder):
        check_targets([folder / name for name in names], force=force, inputs=inputs)
        check_writable(folder / names[0])
        yield


@contextmanager
def made_folder(folder: Path) -> Iterator[None]:
    """Create a folder unless it exists; remove it if the body fails and it is empty.

    Raises ``OutputError``.
    """
    if os.path.lexists(folder) and not folder.is_dir():
        raise OutputError(f"{folder} is a file; name a folder.")
    missing = [each for each in (folder, *folder.parents) if not os.path.lexists(each)]
    try:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"The folder {folder} can't be created: {error.strerror or error}.") from error
        yield
    except BaseException:
        for each in missing:
            with suppress(OSError):
                each.rmdir()
        raise


def check_outside(folder: Path, inputs: Iterable[Path]) -> None:
    """Raise ``OutputError`` if ``folder`` is one of the folders that are read, or lies in one."""
    places = [folder, *Path(os.path.realpath(folder)).parents]
    for path in inputs:
        if path.is_dir() and any(same_file(place, path) for place in places):
            raise OutputError(f"{folder} lies in {path}, which is only read: name a folder outside of it.")


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
