"""Formats that can only be decoded as a whole: PNG, JPEG, WebP and JPEG 2000."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock

import numpy as np

from imagest_core.errors import PaintingError
from imagest_core.messages import Message
from imagest_core.painting.formats.base import Facts, Limits, RegionReader, Samples, check_size, decoding
from imagest_core.painting.geometry import Box


class WholeSource:
    """An image that is decoded on first access and kept in memory."""

    def __init__(self, path: Path, facts: Facts, decode: Callable[[bytes], Samples], limits: Limits) -> None:
        check_size(path.name, facts.width, facts.height, limits)
        if facts.nbytes > limits.at_once:
            raise PaintingError(
                Message(
                    "{path} decodes to {nbytes} GB, and {format} can only be decoded as a whole: save it "
                    "as a tiled TIFF.",
                    path=path.name,
                    nbytes=f"{facts.nbytes / 1000000000.0:.1f}",
                    format=facts.format,
                )
            )
        self._path, self._facts, self._decode = path, facts, decode
        self._samples: Samples | None = None
        self._lock = Lock()

    @property
    def facts(self) -> Facts:
        """The properties from the header."""
        return self._facts

    @property
    def reduced(self) -> Mapping[int, RegionReader]:
        """Empty, as these files contain one size."""
        return {}

    def read(self, box: Box) -> Samples:
        """Read samples (height, width, channels) of a stored box; decodes everything on the first call."""
        with self._lock:
            if self._samples is None:
                self._samples = self._decoded()
        return self._samples[box.slices].copy()

    def close(self) -> None:
        """Release the decoded samples."""
        with self._lock:
            self._samples = None

    def _decoded(self) -> Samples:
        facts = self._facts
        with decoding(self._path):
            samples = self._decode(self._path.read_bytes())
        samples = samples[..., np.newaxis] if samples.ndim == 2 else samples
        declared = facts.height, facts.width, facts.channels
        if samples.shape != declared or samples.dtype != np.dtype(f"u{facts.depth // 8}"):
            raise PaintingError(
                Message(
                    "{path} is damaged (its picture doesn't match its header): get an intact copy of it.",
                    path=self._path.name,
                )
            )
        samples.flags.writeable = False
        return samples
