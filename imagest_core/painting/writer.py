"""Write a restored painting: a copy of its file in which only the pixels of patches are replaced.

Lossless TIFF files are copied, and only the strips or tiles under a patch are re-encoded with the file's own
compression. Tags, pages and private fields are kept, and no byte of the replaced strips and tiles remains.
Lossy files and other formats become a lossless TIFF of exactly the decoded samples. The file is checked
before it gets its name: a failure leaves the old file, or none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from imagest_core.messages import Message
from imagest_core.painting.atomic import hidden_file, replacing
from imagest_core.painting.background import sync_in_background
from imagest_core.painting.compare import part_digests
from imagest_core.painting.file_copy import EarlyCopy, copy_file
from imagest_core.painting.geometry import Box
from imagest_core.painting.metadata.writing_notes import WritingNote, sentences
from imagest_core.painting.orientation import Orientation
from imagest_core.painting.reader import Painting
from imagest_core.painting.tiff.compact import compact
from imagest_core.painting.tiff.convert import write_lossless
from imagest_core.painting.tiff.extents import occupied_bytes
from imagest_core.painting.tiff.form import KEPT, Form
from imagest_core.painting.tiff.ifd import Structure
from imagest_core.painting.tiff.patch import CLASSIC_LIMIT, patch_file
from imagest_core.painting.tiff.pieces import Patch
from imagest_core.painting.tiff.pyramid import update_reduced_copies
from imagest_core.painting.tiff.raster import read_raster
from imagest_core.painting.tiff.stale import pages_before, remove_stale, stale_notes
from imagest_core.painting.tiff.tags import carrying_notes, other_pages, source_directory
from imagest_core.progress import Progress

__all__ = ["Patch", "keeps_file", "metadata_notes", "write_painting", "writing_notes", "written_page"]

T = TypeVar("T")
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
    copy: EarlyCopy | None = None,
) -> T:
    """Write ``painting`` with ``patches`` to ``out`` and return the result of ``check``.

    If anything raises, including ``check``, no new file is left and an old one is unchanged.

    Parameters
    ----------
    patches
        Consumed one by one; later patches cover earlier ones.
    check
        Called with the finished file under its temporary name; raises if it isn't correct.
    software
        Program name written to new files.
    classic_limit
        Size in bytes above which a classic TIFF becomes a BigTIFF.
    form
        How the file is stored. Unless it is the scan's own form, a new file is written instead of a copy.
    copy
        The copy from :func:`copying_early`; None copies the file now.

    Raises
    ------
    OutputError
        The file exists, is the source, its folder is missing, or the disk is full.
    PaintingError
        The scan's file is missing or has changed since it was opened.
    Cancelled
        The user cancelled.
    ValueError
        A patch doesn't belong to this image.
    """
    progress = progress or Progress()
    painting.check_stamp()
    room = 0 if copy is not None else form.room_for(painting)
    with replacing(out, force=force, source=painting.path, room=room) as temporary:
        checked = _checked(painting, patches)
        if keeps_file(painting, form):
            copying = progress.part(0.0, 0.4)
            if copy is None or not copy.move_to(temporary, copying):
                copy_file(painting.path, temporary, copying)
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
        progress.check()
        with sync_in_background(temporary, progress):
            return check(temporary)


@contextmanager
def copying_early(painting: Painting, out: Path, *, force: bool = False) -> Iterator[EarlyCopy | None]:
    """Copy the scan next to ``out`` while the body runs, which passes the copy to :func:`write_painting`.

    The value is None if the result is no copy of the scan's file. A copy that isn't used is removed.

    Raises ``OutputError`` if ``out`` can't be written.
    """
    if not keeps_file(painting):
        yield None
        return
    room = KEPT.room_for(painting)
    with hidden_file(out, force=force, source=painting.path, room=room) as path:
        copy = EarlyCopy(painting.path, path, lambda progress: part_digests(painting, progress))
        try:
            yield copy
        finally:
            copy.stop()


def keeps_file(painting: Painting, form: Form = KEPT) -> bool:
    """Return whether the written file is a patched copy of the source, not a new TIFF."""
    if not form.kept or painting.format not in ("TIFF", "BigTIFF") or not painting.stores_samples:
        return False
    with open(painting.path, "rb") as file:
        structure = Structure(file)
        return read_raster(structure, structure.page(painting.page)) is not None


def writing_notes(painting: Painting, form: Form = KEPT) -> tuple[str, ...]:
    """Return sentences for the user on what the written file can't keep."""
    if keeps_file(painting, form):
        return sentences(metadata_notes(painting, form))
    notes = []
    if form.converts(painting):
        notes.append(Message("Every sample is converted, so nothing in the file is identical to the scan."))
    elif not keeps_file(painting):
        notes.append(
            Message(
                "The result is a lossless TIFF of exactly the decoded samples of {path} ({compression}).",
                path=painting.path.name,
                compression=painting.compression,
            )
        )
    if form.converts_colour(painting):
        notes.append(Message("Colours outside the sRGB gamut are clipped."))
    return (*notes, *sentences(metadata_notes(painting, form)))


def metadata_notes(painting: Painting, form: Form = KEPT) -> tuple[WritingNote, ...]:
    """Return one note per reduced copy, preview and metadata block on what becomes of it."""
    if keeps_file(painting, form):
        return tuple(stale_notes(painting.path, painting.page))
    return tuple(carrying_notes(painting, SOFTWARE))


def written_page(painting: Painting, form: Form = KEPT) -> int:
    """Return the page of the written file that contains the painting."""
    if keeps_file(painting, form):
        return painting.page - pages_before(painting.path, painting.page)
    with source_directory(painting) as origin:
        return len(other_pages(painting, origin)[0])


def _patch_copy(
    painting: Painting, patches: Iterable[Patch], path: Path, limit: int, progress: Progress
) -> None:
    """Write ``patches`` into the copy at ``path``, and update the reduced copies in it."""
    boxes: list[Box] = []
    page, before = painting.page, occupied_bytes(path)
    stored = _stored(painting, patches, boxes)
    patch_file(
        path, lambda structure: structure.page(page), stored, limit=limit, progress=progress.part(0.0, 0.8)
    )
    update_reduced_copies(path, page, boxes, limit, progress.part(0.8, 0.95))
    if boxes:
        with open(path, "rb+") as file:
            remove_stale(file, page)
    compact(path, before, progress.part(0.95, 1.0))


def _checked(painting: Painting, patches: Iterable[Patch]) -> Iterator[Patch]:
    for patch in patches:
        patch.check(painting.box, painting.channels, painting.dtype)
        if not patch.is_empty:
            yield patch


def _stored(painting: Painting, patches: Iterable[Patch], boxes: list[Box]) -> Iterator[Patch]:
    """Yield the patches in stored coordinates and append their boxes to ``boxes``."""
    orientation = Orientation.of(painting.orientation)
    for patch in patches:
        stored = patch.stored(orientation, painting.width, painting.height)
        boxes.append(stored.box)
        yield stored
