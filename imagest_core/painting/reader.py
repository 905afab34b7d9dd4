"""Read any region of a painting's scan, at any reduced level, from a file of any size."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Self

import numpy as np

from imagest_core.arrays import Image
from imagest_core.cached import cached_property
from imagest_core.errors import PaintingError, ProfileError
from imagest_core.messages import Message
from imagest_core.painting.color.working import ColourSpace, assumed_space, colour_space
from imagest_core.painting.formats import open_source
from imagest_core.painting.formats.base import ImageSource, Limits, Samples
from imagest_core.painting.geometry import Box
from imagest_core.painting.orientation import Orientation
from imagest_core.painting.reduce import area_mean
from imagest_core.painting.resolution import Resolution
from imagest_core.painting.stamp import FileStamp, file_sha256

__all__ = ["Limits", "Painting", "open_painting"]

_SMALLEST_LEVEL = 256
_STRIPE_SAMPLES = 12_000_000


def open_painting(
    path: Path | str, *, page: int = 0, limits: Limits | None = None, assume_srgb: bool = False
) -> Painting:
    """Open a scan without decoding it.

    Parameters
    ----------
    page
        Page of the file, counted from 0.
    limits
        Images that exceed the limits are refused according to their declared size.
    assume_srgb
        Assume sRGB if the colour profile can't be used.

    Raises
    ------
    PaintingError
        The file can't be opened as a painting.
    ProfileError
        The colour profile can't be used, and ``assume_srgb`` is false.
    """
    path = Path(path)
    stamp = stamp_of(path)
    source = open_source(path, page, limits or Limits())
    try:
        return Painting(path, source, stamp, assume_srgb=assume_srgb)
    except BaseException:
        source.close()
        raise


class Painting:
    """An open scan; all coordinates are as displayed, after applying the file's orientation.

    Any thread may read.

    Attributes
    ----------
    width, height
        Size in pixels.
    channels
        Number of channels, including alpha and other extra samples.
    extra_samples
        TIFF kinds of the extra samples.
    depth
        Bits per sample, 8 or 16.
    white_is_zero
        Grey samples count from white. Samples are always returned as the file has them.
    assume_srgb
        Whether the user allows sRGB in place of an unusable profile.
    srgb_assumed
        Whether sRGB is used in place of the profile.
    resolution
        Resolution along x and y as displayed.
    notes
        Sentences that the user should see.
    """

    def __init__(
        self, path: Path, source: ImageSource, stamp: FileStamp | None = None, *, assume_srgb: bool = False
    ) -> None:
        facts = source.facts
        self._source = source
        self._orientation = Orientation.of(facts.orientation)
        self.path, self.format = path, facts.format
        self.width, self.height = self._orientation.size(facts.width, facts.height)
        self.channels, self.depth = facts.channels, facts.depth
        self.extra_samples, self.alpha_channel = facts.extras, facts.alpha
        self.grey, self.alpha = facts.channels - len(facts.extras) < 3, facts.alpha is not None
        self.dtype: np.dtype[Any] = np.dtype(f"u{facts.depth // 8}")
        self.compression, self.lossy = facts.compression, facts.lossy
        self.stores_samples, self.white_is_zero = facts.stores_samples, facts.white_is_zero
        self.page, self.pages = facts.page, facts.pages
        self.profile, self.metadata = facts.profile, facts.metadata
        self.resolution = _as_displayed(facts.resolution, self._orientation)
        self.assume_srgb = assume_srgb
        self._space, note, self.srgb_assumed = _chosen_space(path, facts.profile, self.grey, assume_srgb)
        self.notes: tuple[str, ...] = (*facts.notes, note) if note else facts.notes
        self._stamp = stamp or stamp_of(path)
        self._sha256: str | None = None
        self._hashing = Lock()

    @property
    def box(self) -> Box:
        """The whole image."""
        return Box(0, 0, self.width, self.height)

    @property
    def orientation(self) -> int:
        """The file's orientation, 1–8 (TIFF tag 274)."""
        return self._orientation.code

    @property
    def profile_name(self) -> str:
        """The name of the colour space in use."""
        return self._space.name

    @property
    def colour_space(self) -> ColourSpace:
        """The colour space of the samples."""
        return self._space

    @cached_property
    def levels(self) -> int:
        """The number of useful levels: the last one is about 256 pixels in size."""
        longest, levels = max(self.width, self.height), 1
        while longest > _SMALLEST_LEVEL:
            longest, levels = -(-longest // 2), levels + 1
        return levels

    def read(self, box: Box | None = None, level: int = 0) -> Samples:
        """Read samples (h, w, channels) of ``box`` in the file's own type.

        Parameters
        ----------
        box
            Box in native pixels inside the image; by default the whole image.
        level
            Level n returns ``ceil(size / 2**n)`` pixels; each is the mean of a square of 2**n pixels, counted
            from the box's corner.

        Raises
        ------
        PaintingError
            The file is damaged.
        """
        box = self.box if box is None else box
        if box.empty or not self.box.contains(box):
            raise ValueError(f"{box} does not lie inside {self.box}")
        if level == 0:
            return self._displayed(self._source, box, self.width, self.height)
        return (
            self._stored_reduction(box, level)
            if self._has_reduction(box, level)
            else self._reduce(box, level)
        )

    def read_working(self, box: Box | None = None, level: int = 0) -> Image:
        """Read ``box`` as working colour: (h, w, 3) float32, unbounded sRGB, nominally 0–1."""
        return self.to_working(self.read(box, level))

    def to_working(self, samples: Samples) -> Image:
        """Convert samples (h, w, channels) of this file to working colour (h, w, 3)."""
        return self._space.to_working(self._as_floats(samples[..., : 1 if self.grey else 3]))

    def to_source(self, rgb: Image, under: Samples) -> Samples:
        """Convert working colour (h, w, 3) to samples in the file's profile, depth and channels.

        ``under``: the current samples (h, w, channels); their alpha and extra channels are kept.
        """
        floats = self._space.from_working(rgb)
        floats = 1 - floats if self.white_is_zero else floats
        largest = np.iinfo(self.dtype).max
        out = under.astype(self.dtype)
        out[..., : floats.shape[2]] = np.rint(np.clip(floats, 0, 1) * np.float64(largest))
        return out

    def sha256(self, check: Callable[[], None] | None = None) -> str:
        """Return the SHA-256 of the file's bytes when it was opened, in hexadecimal; computed once.

        Any thread may call this; others wait. ``check`` is called between blocks and may raise to stop.
        Raises ``PaintingError`` if the file has changed since it was opened, or can't be read any more.
        """
        with self._hashing:
            if self._sha256 is None:
                self.check_stamp()
                digest, before = self._hashed(check)
                if self._stamp is None or before.facts != self._stamp.facts:
                    raise self._changed()
                self._sha256 = digest
            return self._sha256

    def check_stamp(self) -> None:
        """Raise ``PaintingError`` if the file is missing or, not having been hashed yet, has a new stamp."""
        now = stamp_of(self.path)
        if now is None or (self._sha256 is None and self._stamp and now.facts != self._stamp.facts):
            raise self._changed()

    def check_unchanged(self, expected: str = "") -> None:
        """Check that the file is as it was when opened, or has the SHA-256 ``expected``.

        Only compares the file's times if these can be trusted (:mod:`imagest_core.painting.stamp`); otherwise
        hashes the file. Raises ``PaintingError`` if the file has changed or is missing.
        """
        known = expected or self.sha256()
        try:
            if self._sha256 == known and self._stamp is not None and self._stamp.matches(self.path):
                return
        except OSError as error:
            raise self._changed() from error
        digest, before = self._hashed()
        if digest != known:
            raise self._changed()
        self._sha256, self._stamp = digest, before

    def _hashed(self, check: Callable[[], None] | None = None) -> tuple[str, FileStamp]:
        """Return the file's current hash and stamp; the file did not change while it was hashed."""
        try:
            before = FileStamp.of(self.path)
            digest = file_sha256(self.path, check)
            after = FileStamp.of(self.path)
        except OSError as error:
            raise self._changed() from error
        if before.facts != after.facts:
            raise self._changed()
        return digest, before

    def _changed(self) -> PaintingError:
        return PaintingError(
            Message("{path} has changed since it was opened: open it again.", path=self.path.name)
        )

    def info(self) -> dict[str, Any]:
        """Return the properties as plain values, for one line of JSON."""
        resolution = self.resolution
        return {
            "path": str(self.path),
            "format": self.format,
            "width": self.width,
            "height": self.height,
            "channels": self.channels,
            "depth": self.depth,
            "grey": self.grey,
            "alpha": self.alpha,
            "profile": self.profile_name if self.profile else None,
            "srgb_assumed": self.srgb_assumed,
            "px_per_mm": [resolution.px_per_mm_x, resolution.px_per_mm_y] if resolution else None,
            "resolution_source": resolution.source if resolution else None,
            "orientation": self.orientation,
            "page": self.page,
            "pages": self.pages,
            "compression": self.compression,
            "lossy": self.lossy,
            "bytes": self.path.stat().st_size,
            "notes": list(self.notes),
        }

    def close(self) -> None:
        """Close the file; nothing can be read afterwards."""
        self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _displayed(self, source: Any, box: Box, width: int, height: int) -> Samples:
        stored = source.read(self._orientation.stored_box(box, width, height))
        return np.ascontiguousarray(self._orientation.display(stored))

    def _as_floats(self, samples: Samples) -> Image:
        floats = samples.astype(np.float32) / np.float32(np.iinfo(self.dtype).max)
        return 1 - floats if self.white_is_zero else floats

    def _has_reduction(self, box: Box, level: int) -> bool:
        """Return whether the file contains this level, and the box is aligned to its pixels."""
        scale = 1 << level
        ends = (box.right % scale == 0 or box.right == self.width) and (
            box.bottom % scale == 0 or box.bottom == self.height
        )
        return level in self._source.reduced and box.x % scale == 0 and box.y % scale == 0 and ends

    def _stored_reduction(self, box: Box, level: int) -> Samples:
        def down(value: int) -> int:
            return -(-value // (1 << level))

        reduced = Box.spanning(down(box.x), down(box.y), down(box.right), down(box.bottom))
        return self._displayed(self._source.reduced[level], reduced, down(self.width), down(self.height))

    def _reduce(self, box: Box, level: int) -> Samples:
        """Compute area means, one stripe of stored rows at a time."""
        scale = 1 << level
        out = np.empty((-(-box.height // scale), -(-box.width // scale), self.channels), self.dtype)
        across = box.height if self._orientation.swaps else box.width
        step = max(_STRIPE_SAMPLES // (across * self.channels) // scale, 1)
        length = out.shape[1] if self._orientation.swaps else out.shape[0]
        for start in range(0, length, step):
            x, y = (start, 0) if self._orientation.swaps else (0, start)
            size = (step, out.shape[0]) if self._orientation.swaps else (out.shape[1], step)
            target = Box(x, y, *size).within(Box(0, 0, out.shape[1], out.shape[0]))
            native = (
                Box(x * scale, y * scale, size[0] * scale, size[1] * scale).moved(box.x, box.y).within(box)
            )
            out[target.slices] = area_mean(self.read(native), scale)
        return out


def stamp_of(path: Path) -> FileStamp | None:
    """Return the stamp of a file, or None if it can't be read."""
    try:
        return FileStamp.of(path)
    except (OSError, ValueError):
        return None


def _chosen_space(
    path: Path, profile: bytes | None, grey: bool, assume_srgb: bool
) -> tuple[ColourSpace, str, bool]:
    """Return the colour space, a note about it, and whether it is sRGB in place of an unusable profile."""
    try:
        return (*colour_space(profile, grey), False)
    except ProfileError as error:
        if assume_srgb:
            note = Message("The file's colour profile {reason}: sRGB is assumed instead.", reason=error)
            return assumed_space(grey), note, True
        raise ProfileError(
            Message(
                "{path} has a colour profile that {reason}: assign the right one in another program, "
                "or let sRGB be assumed (--assume-srgb).",
                path=path.name,
                reason=error,
            )
        ) from error


def _as_displayed(resolution: Resolution | None, orientation: Orientation) -> Resolution | None:
    return resolution.swapped if resolution and orientation.swaps else resolution
