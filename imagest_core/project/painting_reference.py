"""Locating the scan of a project by its path and its content."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from imagest_core.errors import OutputError, ProjectError
from imagest_core.messages import Message
from imagest_core.painting.atomic import replacing
from imagest_core.painting.reader import Painting, open_painting
from imagest_core.painting.stamp import file_sha256
from imagest_core.project.rewritten_scan import (
    HASHED_AT_ONCE,
    RewrittenScan,
    accept_scan,
    compare_scan,
    with_fingerprint,
)
from imagest_core.project.state import PaintingReference


def reference_to(painting: Painting) -> PaintingReference:
    """Return the reference to an opened scan; the samples of a small one are hashed."""
    path = painting.path.resolve()
    stat = path.stat()
    reference = PaintingReference(
        path,
        painting.sha256(),
        painting.width,
        painting.height,
        painting.channels,
        painting.depth,
        painting.page,
        stat.st_size,
        stat.st_mtime_ns,
        painting.srgb_assumed,
    )
    return with_fingerprint(reference, painting, samples=painting.box.area <= HASHED_AT_ONCE)


@dataclass(frozen=True)
class LocatedScan:
    """Result of locating a scan.

    Parameters
    ----------
    reference
        Updated reference.
    path
        The scan, None if it was not found.
    changed
        Whether only a file with other content was found.
    note
        A sentence, empty if nothing has changed.
    rewritten
        How the file differs if it has changed.
    """

    reference: PaintingReference
    path: Path | None
    changed: bool = False
    note: str = ""
    rewritten: RewrittenScan | None = None


def find_painting(
    reference: PaintingReference, project: Path | None = None, recent: Iterable[Path] = ()
) -> LocatedScan:
    """Search the previous location, the folder of the ``project`` and ``recent`` folders for the scan.

    Nothing is hashed if the file at the previous location has the same size and date.
    """
    if _is_unchanged(reference):
        return LocatedScan(reference, reference.path)
    folders = [reference.path.parent, *([project.resolve().parent] if project else []), *recent]
    for path in _candidates(reference, folders):
        if file_sha256(path) == reference.sha256:
            moved = path.resolve() != reference.path
            note = Message("The scan has moved: it was found as {path}.", path=path) if moved else ""
            return LocatedScan(_updated_reference(reference, path), path, note=note)
    return _not_found(reference, folders[: 2 if project else 1])


def open_reference(located: LocatedScan) -> Painting:
    """Open the located scan with the settings of the project; raises ``PaintingError``.

    Raises ``ProjectError`` if its size or samples are not those of the project, since the damage wouldn't
    fit.
    """
    assert located.path is not None
    reference = located.reference
    painting = open_painting(located.path, page=reference.page, assume_srgb=reference.assume_srgb)
    actual, expected = _kind(painting), _kind(reference)
    if actual != expected:
        painting.close()
        raise ProjectError(
            Message(
                "{path} is {actual}, but the project was created with {expected}: locate the original scan.",
                path=located.path.name,
                actual=actual,
                expected=expected,
            )
        )
    return painting


def _kind(scan: Painting | PaintingReference) -> str:
    """Describe size and samples of a scan: width × height × channels × bits."""
    return f"{scan.width} × {scan.height} × {scan.channels} × {scan.depth}"


def relocated_reference(
    reference: PaintingReference, path: Path, *, accept_rewritten: bool = False
) -> PaintingReference:
    """Return the reference with the scan at ``path``; raises ``ProjectError`` if it is another image.

    With ``accept_rewritten``, a file with the samples of the scan is accepted.
    """
    try:
        same = path.stat().st_size == reference.size and file_sha256(path) == reference.sha256
    except OSError as error:
        raise ProjectError(
            Message("{path} can't be read: {reason}.", path=path, reason=error.strerror or error)
        ) from error
    if same:
        return _updated_reference(reference, path)
    rewritten = compare_scan(reference, path)
    if rewritten.same_samples and accept_rewritten:
        return accept_scan(reference, path)
    if rewritten.same_samples:
        raise RewrittenError(rewritten)
    raise ProjectError(
        Message(
            "{path} is not the scan of this project: choose the file it was created with.", path=path.name
        )
    )


class RewrittenError(ProjectError):
    """The samples are those of the scan, but another program has rewritten the file."""

    def __init__(self, rewritten: RewrittenScan) -> None:
        super().__init__(rewritten.sentence)
        self.rewritten = rewritten


def _not_found(reference: PaintingReference, folders: Iterable[Path]) -> LocatedScan:
    """Report a rewritten file with the name of the scan, preferably one with the same samples."""
    located = [compare_scan(reference, path) for path in _same_name(reference, folders)]
    if located:
        best = next((each for each in located if each.same_samples), located[0])
        return LocatedScan(reference, best.path, changed=True, note=best.sentence, rewritten=best)
    note = Message(
        "The scan {path} can't be found: put it beside the project file, or locate it.", path=reference.path
    )
    return LocatedScan(reference, None, note=note)


def _same_name(reference: PaintingReference, folders: Iterable[Path]) -> list[Path]:
    name = reference.path.name.casefold()
    files = (path for folder in folders for path in _files(folder) if path.name.casefold() == name)
    return list(dict.fromkeys(files))


def _is_unchanged(reference: PaintingReference) -> bool:
    try:
        located = reference.path.stat()
    except OSError:
        return False
    return (located.st_size, located.st_mtime_ns) == (reference.size, reference.modified)


def _candidates(reference: PaintingReference, folders: Iterable[Path]) -> Iterator[Path]:
    """Iterate over files of the same size as the scan, those with the same name first."""
    yielded: set[Path] = set()
    for folder in folders:
        for path in sorted(_files(folder), key=lambda path: path.name != reference.path.name):
            with suppress(OSError):
                if path not in yielded and path.stat().st_size == reference.size:
                    yielded.add(path)
                    yield path


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_file())
    except OSError:
        return []


def _updated_reference(reference: PaintingReference, path: Path) -> PaintingReference:
    return replace(reference, path=path.resolve(), modified=path.stat().st_mtime_ns)


def copy_next_to(reference: PaintingReference, project: Path) -> PaintingReference:
    """Copy the scan into the folder of the project file at the request of the user."""
    target = project.resolve().parent / reference.path.name
    if not target.exists():
        with replacing(target, source=reference.path) as temporary:
            shutil.copy2(reference.path, temporary)
    elif file_sha256(target) != reference.sha256:
        raise OutputError(Message("{target} exists already; choose another name.", target=target))
    return _updated_reference(reference, target)
