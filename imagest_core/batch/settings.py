"""What all jobs of a batch share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from imagest_core.batch import MASK_SUFFIX
from imagest_core.damage.detection.recipe import Recipe
from imagest_core.restoration.request import RestorationRequest
from imagest_core.serialization import from_plain, to_plain
from imagest_core.style.reference import StyleReference


@dataclass(frozen=True)
class BatchSettings:
    """The request and the options of a batch.

    ``recipe``: derives the masks of scans without one. ``rim``: by how many pixels a mask may grow over its
    rim; a derived one grows by the recipe's rim if this is 0. ``max_pixels``: the largest picture to open,
    None for the default.
    """

    request: RestorationRequest = field(default_factory=RestorationRequest)
    mask_suffix: str = MASK_SUFFIX
    recipe: Recipe | None = None
    style: StyleReference | None = None
    rim: int = 0
    operator: str = ""
    page: int = 0
    assume_srgb: bool = False
    max_pixels: int | None = None

    def plain(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {name: to_plain(getattr(self, name)) for name in self.__dataclass_fields__}

    @classmethod
    def of_plain(cls, stored: Any) -> BatchSettings:
        """Return the settings that :meth:`plain` wrote; raises ``TypeError`` or ``ValueError``."""
        settings: BatchSettings = from_plain(cls, stored)
        return settings
