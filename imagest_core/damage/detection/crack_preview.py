"""Fast preview of the crack mask in a part of a painting, at any reduction."""

from __future__ import annotations

from dataclasses import dataclass, field

from imagest_core.arrays import Image, Mask
from imagest_core.damage.detection.cracks import (
    CrackModels,
    CrackParameters,
    Polarity,
    learn_cracks,
    preview_cracks,
)
from imagest_core.damage.detection.detect import learn_cracks_from
from imagest_core.painting.reader import Painting

Key = tuple[int, Polarity, int]
"""Level, polarity and widest crack."""


@dataclass(frozen=True, eq=False)
class CrackPreview:
    """Crack models of a painting, learned on first use; thread-safe."""

    painting: Painting
    _models: dict[Key, CrackModels] = field(default_factory=dict)

    def preview_mask(
        self, rgb: Image, parameters: CrackParameters, level: int = 0, *, exact: bool = True
    ) -> Mask:
        """Return (h, w) bool: the crack mask of ``rgb`` (h, w, 3) at ``level``.

        ``parameters`` are in px of the scan. Unless ``exact``, a model learned for another width may be used.
        """
        models = self._models.get((level, parameters.polarity, parameters.widest))
        if models is None and not exact:
            models = self._for_another_width(level, parameters)
        if models is None:
            models = self._learn(rgb, parameters, level)
        return preview_cracks(rgb, parameters.reduced(level), models)

    def is_learned(self, parameters: CrackParameters, level: int) -> bool:
        """Return whether :meth:`preview_mask` is exact without learning."""
        return (level, parameters.polarity, parameters.widest) in self._models

    def _for_another_width(self, level: int, parameters: CrackParameters) -> CrackModels | None:
        candidates = (
            models for key, models in list(self._models.items()) if key[:2] == (level, parameters.polarity)
        )
        return next(candidates, None)

    def _learn(self, rgb: Image, parameters: CrackParameters, level: int) -> CrackModels:
        """Learn from samples of the whole painting at native scale, else from the visible part."""
        models = (
            learn_cracks([rgb], parameters.reduced(level))
            if level
            else learn_cracks_from(self.painting, parameters)
        )
        self._models[level, parameters.polarity, parameters.widest] = models
        return models
