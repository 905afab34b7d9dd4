"""A quick look at the cracks in one part, at any reduction, with what was learnt before."""

from __future__ import annotations

from dataclasses import dataclass, field

from imagest_core.arrays import Image, Mask
from imagest_core.damage.detection.cracks import (
    CrackParameters,
    Models,
    Polarity,
    learn_cracks,
    preview_cracks,
)
from imagest_core.damage.detection.detect import learn_cracks_of
from imagest_core.painting.reader import Painting

Key = tuple[int, Polarity, int]
"""Level, polarity, widest."""


@dataclass(frozen=True, eq=False)
class CrackPreview:
    """What cracks look like in a painting, learnt when it is first asked for; any thread may ask."""

    painting: Painting
    _models: dict[Key, Models] = field(default_factory=dict)

    def marked(self, rgb: Image, how: CrackParameters, level: int = 0, *, exact: bool = True) -> Mask:
        """(h, w) bool: what ``how``, in px of the scan, would mark of ``rgb`` (h, w, 3) at ``level``.

        Where it need not be ``exact``, what was learnt for another width will do.
        """
        models = self._models.get((level, how.polarity, how.widest))
        if models is None and not exact:
            models = self._for_another_width(level, how)
        if models is None:
            models = self._learned(rgb, how, level)
        return preview_cracks(rgb, how.reduced(level), models)

    def knows(self, how: CrackParameters, level: int) -> bool:
        """Whether :meth:`marked` is exact at once."""
        return (level, how.polarity, how.widest) in self._models

    def _for_another_width(self, level: int, how: CrackParameters) -> Models | None:
        alike = (found for key, found in list(self._models.items()) if key[:2] == (level, how.polarity))
        return next(alike, None)

    def _learned(self, rgb: Image, how: CrackParameters, level: int) -> Models:
        """From samples of the whole painting at native scale, else from the part that is looked at."""
        models = learn_cracks([rgb], how.reduced(level)) if level else learn_cracks_of(self.painting, how)
        self._models[level, how.polarity, how.widest] = models
        return models
