"""What every file format gives: facts read from its header, and samples of a box."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from numpy.typing import NDArray

from imagest_core.errors import PaintingError
from imagest_core.painting.geometry import Box
from imagest_core.painting.metadata.model import Metadata
from imagest_core.painting.resolution import Resolution

Samples = NDArray[Any]

UNPREMULTIPLIED = 2
ALPHA = frozenset({1, UNPREMULTIPLIED})
"""Values of TIFF ExtraSamples that are opacity."""


_pixels = MOST_PIXELS = 2_000_000_000
"""The largest picture that is opened, unless :func:`pixels_allowed` says otherwise."""


def pixel_limit() -> int:
    """How many pixels a picture may have."""
    return _pixels


@contextmanager
def pixels_allowed(pixels: int | None) -> Iterator[None]:
    """While entered, pictures of up to ``pixels`` are opened, in every thread; None changes nothing."""
    global _pixels
    before = _pixels
    _pixels = before if pixels is None else pixels
    try:
        yield
    finally:
        _pixels = before


@dataclass(frozen=True)
class Limits:
    """What is refused by its declared size, before anything is decoded.

    ``pixels`` of the whole picture; ``at_once``: bytes of samples a format forces to be decoded in
    one go (the whole of a PNG or JPEG, one strip or tile of a TIFF); ``cache``: bytes of decoded
    strips and tiles kept.
    """

    pixels: int = field(default_factory=lambda: pixel_limit())
    at_once: int = 1_600_000_000
    cache: int = 64 << 20


@dataclass(frozen=True)
class Facts:
    """What a header says of a picture; sizes and resolution as stored, before orientation.

    ``channels`` counts all samples of a pixel: grey or RGB first, then one for each value of ``extra``
    (TIFF ExtraSamples: 0 unspecified, 1 premultiplied alpha, 2 alpha); ``depth`` is the bits of the
    samples :meth:`Source.read` gives, 8 or 16; ``white_is_zero``: grey samples count from white;
    ``own_samples``: the samples given are, bit by bit, those a TIFF stores (false where they were
    expanded or come from another format).
    """

    format: str
    width: int
    height: int
    channels: int
    depth: int
    compression: str
    lossy: bool
    own_samples: bool = False
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
        """``extra``, or where the format doesn't say, one alpha for pictures of 2 or 4 channels."""
        if self.extra is not None:
            return self.extra
        return (UNPREMULTIPLIED,) if self.channels in (2, 4) else ()

    @property
    def alpha(self) -> int | None:
        """The index of the channel that is opacity."""
        first = self.channels - len(self.extras)
        return next((first + i for i, kind in enumerate(self.extras) if kind in ALPHA), None)

    @property
    def nbytes(self) -> int:
        """Bytes of all samples, decoded."""
        return self.width * self.height * self.channels * self.depth // 8


class Reader(Protocol):
    """Samples of boxes of one picture."""

    def read(self, box: Box) -> Samples:
        """Samples (height, width, channels) of a stored box inside the picture; safe in any thread."""


class Source(Reader, Protocol):
    """An open file of some format."""

    @property
    def facts(self) -> Facts:
        """What the header says."""

    @property
    def reduced(self) -> Mapping[int, Reader]:
        """Reduced pictures the file itself holds: level n is ``ceil(size / 2**n)`` pixels."""

    def close(self) -> None:
        """Give the file back."""


def check_size(name: str, width: int, height: int, limits: Limits) -> None:
    """Raise ``PaintingError`` for a picture that is empty or larger than ``limits.pixels``."""
    if width < 1 or height < 1:
        raise PaintingError(f"{name} declares a size of {width} × {height} pixels: the file is damaged.")
    if width * height > limits.pixels:
        raise PaintingError(too_large(name, width, height, limits.pixels))


def too_large(name: str, width: int, height: int, limit: int) -> str:
    """The sentence for a picture of more than ``limit`` pixels."""
    return (
        f"{name} declares {width} × {height} pixels, over the limit of {limit / 1e6:,.6g} megapixels: cut it"
        " into parts, or raise the limit on the command line with --max-pixels."
    )


@contextmanager
def decoding(path: Path) -> Iterator[None]:
    """Turn whatever a decoder raises on bad data into one sentence."""
    try:
        yield
    except PaintingError:
        raise
    except MemoryError as error:
        raise PaintingError(
            f"{path.name} needs more memory than there is: save it as a tiled TIFF."
        ) from error
    except Exception as error:
        raise PaintingError(
            f"{path.name} is damaged or cut short and can't be decoded: get an intact copy of it."
        ) from error
