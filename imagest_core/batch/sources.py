"""Find the scans of a folder or a list, their masks, and the names of their results."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from imagest_core.batch.job import Job
from imagest_core.batch.job_list import FOLDER
from imagest_core.errors import InputError
from imagest_core.messages import Message, template
from imagest_core.painting.outputs import FileKind, file_kind, normalized_name, same_file

SCANS = (".tif", ".tiff", ".png", ".jpg", ".jpeg", ".webp", ".jp2", ".j2k", ".jpx", ".jpf")
"""Endings of the files of a folder that are scans; those named in a list may have any."""
MASKS = (".png", ".tif", ".tiff", ".bmp", ".jpg", ".jpeg", ".webp")
"""Endings of masks beside a scan, in the order in which they are looked for."""
SYSTEM_FOLDERS = ("lost+found", "System Volume Information", "$RECYCLE.BIN")
"""Folders of the system on a disk, which hold no scans, or deleted ones."""
MAX_LIST = 64 << 20


@dataclass(frozen=True)
class Source:
    """A scan, its mask if there is one, and the folder and name of its result below the batch folder."""

    scan: Path
    mask: Path | None
    name: PurePosixPath

    def job(self, order: int) -> Job:
        """Return the job of this scan."""
        mask = "" if self.mask is None else str(self.mask)
        return Job(str(self.name), str(self.scan), mask, order)


def _nothing() -> None:
    return None


def find_sources(source: Path, suffix: str, out: Path, check: Callable[[], None] = _nothing) -> list[Source]:
    """Return the scans in the folder ``source`` and its subfolders, or in the text file ``source``.

    A file whose name ends in ``suffix`` is a mask and never a scan. Hidden files, the batch folder ``out``,
    and subfolders with results of other batches are left out. Raises ``InputError`` if there is no scan, or
    if two results would have the same name. ``check`` is called for each scan, and may raise.
    """
    check_suffix(suffix)
    found: list[Source] = []
    try:
        for each in _in_folder(source, suffix, out) if source.is_dir() else _in_list(source, suffix):
            check()
            found.append(each)
    except OSError as error:
        raise InputError(
            Message(
                "{path} can't be read: {reason}.",
                path=error.filename or source,
                reason=error.strerror or error,
            )
        ) from error
    if not found:
        raise InputError(_no_scan(source, suffix))
    check_names(found)
    return found


def _no_scan(source: Path, suffix: str) -> Message:
    """Return the sentence for a folder or list without a scan."""
    if source.is_dir():
        text = template("There is no scan in {path}: choose a folder with scans.")
    else:
        text = template(
            "The list {path} names no scan: write one path a line (names that end in {suffix} are masks)."
        )
    return Message(text, path=source, suffix=suffix)


def check_scan(scan: Path) -> None:
    """Raise ``InputError`` unless ``scan`` is a regular file."""
    if scan.is_file():
        return
    if scan.exists():
        text = template("{scan} is not a regular file: name a picture.")
    elif scan.is_symlink():
        text = template(
            "{scan} is a link to a file that doesn't exist: put the file back, or name another one."
        )
    else:
        text = template("{scan} doesn't exist: put the file back, or correct its name.")
    raise InputError(Message(text, scan=scan))


def check_picture(scan: Path) -> None:
    """Raise ``InputError`` unless ``scan`` is a regular file of a supported picture format, by its name."""
    check_scan(scan)
    if scan.suffix.lower() not in SCANS:
        raise InputError(
            Message(
                "{name} is not a picture that can be restored: choose a TIFF, PNG, JPEG, WebP or JPEG 2000 "
                "file.",
                name=scan.name,
            )
        )


def check_masks(sources: list[Source], source: Path, suffix: str) -> None:
    """Raise ``InputError`` if no scan can be restored without a recipe, because none has a mask."""
    if any(each.mask for each in sources):
        return
    for each in sources:
        check_scan(each.scan)
    raise InputError(
        Message(
            "No scan in {source} has a mask beside it (NAME{suffix}.png); add masks or give --recipe.",
            source=source,
            suffix=suffix,
        )
    )


def check_suffix(suffix: str) -> None:
    """Raise ``InputError`` unless ``suffix`` can be the end of a mask's name."""
    if not suffix or any(character in suffix for character in "/\\\0") or suffix.startswith("."):
        raise InputError(
            Message(
                "The suffix of masks is the end of their names, such as -mask, not '{suffix}'.", suffix=suffix
            )
        )


