"""A damage model as a project keeps it."""

from __future__ import annotations

import base64
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from imagest_core.damage.detection.trained_model import TrainedModel


@dataclass(frozen=True)
class StoredModel:
    """A damage model inside a project.

    Parameters
    ----------
    name
        Name of the file it was loaded from, "" if it was learned from the strokes of the project.
    sha256
        Hash of the content of its file.
    content
        The content of its file, compressed with zlib, as base64.
    """

    name: str
    sha256: str
    content: str

    @classmethod
    def of(cls, model: TrainedModel, name: str = "") -> StoredModel:
        """Return ``model`` as it is stored."""
        packed = zlib.compress(model.to_bytes(), 6)
        return cls(name, model.sha256, base64.b64encode(packed).decode("ascii"))

    def model(self) -> TrainedModel:
        """Return the model; raises ``ModelError`` if it is damaged."""
        from imagest_core.damage.detection.trained_model import unpack_model

        return unpack_model(self.content, self.sha256, self.name)
