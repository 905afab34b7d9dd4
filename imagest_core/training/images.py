"""Training pictures: read from folders or tars, decoded to uint8, split by work, cropped and augmented."""

from __future__ import annotations

import hashlib
import io
import lzma
import os
import tarfile
import warnings
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imagest_core.arrays import Image8
from imagest_core.errors import InputError
from imagest_core.painting.outputs import check_regular_file
from imagest_core.progress import Progress

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff")
LARGEST_PICTURE, LARGEST_FILE = 400_000_000, 2 << 30
"""Maximum size of a training picture in pixels and in bytes."""
TAR_MAGIC, TAR_HEAD = b"ustar", 262
"""The magic bytes of a tar header, and the offset of their end."""
HELD_OUT_SHARE = 0.15
"""The paper splits 85/15. The split is by work, so no work is in both parts."""


@dataclass(frozen=True)
class Works:
    """Decoded pictures (h, w, 3) uint8 sRGB and the work each shows."""

    pictures: tuple[Image8, ...]
    works: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.pictures)


@dataclass(frozen=True)
class StoredPicture:
    """A training picture that is decoded when it is needed: a file, or the encoded member of a tar."""

    name: str
    path: Path | None = None
    data: bytes = b""

    def read(self) -> Image8:
        """Decode the picture (h, w, 3) uint8 sRGB; raises :class:`InputError`."""
        try:
            data = self.data if self.path is None else self.path.read_bytes()
        except OSError as error:
            raise InputError(_unreadable(self.name, error)) from error
        return _decoded(self.name, data, cv2.IMREAD_COLOR_RGB)

    def check(self) -> None:
        """Raise :class:`InputError` if the header can't be read or the picture is too large."""
        self.size()

    def size(self) -> tuple[int, int]:
        """Return width and height in the header; raises as :meth:`check` does."""
        return _checked_size(self.name, io.BytesIO(self.data) if self.path is None else self.path)


class StoredPictures(Sequence[Image8]):
    """Pictures decoded one at a time, for collections that don't fit into memory."""

    def __init__(self, pictures: Sequence[StoredPicture]) -> None:
        self.stored = tuple(pictures)

    def __len__(self) -> int:
        return len(self.stored)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return StoredPictures(self.stored[index])
        return self.stored[index].read()


def list_pictures(sources: Sequence[Path], progress: Progress | None = None) -> Iterator[StoredPicture]:
    """Yield pictures, and those of folders and tars, after checking their headers.

    Raises :class:`InputError`.
    """
    for source in sources:
        found: Iterator[StoredPicture]
        if source.is_dir():
            found = (
                StoredPicture(path.relative_to(source).as_posix(), path) for path in _picture_paths(source)
            )
        elif _is_picture(source):
            found = iter([StoredPicture(source.name, source)])
        else:
            found = (StoredPicture(name, data=data) for name, data in _files(source))
        for picture in found:
            if progress is not None:
                progress.check()
            picture.check()
            yield picture


def work_of(name: str) -> str:
    """Return the work of a file: its stem up to a ``-``, which tiles of a work share."""
    return Path(name).stem.split("-")[0]


def held_out(work: str) -> bool:
    """Whether a work is held out from training; depends only on its name, so it never changes."""
    digest = hashlib.sha256(os.fsencode(work)).digest()
    return int.from_bytes(digest[:4], "big") / 2**32 < HELD_OUT_SHARE


def too_few(works: int, *, held_out: bool) -> str:
    """Return the sentence for pictures of ``works`` of which all, or none, would be held out."""
    which = "all" if held_out else "none"
    return (
        f"The training folders hold too few works ({works}): {which} of them would be held out for the "
        "evaluation, which depends on their names; add more works (about one in seven is held out)."
    )


def load_works(sources: Sequence[Path], progress: Progress | None = None) -> tuple[Works, Works]:
    """Read every picture of ``sources``; return the training and the held-out works.

    Raises :class:`InputError` if a source is missing, a picture can't be decoded, or there are too few.
    """
    kept: tuple[list[Image8], list[str]] = ([], [])
    unseen: tuple[list[Image8], list[str]] = ([], [])
    for name, data in (pair for source in sources for pair in _files(source)):
        if progress is not None:
            progress.check()
        picture = _decoded(name, data, cv2.IMREAD_COLOR_RGB)
        pictures, works = unseen if held_out(work_of(name)) else kept
        pictures.append(picture)
        works.append(work_of(name))
    if not kept[0] or not unseen[0]:
        raise InputError(too_few(len({*kept[1], *unseen[1]}), held_out=bool(unseen[0])))
    return Works(tuple(kept[0]), tuple(kept[1])), Works(tuple(unseen[0]), tuple(unseen[1]))


def _decoded(name: str, data: bytes, flags: int) -> Image8:
    """Decode the picture in ``data``; raises :class:`InputError`."""
    _checked_size(name, io.BytesIO(data))
    try:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except Exception as error:  # decoders raise arbitrary errors for damaged data
        raise InputError(_undecodable(name)) from error
    if picture is None:
        raise InputError(_undecodable(name))
    return np.asarray(picture, np.uint8)


def _checked_size(name: str, file: Path | io.BytesIO) -> tuple[int, int]:
    """Return the size of a picture; raises :class:`InputError` for damaged headers and too many pixels."""
    try:
        with warnings.catch_warnings(), Image.open(file) as header:
            warnings.simplefilter("ignore")
            width, height = header.size
    except PermissionError as error:
        raise InputError(_unreadable(name, error)) from error
    except Exception as error:  # decoders raise arbitrary errors for damaged data
        raise InputError(_undecodable(name)) from error
    if width * height > LARGEST_PICTURE:
        raise InputError(
            f"The training picture {name} has {width} × {height} pixels, more than"
            f" {LARGEST_PICTURE / 1e6:,.0f} megapixels: cut it into tiles."
        )
    return width, height


