"""A restored painting is written: its file, byte for byte, but for the pixels that patches replace.

Lossless TIFF files are copied, and only the strips or tiles under a patch are encoded anew, with the
file's own compression; tags, pages and private fields survive untouched, and nothing stays of the
strips and tiles that were replaced. From lossy files and other
formats a lossless TIFF of exactly the decoded samples is made. Either is checked before it gets its
name: a failure leaves the old file, or none.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, TypeVar

from imagest_core.errors import PaintingError
from imagest_core.painting.atomic import replacing, sync
from imagest_core.painting.geometry import Box
from imagest_core.painting.metadata.writing_notes import WritingNote, sentences
from imagest_core.painting.orientation import Orientation
from imagest_core.painting.reader import Painting
from imagest_core.painting.tiff.compact import compact
from imagest_core.painting.tiff.convert import write_lossless
from imagest_core.painting.tiff.extents import occupied
from imagest_core.painting.tiff.form import KEPT, Form
from imagest_core.painting.tiff.ifd import Structure
from imagest_core.painting.tiff.patch import CLASSIC_LIMIT, patch_file
from imagest_core.painting.tiff.pieces import Patch
from imagest_core.painting.tiff.pyramid import refresh_levels
from imagest_core.painting.tiff.raster import read_raster
from imagest_core.painting.tiff.stale import pages_before, remove_stale, stale_notes
from imagest_core.painting.tiff.tags import carrying_notes, other_pages, source_directory
from imagest_core.progress import Progress

__all__ = ["Patch", "keeps_file", "metadata_notes", "write_painting", "writing_notes", "written_page"]

T = TypeVar("T")
_BLOCK = 16 << 20
_UNABLE = {errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM}
"""What the kernel answers where it can't copy between these two files."""

SOFTWARE = "Imagest Workstation"


def write_painting(
    painting: Painting,
    patches: Iterable[Patch],
    out: Path,
    *,
    check: Callable[[Path], T],
    force: bool = False,
    software: str = SOFTWARE,
    progress: Progress | None = None,
    classic_limit: int = CLASSIC_LIMIT,
    form: Form = KEPT,
) -> T:
    """Write ``painting`` with ``patches`` to ``out`` and give what ``check`` says of it.

    ``patches`` are taken one by one; later ones lie over earlier ones. ``check`` gets the finished file
    under its temporary name and raises if it isn't right. ``software`` is named in newly made files.
    A classic TIFF that would grow over ``classic_limit`` bytes becomes a BigTIFF. With a ``form`` that
    isn't the scan's own, a new file is laid out instead of the scan's being copied.

    Raises :class:`OutputError` (exists, is the source, folder missing, disk full), :class:`Cancelled`,
    whatever ``check`` raises, and :class:`ValueError` for a patch that isn't of this picture; in every
    case no new file is left and an old one is as it was.
    """
    progress = progress or Progress()
    with replacing(out, force=force, source=painting.path, room=form.room_for(painting)) as temporary:
        checked = _checked(painting, patches)
        if keeps_file(painting, form):
            _copy(painting.path, temporary, progress.part(0.0, 0.4))
            _patch_copy(painting, checked, temporary, classic_limit, progress.part(0.4, 0.9))
        else:
            part = progress.part(0.0, 0.9)
            write_lossless(
                painting,
                checked,
                temporary,
                software=software,
                limit=classic_limit,
                form=form,
                progress=part,
            )
        sync(temporary)
        progress.check()
        return check(temporary)


def keeps_file(painting: Painting, form: Form = KEPT) -> bool:
    """Whether the written file is the source's own but for the patches (and not a new TIFF of it)."""
    if not form.kept or painting.format not in ("TIFF", "BigTIFF") or not painting.own_samples:
        return False
    with open(painting.path, "rb") as file:
        structure = Structure(file)
        return read_raster(structure, structure.page(painting.page)) is not None


def writing_notes(painting: Painting, form: Form = KEPT) -> tuple[str, ...]:
    """Sentences on what writing can't keep, for the user to see."""
    if keeps_file(painting, form):
        return sentences(metadata_notes(painting, form))
    notes = []
    if form.converts(painting):
        notes.append("Every sample is converted, so nothing in the file is identical to the scan.")
    elif not keeps_file(painting):
        notes.append(
            "The result is a lossless TIFF of exactly the decoded samples of"
            f" {painting.path.name} ({painting.compression})."
        )
    if form.turns_colour(painting):
        notes.append("Colours beyond sRGB are brought to its edge.")
    return (*notes, *sentences(metadata_notes(painting, form)))


def metadata_notes(painting: Painting, form: Form = KEPT) -> tuple[WritingNote, ...]:
    """What becomes of smaller copies, previews and metadata in the file, one note a part."""
    if keeps_file(painting, form):
        return tuple(stale_notes(painting.path, painting.page))
    return tuple(carrying_notes(painting, SOFTWARE))


def written_page(painting: Painting, form: Form = KEPT) -> int:
    """The page of the written file that holds the painting."""
    if keeps_file(painting, form):
        return painting.page - pages_before(painting.path, painting.page)
    with source_directory(painting) as origin:
        return len(other_pages(painting, origin)[0])


def _patch_copy(
    painting: Painting, patches: Iterable[Patch], path: Path, limit: int, progress: Progress
) -> None:
    """Lay ``patches`` into the copy at ``path``, and into the reduced copies of the picture within it."""
    boxes: list[Box] = []
    page, before = painting.page, occupied(path)
    stored = _stored(painting, patches, boxes)
    patch_file(
        path, lambda structure: structure.page(page), stored, limit=limit, progress=progress.part(0.0, 0.8)
    )
    refresh_levels(path, page, boxes, limit, progress.part(0.8, 0.95))
    if boxes:
        with open(path, "rb+") as file:
            remove_stale(file, page)
    compact(path, before, progress.part(0.95, 1.0))


def _checked(painting: Painting, patches: Iterable[Patch]) -> Iterator[Patch]:
    for patch in patches:
        patch.check(painting.box, painting.channels, painting.dtype)
        if not patch.idle:
            yield patch


def _stored(painting: Painting, patches: Iterable[Patch], boxes: list[Box]) -> Iterator[Patch]:
    """The patches in stored coordinates; their boxes are noted in ``boxes``."""
    orientation = Orientation.of(painting.orientation)
    for patch in patches:
        stored = patch.stored(orientation, painting.width, painting.height)
        boxes.append(stored.box)
        yield stored


def _copy(source: Path, target: Path, progress: Progress) -> None:
    """Copy the bytes of ``source``, by the kernel where it can; raises :class:`Cancelled` between blocks."""
    size = source.stat().st_size
    with open(source, "rb", buffering=0) as read, open(target, "rb+", buffering=0) as write:
        done = 0
        while block := _copy_block(read, write, done):
            done += block
            progress.set(done / max(size, 1))
    if done != size:
        raise PaintingError(f"{source.name} changed while it was copied; try again.")


def _copy_block(read: BinaryIO, write: BinaryIO, place: int) -> int:
    """Copy some bytes from ``place`` on; gives how many, 0 at the end."""
    if hasattr(os, "copy_file_range"):
        try:
            return os.copy_file_range(read.fileno(), write.fileno(), _BLOCK, place, place)
        except OSError as error:
            if error.errno not in _UNABLE:
                raise
    read.seek(place)
    write.seek(place)
    return write.write(read.read(_BLOCK))
