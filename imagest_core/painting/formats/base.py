"""Interface of all file formats: facts from the header, and samples of a box."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from numpy.typing import NDArray

from imagest_core.errors import PaintingError
from imagest_core.messages import Message
from imagest_core.painting.geometry import Box
from imagest_core.painting.metadata.model import Metadata
from imagest_core.painting.resolution import Resolution

Samples = NDArray[Any]

UNPREMULTIPLIED = 2
ALPHA = frozenset({1, UNPREMULTIPLIED})
"""Values of TIFF ExtraSamples that mean alpha."""


_pixels = MOST_PIXELS = 2_000_000_000
"""Largest number of pixels of an image, unless :func:`pixels_allowed` changes it."""


def pixel_limit() -> int:
    """Return the largest number of pixels that an image may have."""
    return _pixels


@contextmanager
def pixels_allowed(pixels: int | None) -> Iterator[None]:
    """Allow images of up to ``pixels`` inside the context, in every thread; None changes nothing."""
    global _pixels
    before = _pixels
    _pixels = before if pixels is None else pixels
    try:
        yield
    finally:
        _pixels = before


@dataclass(frozen=True)
class Limits:
    """Limits on declared sizes, checked before anything is decoded.

    Attributes
    ----------
    pixels
        Largest number of pixels of the whole image.
    at_once
        Largest number of bytes of samples that must be decoded at once: a whole PNG or JPEG, one strip or
        tile of a TIFF.
    cache
        Size in bytes of the cache of decoded strips and tiles.
    """

    pixels: int = field(default_factory=lambda: pixel_limit())
    at_once: int = 1_600_000_000
    cache: int = 64 << 20


@dataclass(frozen=True)
class Facts:
    """Properties of an image from its header; sizes and resolution as stored, before orientation.

    Attributes
    ----------
    channels
        Number of samples per pixel: grey or RGB first, then one for each value of ``extra``.
    depth
        Bits of the samples that :meth:`ImageSource.read` returns, 8 or 16.
    stores_samples
        The returned samples are exactly those that a TIFF stores; false if they were expanded, or come from
        another format.
    extra
        TIFF ExtraSamples: 0 unspecified, 1 premultiplied alpha, 2 alpha.
    white_is_zero
        Grey samples count from white.
    """

    format: str
    width: int
    height: int
    channels: int
    depth: int
    compression: str
    lossy: bool
    stores_samples: bool = False
    extra: tuple[int, ...] | None = None
    white_is_zero: bool = False
    orientation: int = 1
    profile: bytes | None = None
    resolution: Resolution | None = None
    metadata: Metadata = field(default_factory=Metadata)
    page: int = 0
    pages: int = 1
    notes: tuple[str, ...] = ()

    @property
    def extras(self) -> tuple[int, ...]:
        """``extra``; if the format doesn't define it, one alpha channel for images of 2 or 4 channels."""
        if self.extra is not None:
            return self.extra
        return (UNPREMULTIPLIED,) if self.channels in (2, 4) else ()

    @property
    def alpha(self) -> int | None:
        """The index of the alpha channel, or None."""
        first = self.channels - len(self.extras)
        return next((first + i for i, kind in enumerate(self.extras) if kind in ALPHA), None)

    @property
    def nbytes(self) -> int:
        """The size of all decoded samples in bytes."""
        return self.width * self.height * self.channels * self.depth // 8


class RegionReader(Protocol):
    """Reads boxes of one image."""

    def read(self, box: Box) -> Samples:
        """Read samples (height, width, channels) of a stored box inside the image; thread-safe."""


class ImageSource(RegionReader, Protocol):
    """An open image file of any format."""

    @property
    def facts(self) -> Facts:
        """The properties from the header."""

    @property
    def reduced(self) -> Mapping[int, RegionReader]:
        """Reduced copies in the file: level n has ``ceil(size / 2**n)`` pixels."""

    def close(self) -> None:
        """Close the file."""


def counted_channels(count: int) -> Message:
    """Return the number of channels with the noun."""
    return Message("1 channel") if count == 1 else Message("{count} channels", count=count)


def check_size(name: str, width: int, height: int, limits: Limits) -> None:
    """Raise ``PaintingError`` for an image that is empty or larger than ``limits.pixels``."""
    if width < 1 or height < 1:
        raise PaintingError(
            Message(
                "{name} declares a size of {width} × {height} pixels: the file is damaged.",
                name=name,
                width=width,
                height=height,
            )
        )
    if width * height > limits.pixels:
        raise PaintingError(too_large_message(name, width, height, limits.pixels))


def too_large_message(name: str, width: int, height: int, limit: int) -> str:
    """Return the message for an image of more than ``limit`` pixels."""
    return Message(
        "{name} declares {width} × {height} pixels, over the limit of {limit} megapixels: "
        "cut it into parts, or raise the limit on the command line with --max-pixels.",
        name=name,
        width=width,
        height=height,
        limit=f"{limit / 1000000.0:,.6g}",
    )


@contextmanager
def decoding(path: Path) -> Iterator[None]:
    """Convert any exception that a decoder raises on bad data to a ``PaintingError``."""
    try:
        yield
    except PaintingError:
        raise
    except MemoryError as error:
        raise PaintingError(
            Message("{path} needs more memory than is available: save it as a tiled TIFF.", path=path.name)
        ) from error
    except Exception as error:
        raise PaintingError(
            Message(
                "{path} is damaged or cut short and can't be decoded: get an intact copy of it.",
                path=path.name,
            )
        ) from error
