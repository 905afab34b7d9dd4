"""The ways to derive a mask: their parameters as data, a quick look at a part, and the whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from app.i18n.noop import QT_TRANSLATE_NOOP
from imagest_core.arrays import Mask
from imagest_core.damage.map import DamageMap
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting
from imagest_core.progress import Progress

Seen = NDArray[Any]
Values = Mapping[str, float]
AUTO = -1.0
"""A value the program chooses by itself."""


@dataclass(frozen=True)
class Parameter:
    """A number the user turns; ``low`` means automatic where ``auto``."""

    name: str
    text: str
    low: float
    high: float
    value: float
    unit: str = "px"
    step: float = 1
    tip: str = ""
    auto: bool = False


class MaskDetector(Protocol):
    """One way. ``prepare`` learns once what previews need, ``see`` reads what they look at in a part,
    reduced by 2**level: (h, w, c), which may be reduced further; ``look`` must be quick.

    Where a look need not be ``exact`` it may use what it has; ``settled`` tells whether it is anyway.
    """

    parameters: tuple[Parameter, ...]
    title: str
    about: str

    def prepare(self, painting: Painting, values: Values, progress: Progress) -> Any: ...

    def read(self, painting: Painting, box: Box, level: int, learned: Any) -> Seen: ...

    def preview(self, seen: Seen, level: int, learned: Any, values: Values, *, exact: bool) -> Mask: ...

    def settled(self, level: int, learned: Any, values: Values) -> bool: ...

    def derive(self, painting: Painting, learned: Any, values: Values, progress: Progress) -> DamageMap: ...


CLOSING = Parameter(
    "closing",
    QT_TRANSLATE_NOOP("Derivers", "Closing"),
    0,
    10,
    1,
    tip=QT_TRANSLATE_NOOP("Derivers", "Bridges gaps up to about twice this radius"),
)
SMALLEST = Parameter(
    "min_area",
    QT_TRANSLATE_NOOP("Derivers", "Smallest area"),
    0,
    400,
    8,
    "px²",
    tip=QT_TRANSLATE_NOOP("Derivers", "Smaller spots are not damage"),
)
DILATE = Parameter(
    "dilate",
    QT_TRANSLATE_NOOP("Derivers", "Dilation"),
    0,
    5,
    1,
    tip=QT_TRANSLATE_NOOP("Derivers", "Grows the mask over its uncertain rim"),
)
OPENING = Parameter(
    "opening",
    QT_TRANSLATE_NOOP("Derivers", "Opening"),
    AUTO,
    5,
    AUTO,
    tip=QT_TRANSLATE_NOOP("Derivers", "Radius that damage must hold somewhere to stay"),
    auto=True,
)


def core_values(values: Values, whole: tuple[str, ...]) -> dict[str, Any]:
    """Values as the core takes them: whole numbers where it wants them, None for automatic."""
    made: dict[str, Any] = {}
    for name, value in values.items():
        automatic = value == AUTO
        made[name] = None if automatic else int(value) if name in whole else value
    return made


WHOLE = ("opening", "closing", "min_area", "dilate", "widest", "shortest")


class Cracks:
    """Thin ridges, darker or lighter than the paint."""

    title = QT_TRANSLATE_NOOP("Derivers", "Cracks")
    about = QT_TRANSLATE_NOOP(
        "Derivers", "Thin lines darker than the paint, in the tone that cracks have here."
    )
    parameters: tuple[Parameter, ...] = (
        Parameter(
            "sensitivity",
            QT_TRANSLATE_NOOP("Derivers", "Strictness"),
            0.05,
            1.0,
            0.25,
            "",
            0.05,
            QT_TRANSLATE_NOOP("Derivers", "Lower follows cracks further into faint parts"),
        ),
        Parameter(
            "widest",
            QT_TRANSLATE_NOOP("Derivers", "Widest"),
            1,
            60,
            9,
            tip=QT_TRANSLATE_NOOP("Derivers", "No crack is wider"),
        ),
        Parameter(
            "shortest",
            QT_TRANSLATE_NOOP("Derivers", "Shortest"),
            0,
            100,
            8,
            tip=QT_TRANSLATE_NOOP("Derivers", "Shorter lines are no cracks"),
        ),
        Parameter("closing", CLOSING.text, 0, 10, 0, tip=CLOSING.tip),
        DILATE,
    )

    def __init__(self, polarity: str = "dark") -> None:
        self.polarity = polarity

    def _how(self, values: Values) -> Any:
        from imagest_core.damage.detection.cracks import CrackParameters, Polarity

        return CrackParameters(polarity=Polarity(self.polarity), **core_values(values, WHOLE))

    def prepare(self, painting: Painting, values: Values, progress: Progress) -> Any:
        from imagest_core.damage.detection.crack_preview import CrackPreview

        return CrackPreview(painting)

    def read(self, painting: Painting, box: Box, level: int, learned: Any) -> Seen:
        return painting.read_working(box, level)

    def preview(self, seen: Seen, level: int, learned: Any, values: Values, *, exact: bool) -> Mask:
        return learned.preview_mask(seen, self._how(values), level, exact=exact)

    def settled(self, level: int, learned: Any, values: Values) -> bool:
        return bool(learned.is_learned(self._how(values), level))

    def derive(self, painting: Painting, learned: Any, values: Values, progress: Progress) -> DamageMap:
        from imagest_core.damage.detection.detect import detect_cracks

        return detect_cracks(painting, self._how(values), progress)


class Losses:
    """Where the bare ground shows; ``ground``: its colour, sRGB 0–1, None to find it."""

    title = QT_TRANSLATE_NOOP("Derivers", "Losses")
    about = QT_TRANSLATE_NOOP(
        "Derivers", "Where the bare ground shows. Pick its colour, or let the program find it."
    )
    parameters: tuple[Parameter, ...] = (
        Parameter(
            "tolerance",
            QT_TRANSLATE_NOOP("Derivers", "Tolerance"),
            0.5,
            30,
            4,
            "ΔE",
            0.5,
            QT_TRANSLATE_NOOP("Derivers", "How far colours may differ from the ground"),
        ),
        OPENING,
        CLOSING,
        SMALLEST,
        DILATE,
    )

    def __init__(self, ground: tuple[float, float, float] | None = None) -> None:
        self.ground = ground

    def _how(self, values: Values, ground: Any) -> Any:
        from imagest_core.damage.detection.losses import LossParameters

        return LossParameters(ground=ground, **core_values(values, WHOLE))

    def prepare(self, painting: Painting, values: Values, progress: Progress) -> Any:
        from imagest_core.damage.detection.detect import find_ground_in
        from imagest_core.errors import MaskError

        found = self.ground or find_ground_in(painting, self._how(values, None), progress)
        if found is None:
            raise MaskError("No bare ground was found in the painting: pick its colour.")
        return found

    def read(self, painting: Painting, box: Box, level: int, learned: Any) -> Seen:
        return painting.read_working(box, level)

    def preview(self, seen: Seen, level: int, learned: Any, values: Values, *, exact: bool) -> Mask:
        from imagest_core.damage.detection.losses import preview_losses

        return preview_losses(seen, self._how(values, learned).reduced(level))

    def settled(self, level: int, learned: Any, values: Values) -> bool:
        return True

    def derive(self, painting: Painting, learned: Any, values: Values, progress: Progress) -> DamageMap:
        from imagest_core.damage.detection.detect import detect_losses

        return detect_losses(painting, self._how(values, learned), progress)


class Difference:
    """Where the scan differs from a clean picture of the work, registered first."""

    title = QT_TRANSLATE_NOOP("Derivers", "Difference")
    about = QT_TRANSLATE_NOOP("Derivers", "Where the scan differs from a clean picture of the same work.")
    parameters: tuple[Parameter, ...] = (
        Parameter(
            "cut",
            QT_TRANSLATE_NOOP("Derivers", "Threshold"),
            0,
            0.5,
            0,
            "",
            0.01,
            QT_TRANSLATE_NOOP("Derivers", "Difference from which on a pixel is damaged"),
            auto=True,
        ),
        OPENING,
        CLOSING,
        SMALLEST,
        DILATE,
    )

    def __init__(self, clean: Painting) -> None:
        self.clean = clean

    def _how(self, values: Values) -> Any:
        from imagest_core.damage.detection.derive import DifferenceParameters

        given = {name: AUTO if name == "cut" and not value else value for name, value in values.items()}
        return DifferenceParameters(**core_values(given, WHOLE))

    def prepare(self, painting: Painting, values: Values, progress: Progress) -> Any:
        from imagest_core.damage.detection.difference_preview import DifferencePreview

        return DifferencePreview.of(self.clean, painting, progress)

    def read(self, painting: Painting, box: Box, level: int, learned: Any) -> Seen:
        return learned.codes(box, level)[..., np.newaxis]

    def preview(self, seen: Seen, level: int, learned: Any, values: Values, *, exact: bool) -> Mask:
        return learned.preview_mask(seen[..., 0], self._how(values), level)

    def settled(self, level: int, learned: Any, values: Values) -> bool:
        return True

    def derive(self, painting: Painting, learned: Any, values: Values, progress: Progress) -> DamageMap:
        from imagest_core.damage.detection.derive import derive_damage

        return derive_damage(self.clean, painting, self._how(values), progress).damage


METHODS: dict[str, Callable[..., MaskDetector]] = {
    "difference": Difference,
    "cracks": Cracks,
    "losses": Losses,
}
