"""Mask detectors: their parameters as data, previews of a part, and the mask of the whole scan."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from app.i18n.noop import QT_TRANSLATE_NOOP
from imagest_core.arrays import Mask
from imagest_core.damage.detection.registration import Alignment
from imagest_core.damage.map import DamageMap
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting
from imagest_core.progress import Progress

Samples = NDArray[Any]
Values = Mapping[str, float]
AUTO = -1.0
"""The value of a parameter that is chosen automatically."""


@dataclass(frozen=True)
class Parameter:
    """A numeric parameter with a slider; with ``auto``, the value ``low`` means automatic."""

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
    """A method to derive a mask.

    ``prepare`` computes once what previews need. ``read`` reads the input of previews in a part of the
    scan, reduced by 2**level: (h, w, c); it may be reduced further. ``preview`` must be fast: unless it has
    to be ``exact`` it may use cached values. ``settled`` returns whether such a preview is exact anyway.
    """

    parameters: tuple[Parameter, ...]
    title: str
    about: str

    def prepare(self, painting: Painting, values: Values, progress: Progress) -> Any: ...

    def read(self, painting: Painting, box: Box, level: int, prepared: Any) -> Samples: ...

    def preview(
        self, samples: Samples, level: int, prepared: Any, values: Values, *, exact: bool
    ) -> Mask: ...

    def settled(self, level: int, prepared: Any, values: Values) -> bool: ...

    def derive(self, painting: Painting, prepared: Any, values: Values, progress: Progress) -> DamageMap: ...


CLOSING = Parameter(
    "closing",
    QT_TRANSLATE_NOOP("MaskDetectors", "Closing"),
    0,
    10,
    1,
    tip=QT_TRANSLATE_NOOP("MaskDetectors", "Closes gaps up to about twice this radius"),
)
SMALLEST = Parameter(
    "min_area",
    QT_TRANSLATE_NOOP("MaskDetectors", "Min. area"),
    0,
    400,
    8,
    "px²",
    tip=QT_TRANSLATE_NOOP("MaskDetectors", "Removes regions smaller than this"),
)
DILATE = Parameter(
    "dilate",
    QT_TRANSLATE_NOOP("MaskDetectors", "Dilation"),
    0,
    5,
    1,
    tip=QT_TRANSLATE_NOOP("MaskDetectors", "Expands the mask by this much to cover uncertain edges"),
)
OPENING = Parameter(
    "opening",
    QT_TRANSLATE_NOOP("MaskDetectors", "Opening"),
    AUTO,
    5,
    AUTO,
    tip=QT_TRANSLATE_NOOP("MaskDetectors", "Removes damage narrower than about twice this radius"),
    auto=True,
)


INTEGERS = ("opening", "closing", "min_area", "dilate", "widest", "shortest")


def core_parameters(values: Values) -> dict[str, Any]:
    """Values as the core takes them: integers where needed, None for automatic."""
    result: dict[str, Any] = {}
    for name, value in values.items():
        automatic = value == AUTO
        result[name] = None if automatic else int(value) if name in INTEGERS else value
    return result


class CrackDetector:
    """Finds thin ridges that are darker or lighter than the paint."""

    title = QT_TRANSLATE_NOOP("MaskDetectors", "Cracks")
    about = QT_TRANSLATE_NOOP(
        "MaskDetectors", "Finds thin lines that are darker or lighter than the paint around them."
    )
    parameters: tuple[Parameter, ...] = (
        Parameter(
            "sensitivity",
            QT_TRANSLATE_NOOP("MaskDetectors", "Threshold"),
            0.05,
            1.0,
            0.25,
            "",
            0.05,
            QT_TRANSLATE_NOOP("MaskDetectors", "Lower values also detect the faint parts of cracks"),
        ),
        Parameter(
            "widest",
            QT_TRANSLATE_NOOP("MaskDetectors", "Max. width"),
            1,
            60,
            9,
            tip=QT_TRANSLATE_NOOP("MaskDetectors", "Ignores lines wider than this"),
        ),
        Parameter(
            "shortest",
            QT_TRANSLATE_NOOP("MaskDetectors", "Min. length"),
            0,
            100,
            8,
            tip=QT_TRANSLATE_NOOP("MaskDetectors", "Ignores lines shorter than this"),
        ),
        Parameter("closing", CLOSING.text, 0, 10, 0, tip=CLOSING.tip),
        DILATE,
    )

    def __init__(self, polarity: str = "dark") -> None:
        self.polarity = polarity

    def _core_parameters(self, values: Values) -> Any:
        from imagest_core.damage.detection.cracks import CrackParameters, Polarity

        return CrackParameters(polarity=Polarity(self.polarity), **core_parameters(values))

    def prepare(self, painting: Painting, values: Values, progress: Progress) -> Any:
        from imagest_core.damage.detection.crack_preview import CrackPreview

        return CrackPreview(painting)

    def read(self, painting: Painting, box: Box, level: int, prepared: Any) -> Samples:
        return painting.read_working(box, level)

    def preview(self, samples: Samples, level: int, prepared: Any, values: Values, *, exact: bool) -> Mask:
        return prepared.preview_mask(samples, self._core_parameters(values), level, exact=exact)

    def settled(self, level: int, prepared: Any, values: Values) -> bool:
        return bool(prepared.is_learned(self._core_parameters(values), level))

    def derive(self, painting: Painting, prepared: Any, values: Values, progress: Progress) -> DamageMap:
        from imagest_core.damage.detection.detect import detect_cracks

        return detect_cracks(painting, self._core_parameters(values), progress)


class LossDetector:
    """Finds where the bare ground shows; ``ground`` is its colour (sRGB 0–1), None to detect it."""

    title = QT_TRANSLATE_NOOP("MaskDetectors", "Losses")
    about = QT_TRANSLATE_NOOP(
        "MaskDetectors", "Finds where the bare ground shows. Pick its colour, or let the program detect it."
    )
    parameters: tuple[Parameter, ...] = (
        Parameter(
            "tolerance",
            QT_TRANSLATE_NOOP("MaskDetectors", "Tolerance"),
            0.5,
            30,
            4,
            "ΔE",
            0.5,
            QT_TRANSLATE_NOOP("MaskDetectors", "Maximum colour difference from the ground"),
        ),
        OPENING,
        CLOSING,
        SMALLEST,
        DILATE,
    )

    def __init__(self, ground: tuple[float, float, float] | None = None) -> None:
        self.ground = ground

    def _core_parameters(self, values: Values, ground: Any) -> Any:
        from imagest_core.damage.detection.losses import LossParameters

        return LossParameters(ground=ground, **core_parameters(values))

    def prepare(self, painting: Painting, values: Values, progress: Progress) -> Any:
        from imagest_core.damage.detection.detect import find_ground_in

        return self.ground or find_ground_in(painting, self._core_parameters(values, None), progress)

    def read(self, painting: Painting, box: Box, level: int, prepared: Any) -> Samples:
        return painting.read_working(box, level)

    def preview(self, samples: Samples, level: int, prepared: Any, values: Values, *, exact: bool) -> Mask:
        from imagest_core.damage.detection.losses import preview_losses

        return preview_losses(samples, self._core_parameters(values, prepared).reduced(level))

    def settled(self, level: int, prepared: Any, values: Values) -> bool:
        return True

    def derive(self, painting: Painting, prepared: Any, values: Values, progress: Progress) -> DamageMap:
        from imagest_core.damage.detection.detect import detect_losses

        return detect_losses(painting, self._core_parameters(values, prepared), progress)


class DifferenceDetector:
    """Finds where the scan differs from a clean picture of the same work, after registration."""

    title = QT_TRANSLATE_NOOP("MaskDetectors", "Difference")
    about = QT_TRANSLATE_NOOP(
        "MaskDetectors", "Finds where the scan differs from a clean picture of the same work."
    )
    parameters: tuple[Parameter, ...] = (
        Parameter(
            "cut",
            QT_TRANSLATE_NOOP("MaskDetectors", "Threshold"),
            0,
            0.5,
            0,
            "",
            0.01,
            QT_TRANSLATE_NOOP("MaskDetectors", "Pixels that differ by at least this much are damage"),
            auto=True,
        ),
        OPENING,
        CLOSING,
        SMALLEST,
        DILATE,
    )

    def __init__(self, clean: Painting, alignment: Alignment | None = None) -> None:
        self.clean, self.alignment = clean, alignment

    def _core_parameters(self, values: Values) -> Any:
        from imagest_core.damage.detection.derive import DifferenceParameters

        given = {name: AUTO if name == "cut" and not value else value for name, value in values.items()}
        return DifferenceParameters(**core_parameters(given))

    def prepare(self, painting: Painting, values: Values, progress: Progress) -> Any:
        from imagest_core.damage.detection.difference_preview import DifferencePreview

        return DifferencePreview.of(self.clean, painting, progress, self.alignment)

    def read(self, painting: Painting, box: Box, level: int, prepared: Any) -> Samples:
        return prepared.codes(box, level)[..., np.newaxis]

    def preview(self, samples: Samples, level: int, prepared: Any, values: Values, *, exact: bool) -> Mask:
        return prepared.preview_mask(samples[..., 0], self._core_parameters(values), level)

    def settled(self, level: int, prepared: Any, values: Values) -> bool:
        return True

    def derive(self, painting: Painting, prepared: Any, values: Values, progress: Progress) -> DamageMap:
        from imagest_core.damage.detection.derive import derive_damage

        parameters = self._core_parameters(values)
        return derive_damage(self.clean, painting, parameters, progress, self.alignment).damage


METHODS: dict[str, Callable[..., MaskDetector]] = {
    "difference": DifferenceDetector,
    "cracks": CrackDetector,
    "losses": LossDetector,
}