def is_mask_name(path: Path, suffix: str) -> bool:
    """Return whether a file is a mask according to its name."""
    return path.stem.casefold().endswith(suffix.casefold())


def mask_beside(scan: Path, suffix: str, exists: Callable[[Path], bool] = Path.is_file) -> Path | None:
    """Return the mask beside ``scan``: its name with ``suffix`` and an ending of :data:`MASKS`."""
    stems = (scan.stem, scan.name)
    candidates = (scan.with_name(f"{stem}{suffix}{ending}") for stem in stems for ending in MASKS)
    return next((path for path in candidates if exists(path)), None)


def single_source(scan: Path, suffix: str) -> Source:
    """Return a scan that is added by itself; its result has its name."""
    scan = scan.absolute()
    return Source(scan, mask_beside(scan, suffix), PurePosixPath(f"{scan.stem}.tif"))


def _in_folder(folder: Path, suffix: str, out: Path) -> Iterator[Source]:
    root = folder.absolute()
    for current, folders, names in os.walk(root, onerror=_raise):
        here = Path(current)
        folders[:] = sorted(name for name in folders if not _is_left_out(here / name, out))
        present = {here / name for name in names}
        for name in sorted(names):
            scan = here / name
            if name.startswith(".") or scan.suffix.lower() not in SCANS or is_mask_name(scan, suffix):
                continue
            relative = PurePosixPath(*scan.relative_to(root).parent.parts, f"{scan.stem}.tif")
            yield Source(scan, mask_beside(scan, suffix, present.__contains__), relative)


def _is_left_out(folder: Path, out: Path) -> bool:
    """Return whether a subfolder is hidden, the system's, or holds the results of this batch or another."""
    if folder.name.startswith(".") or folder.name in SYSTEM_FOLDERS:
        return True
    return os.path.isdir(folder / FOLDER) or same_file(folder, out)  # False where it can't be read


def _raise(error: OSError) -> None:
    raise error


def _in_list(path: Path, suffix: str) -> Iterator[Source]:
    """Yield the scans of a text file: one path a line, then optionally a tab and the mask; # is a comment."""
    if not path.exists():
        raise InputError(Message("{path} doesn't exist: check the name.", path=path))
    if not path.is_file() or file_kind(path) is not FileKind.OTHER or path.stat().st_size > MAX_LIST:
        raise InputError(
            Message(
                "{path} is neither a folder nor a list: name a text file with one scan a line.", path=path
            )
        )
    base = path.absolute().parent
    for line in os.fsdecode(path.read_bytes()).lstrip("\ufeff").splitlines():
        named, _, mask = line.strip().partition("\t")
        if not named or named.startswith("#"):
            continue
        if "\0" in line:
            raise InputError(
                Message(
                    "{path} is neither a folder nor a list: name a text file with one scan a line.", path=path
                )
            )
        scan = Path(os.path.normpath(base / named))
        if is_mask_name(scan, suffix):
            continue
        given = Path(os.path.normpath(base / mask.strip())) if mask.strip() else mask_beside(scan, suffix)
        yield Source(scan, given, _listed_name(scan, base))


def _listed_name(scan: Path, base: Path) -> PurePosixPath:
    """Return the result's name: with the subfolder below the list's folder, else without one."""
    parents = scan.relative_to(base).parent.parts if scan.is_relative_to(base) else ()
    return PurePosixPath(*parents, f"{scan.stem}.tif")


def check_names(sources: list[Source]) -> None:
    """Raise ``InputError`` if results, records or derived masks of two scans would have the same name."""
    taken: dict[str, Source] = {}
    for source in sources:
        key = "/".join(normalized_name(part) for part in source.name.parts)
        other = taken.setdefault(key, source)
        if other is not source and other.scan == source.scan:
            raise InputError(Message("{scan} is listed twice: remove one of the lines.", scan=source.scan))
        if other is not source:
            raise InputError(
                Message(
                    "{one} and {other} would both become {name}: rename one of them.",
                    one=other.scan,
                    other=source.scan,
                    name=str(source.name),
                )
            )
        if FOLDER in source.name.parts:
            raise InputError(Message("{path} is in the folder of a job list.", path=source.scan))
