"""Captions of training pictures: a CSV table that can be edited by hand, and prompts made from it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imagest_core.arrays import Image8
from imagest_core.csv_tables import separator_of
from imagest_core.errors import InputError
from imagest_core.painting.atomic import replacing, write_text
from imagest_core.painting.outputs import check_regular_file, check_target
from imagest_core.progress import Progress
from imagest_core.training.images import StoredPicture, list_pictures

THRESHOLD = 0.2
"""Pairs of picture and caption with a smaller CLIP similarity are left out, as in the paper."""
TEMPLATE = "{caption}, by {artist}"
"""The prompt of a picture whose artist is named."""
FIELDS = ("path", "caption", "similarity", "kept")
YES, NO = "yes", "no"
SAVE_EVERY = 25
"""Pictures after which the table is saved."""


@dataclass(frozen=True)
class CaptionRow:
    """A line of the table; ``path`` is relative to the folder or tar, ``similarity`` None if not measured."""

    path: str
    caption: str
    similarity: float | None = None
    kept: bool = True


def build_captions(
    sources: Sequence[Path],
    out: Path,
    caption: Callable[[Image8], str],
    similarity: Callable[[Image8, str], float] | None,
    progress: Progress,
    threshold: float = THRESHOLD,
) -> list[CaptionRow]:
    """Caption the pictures of folders and tars that ``out`` doesn't hold yet, and write the table.

    Rows of an existing table stay as they are, so that a killed run continues and edits survive. Raises
    ``InputError`` and ``OutputError``.
    """
    check_target(out, force=True, inputs=sources)
    rows = {row.path: row for row in read_rows(out)} if out.is_file() else {}
    pictures = unique_pictures(sources, progress)
    missing = [picture for picture in pictures if picture.name not in rows]
    try:
        for index, picture in enumerate(missing):
            progress.check()
            progress.part(0.0, 1.0, "captioning").set(index / len(missing), index, len(missing))
            image = picture.read()
            text = caption(image)
            value = similarity(image, text) if similarity is not None else None
            rows[picture.name] = CaptionRow(picture.name, text, value, value is None or value >= threshold)
            if (index + 1) % SAVE_EVERY == 0:
                write_rows(out, rows.values())
    finally:
        if rows:
            write_rows(out, rows.values())
    return list(rows.values())


def unique_pictures(sources: Sequence[Path], progress: Progress | None = None) -> list[StoredPicture]:
    """Return the pictures of folders and tars; raises ``InputError`` for none, and for equal names."""
    pictures = {}
    for picture in list_pictures(sources, progress):
        if picture.name in pictures:
            raise InputError(
                f"Two training pictures have the name {picture.name}: put all pictures below one folder."
            )
        pictures[picture.name] = picture
    if not pictures:
        raise InputError("There are no pictures in the training folders: name a folder or tar of pictures.")
    return list(pictures.values())


def write_rows(path: Path, rows: Iterable[CaptionRow]) -> None:
    """Write the table completely or not at all; raises ``OutputError``."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(FIELDS)
    for row in rows:
        similarity = "" if row.similarity is None else f"{row.similarity:.4f}"
        writer.writerow([row.path, row.caption, similarity, YES if row.kept else NO])
    with replacing(path, force=True) as temporary:
        write_text(temporary, text.getvalue(), path)


def read_rows(path: Path) -> list[CaptionRow]:
    """Read the table, with commas or, as some spreadsheets save it, semicolons or tabs.

    Raises ``InputError`` if it isn't one.
    """
    check_regular_file(path)
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            head = file.readline()
            file.seek(0)
            return _rows(csv.DictReader(file, strict=True, delimiter=separator_of(head)))
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is no table of captions in UTF-8: save it as CSV in UTF-8.") from error
    except OSError as error:
        raise InputError(f"The table of captions {path} can't be read: {error.strerror or error}.") from error
    except (ValueError, csv.Error) as error:
        raise InputError(f"{path} is no table of captions: {error}.") from error


def _rows(reader: csv.DictReader[str]) -> list[CaptionRow]:
    """Return the rows that aren't empty; raises ``ValueError``."""
    if not {"path", "caption"} <= set(reader.fieldnames or ()):
        raise ValueError("it has no columns path and caption")
    rows: dict[str, CaptionRow] = {}
    for line in reader:
        if not any(line.values()):
            continue
        row = _row(line, reader.line_num)
        if row.path in rows:
            raise ValueError(f"line {reader.line_num} names {row.path} a second time")
        rows[row.path] = row
    return list(rows.values())


def _row(line: Mapping[str | None, Any], number: int) -> CaptionRow:
    """Return a row; raises ``ValueError``."""
    if None in line:
        raise ValueError(f"line {number} has too many columns: put a caption with commas in double quotes")
    path, caption = line.get("path") or "", (line.get("caption") or "").strip()
    kept = (line.get("kept") or YES).strip().lower()
    if not path or kept not in (YES, NO):
        raise ValueError(f"line {number} needs a path, and {YES} or {NO} in the column kept")
    similarity = line.get("similarity")
    try:
        value = float(similarity) if similarity else None
    except ValueError:
        raise ValueError(f"the similarity in line {number} is no number") from None
    return CaptionRow(path, caption, value, kept == YES)


def prompt_of(caption: str, artist: str = "", template: str = TEMPLATE) -> str:
    """Return the prompt of a caption, with the artist's name if it is given."""
    return template.format(caption=caption, artist=artist) if artist else caption


def check_template(template: str) -> None:
    """Raise ``InputError`` unless ``template`` has the fields caption and artist, and no others."""
    try:
        fits = "\0" in template.format(caption="\0", artist="")
    except (KeyError, IndexError, ValueError, AttributeError):
        fits = False
    if not fits:
        raise InputError(f"The template {template!r} needs {{caption}}, and may have {{artist}}.")
