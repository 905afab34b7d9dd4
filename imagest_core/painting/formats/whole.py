"""Formats that can only be decoded as a whole: PNG, JPEG, WebP and JPEG 2000."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock

import numpy as np

from imagest_core.errors import PaintingError
from imagest_core.painting.formats.base import Facts, Limits, Reader, Samples, check_size, decoding
from imagest_core.painting.geometry import Box


class WholeSource:
    """A picture that is decoded once, when first read, and kept."""

    def __init__(self, path: Path, facts: Facts, decode: Callable[[bytes], Samples], limits: Limits) -> None:
        check_size(path.name, facts.width, facts.height, limits)
        if facts.nbytes > limits.at_once:
            raise PaintingError(
                f"{path.name} decodes to {facts.nbytes / 1e9:.1f} GB, and {facts.format} can only be decoded"
                " as a whole: save it as a tiled TIFF."
            )
        self._path, self._facts, self._decode = path, facts, decode
        self._samples: Samples | None = None
        self._lock = Lock()

    @property
    def facts(self) -> Facts:
        """What the header says."""
        return self._facts

    @property
    def reduced(self) -> Mapping[int, Reader]:
        """None: these files hold one size."""
        return {}

    def read(self, box: Box) -> Samples:
        """Samples (height, width, channels) of a stored box; decodes all at the first call."""
        with self._lock:
            if self._samples is None:
                self._samples = self._decoded()
        return self._samples[box.slices].copy()

    def close(self) -> None:
        """Let the decoded samples go."""
        with self._lock:
            self._samples = None

    def _decoded(self) -> Samples:
        facts = self._facts
        with decoding(self._path):
            samples = self._decode(self._path.read_bytes())
        samples = samples[..., np.newaxis] if samples.ndim == 2 else samples
        declared = facts.height, facts.width, facts.channels
        if samples.shape != declared or samples.dtype.itemsize * 8 != facts.depth:
            raise PaintingError(
                f"{self._path.name} holds another picture than its header declares: it is damaged."
            )
        samples.flags.writeable = False
        return samples