def _undecodable(name: str) -> str:
    return f"The training picture {name} is damaged or of an unknown format: remove or replace it."


def _unreadable(name: object, error: OSError) -> str:
    reason = (error.strerror or str(error)).lower()
    return f"The training picture {name} can't be read: {reason}."


def _files(source: Path) -> Iterator[tuple[str, bytes]]:
    """Yield a picture, or those of a folder or tar, by name; raises :class:`InputError`."""
    if source.is_dir():
        for path in _picture_paths(source):
            yield path.relative_to(source).as_posix(), _read(path)
    elif _is_picture(source):
        yield source.name, _read(source)
    elif source.is_file() and _is_tar(source):
        try:
            yield from _members(source)
        except (tarfile.TarError, OSError, EOFError, zlib.error, lzma.LZMAError, ValueError) as error:
            raise InputError(f"{source.name} is cut short or damaged: get an intact copy of it.") from error
    else:
        raise InputError(f"{source} is neither a picture nor a folder or tar of pictures.")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(_unreadable(path, error)) from error


def _is_picture(source: Path) -> bool:
    return source.suffix.lower() in SUFFIXES and source.is_file()


def _picture_paths(folder: Path) -> Iterator[Path]:
    """Yield the picture files below ``folder`` in the order of their names; raises :class:`InputError`."""

    def refuse(error: OSError) -> None:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"The folder {error.filename} can't be read: {reason}.") from error

    found = (Path(place, name) for place, _, names in os.walk(folder, onerror=refuse) for name in names)
    for path in sorted(path for path in found if path.suffix.lower() in SUFFIXES):
        check_regular_file(path)
        if path.is_file():
            yield path


def _is_tar(source: Path) -> bool:
    """Whether ``source`` is a tar, possibly a damaged one."""
    with source.open("rb") as file:
        if file.read(TAR_HEAD)[-len(TAR_MAGIC) :] == TAR_MAGIC:
            return True
    try:
        return tarfile.is_tarfile(source)
    except (OSError, EOFError, zlib.error, lzma.LZMAError, ValueError):
        return False


def _members(source: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the pictures of a tar, which may contain only files and folders inside its own tree."""
    with tarfile.open(source, errorlevel=2) as archive:
        for member in archive:
            inside = not member.name.startswith(("/", "\\")) and ".." not in Path(member.name).parts
            if not inside or not (member.isreg() or member.isdir()):
                what = "a link or a device" if inside else "a path outside of it"
                raise InputError(f"{source.name} contains {what} ({member.name}): pack plain files only.")
            if member.isreg() and Path(member.name).suffix.lower() in SUFFIXES:
                yield member.name, _stored(archive, member)
        _check_end(source, archive)


def _stored(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    stored = archive.extractfile(member)
    data = stored.read() if stored is not None and member.size <= LARGEST_FILE else b""
    if len(data) != member.size:
        raise tarfile.ReadError("a member that is cut short or too large")
    return data


def _check_end(source: Path, archive: tarfile.TarFile) -> None:
    """Raise ``tarfile.ReadError`` unless the tar ends with a block of zeros, as complete ones do."""
    assert archive.fileobj is not None
    archive.fileobj.seek(archive.offset)
    if archive.fileobj.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
        raise tarfile.ReadError("no end")


def load_maps(source: Path) -> tuple[Image8, ...]:
    """Read craquelure maps (h, w) uint8, white where cracked, from a folder or tar."""
    maps = tuple(_decoded(name, data, cv2.IMREAD_GRAYSCALE) for name, data in _files(source))
    if not maps:
        raise InputError(f"{source} contains no craquelure map: name a folder or tar of maps.")
    return maps


def random_crop(picture: Image8, side: int, rng: np.random.Generator) -> Image8:
    """Cut a ``side`` square at a random position, scale (0.7–1.4 if possible) and mirroring."""
    shorter = min(picture.shape[:2])
    scaled_side = round(side * float(np.exp(rng.uniform(np.log(0.7), np.log(1.4)))))
    cut = min(scaled_side, shorter)
    y = int(rng.integers(picture.shape[0] - cut + 1))
    x = int(rng.integers(picture.shape[1] - cut + 1))
    crop = picture[y : y + cut, x : x + cut]
    if cut != side:
        interpolation = cv2.INTER_AREA if cut > side else cv2.INTER_CUBIC
        crop = np.asarray(cv2.resize(crop, (side, side), interpolation=interpolation), np.uint8)
    return np.ascontiguousarray(crop[:, ::-1] if rng.random() < 0.5 else crop)


def vary_colour(crop: Image8, rng: np.random.Generator) -> NDArray[np.float32]:
    """Apply mild random gain and gamma per channel, like varnish and scanners; float32 in 0…1."""
    gamma = np.exp(rng.normal(0.0, 0.12)) * np.exp(rng.normal(0.0, 0.04, 3))
    gain = np.exp(rng.normal(0.0, 0.04, 3))
    levels = np.arange(256, dtype=np.float32)[:, None] / 255.0
    table = np.clip(gain * levels**gamma, 0.0, 1.0).astype(np.float32)
    return table[crop, np.arange(3)]
