"""Write the results of an evaluation: a folder, and files that appear together or not at all."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

from imagest_core.errors import OutputError
from imagest_core.painting.atomic import all_or_none, check_writable, replacing
from imagest_core.painting.outputs import check_targets, same_file
from imagest_core.painting.stamp import file_sha256

LIST = "evaluation-files.json"
"""The SHA-256 of each file that an evaluation has written, by its name in the folder."""


@contextmanager
def results_folder(
    folder: Path, names: Sequence[str], *, force: bool, inputs: Sequence[Path]
) -> Iterator[None]:
    """Create a folder and check that the files ``names`` can be written to it after the body.

    If the body fails and has written nothing, the folder is removed again. Raises ``OutputError``.
    """
    check_outside(folder, inputs)
    with made_folder(folder):
        check_targets([folder / name for name in (*names, LIST)], force=force, inputs=inputs)
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


def write_results(
    folder: Path,
    outputs: Mapping[str, bytes],
    *,
    force: bool,
    inputs: Sequence[Path],
    written: Iterable[Path] = (),
    kept: Iterable[str] = (),
) -> tuple[Path, ...]:
    """Write the results of an evaluation by name into ``folder``, all or none; return their paths.

    ``written``: files in it that are written already. Everything is listed in :data:`LIST`, and the files of
    an earlier evaluation that belong to no result any more are removed, unless they were changed. ``kept``:
    names that are not listed, and so never removed. Raises ``OutputError``.
    """
    former, left_out = _listed(folder), set(kept)
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in outputs.items()}
    hashes = {name: digest for name, digest in hashes.items() if name not in left_out}
    hashes |= {path.relative_to(folder).as_posix(): file_sha256(path) for path in written}
    text = json.dumps({"format": 1, "files": hashes}, indent=1, ensure_ascii=False) + "\n"
    listing = encoded({LIST: text})
    paths = write_files(folder, {**outputs, **listing}, force=force, inputs=inputs)
    for name in former.keys() - hashes.keys() - outputs.keys():
        _remove_unchanged(folder, name, former[name])
    return paths


def _listed(folder: Path) -> dict[str, str]:
    """Return the hashes of the files of an earlier evaluation by name; {} if it left no list."""
    try:
        files = json.loads((folder / LIST).read_text("utf-8"))["files"]
        return {name: digest for name, digest in files.items() if isinstance(digest, str)}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _remove_unchanged(folder: Path, name: str, digest: str) -> None:
    """Remove a file that still has the hash ``digest``, and folders that it leaves empty."""
    parts = PurePosixPath(name).parts
    places = [folder.joinpath(*parts[:count]) for count in range(1, len(parts) + 1)]
    if not parts or ".." in parts or PurePosixPath(name).is_absolute():
        return
    with suppress(OSError):
        if any(place.is_symlink() for place in places) or not places[-1].is_file():
            return
        if file_sha256(places[-1]) == digest:
            places[-1].unlink()
            for place in reversed(places[:-1]):
                place.rmdir()
