"""Finding a project's scan again: by where it was, and by what it is."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from imagest_core.errors import OutputError, ProjectError
from imagest_core.painting.atomic import replacing
from imagest_core.painting.reader import Painting, open_painting
from imagest_core.project.rewritten_scan import SMALL, Rewritten, accepted, compared, with_facts
from imagest_core.project.state import PaintingReference


def reference_to(painting: Painting) -> PaintingReference:
    """How a project remembers an opened scan; the samples of a small one are hashed."""
    path = painting.path.resolve()
    found = path.stat()
    reference = PaintingReference(
        path,
        painting.sha256(),
        painting.width,
        painting.height,
        painting.channels,
        painting.depth,
        painting.page,
        found.st_size,
        found.st_mtime_ns,
        painting.srgb_assumed,
    )
    return with_facts(reference, painting, samples=painting.box.area <= SMALL)


@dataclass(frozen=True)
class LocatedScan:
    """Where a scan is: ``reference`` as it is now, ``path`` None where there is nothing.

    ``changed``: only a file of another content is left; ``rewritten`` says in what it differs. ``note``: a
    sentence, empty if all is as it was.
    """

    reference: PaintingReference
    path: Path | None
    changed: bool = False
    note: str = ""
    rewritten: Rewritten | None = None


def find_painting(
    reference: PaintingReference, project: Path | None = None, recent: Iterable[Path] = ()
) -> LocatedScan:
    """Look where it was, beside the ``project``, then in ``recent`` folders, for the same content.

    Nothing is hashed where the file at the old place has the size and date it had.
    """
    if _untouched(reference):
        return LocatedScan(reference, reference.path)
    folders = [reference.path.parent, *([project.resolve().parent] if project else []), *recent]
    for path in _candidates(reference, folders):
        if file_sha256(path) == reference.sha256:
            moved = path.resolve() != reference.path
            note = f"The scan has moved: it was found as {path}." if moved else ""
            return LocatedScan(_seen(reference, path), path, note=note)
    return _not_found(reference, folders[: 2 if project else 1])


def open_reference(found: LocatedScan) -> Painting:
    """The scan that was found, as the project wants it read; raises ``PaintingError``.

    Raises ``ProjectError`` where the project says that it has another size: its damage wouldn't fit.
    """
    assert found.path is not None
    reference = found.reference
    painting = open_painting(found.path, page=reference.page, assume_srgb=reference.assume_srgb)
    is_now, wanted = _kind(painting), _kind(reference)
    if is_now != wanted:
        painting.close()
        raise ProjectError(
            f"{found.path.name} is {is_now}, but the project was begun with {wanted}: show where the original"
            " scan is."
        )
    return painting


def _kind(scan: Painting | PaintingReference) -> str:
    """Size and samples of a scan: width × height × channels × bits."""
    return f"{scan.width} × {scan.height} × {scan.channels} × {scan.depth}"


def shown_painting(
    reference: PaintingReference, path: Path, *, accept_rewritten: bool = False
) -> PaintingReference:
    """The scan at ``path``, which the user has shown; raises ``ProjectError`` where it is another one.

    With ``accept_rewritten`` a file whose samples are those of the scan is taken for it.
    """
    try:
        same = path.stat().st_size == reference.size and file_sha256(path) == reference.sha256
    except OSError as error:
        raise ProjectError(f"{path} can't be read: {error.strerror or error}.") from error
    if same:
        return _seen(reference, path)
    rewritten = compared(reference, path)
    if rewritten.same_samples and accept_rewritten:
        return accepted(reference, path)
    if rewritten.same_samples:
        raise RewrittenError(rewritten)
    raise ProjectError(
        f"{path.name} is another picture than the scan of this project: choose the file it was begun with."
    )


class RewrittenError(ProjectError):
    """The file is the scan, sample for sample, but another program has rewritten it."""

    def __init__(self, rewritten: Rewritten) -> None:
        super().__init__(rewritten.sentence)
        self.rewritten = rewritten


def _not_found(reference: PaintingReference, folders: Iterable[Path]) -> LocatedScan:
    """A file of the scan's name but another content is the scan rewritten, one with its samples first."""
    found = [compared(reference, path) for path in _namesakes(reference, folders)]
    if found:
        best = next((each for each in found if each.same_samples), found[0])
        return LocatedScan(reference, best.path, changed=True, note=best.sentence, rewritten=best)
    note = f"The scan {reference.path} can't be found: put it beside the project file, or show where it is."
    return LocatedScan(reference, None, note=note)


def _namesakes(reference: PaintingReference, folders: Iterable[Path]) -> list[Path]:
    wanted = reference.path.name.casefold()
    there = (path for folder in folders for path in _files(folder) if path.name.casefold() == wanted)
    return list(dict.fromkeys(there))


def _untouched(reference: PaintingReference) -> bool:
    try:
        found = reference.path.stat()
    except OSError:
        return False
    return (found.st_size, found.st_mtime_ns) == (reference.size, reference.modified)


def _candidates(reference: PaintingReference, folders: Iterable[Path]) -> Iterator[Path]:
    """Files of the scan's size, those of its name first."""
    seen: set[Path] = set()
    for folder in folders:
        for path in sorted(_files(folder), key=lambda path: path.name != reference.path.name):
            with suppress(OSError):
                if path not in seen and path.stat().st_size == reference.size:
                    seen.add(path)
                    yield path


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_file())
    except OSError:
        return []


def _seen(reference: PaintingReference, path: Path) -> PaintingReference:
    return replace(reference, path=path.resolve(), modified=path.stat().st_mtime_ns)


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def copy_beside(reference: PaintingReference, project: Path) -> PaintingReference:
    """Copy the scan beside the project file, because the user asked for it."""
    target = project.resolve().parent / reference.path.name
    if not target.exists():
        with replacing(target, source=reference.path) as temporary:
            shutil.copy2(reference.path, temporary)
    elif file_sha256(target) != reference.sha256:
        raise OutputError(f"{target} exists already; choose another name.")
    return _seen(reference, target)
