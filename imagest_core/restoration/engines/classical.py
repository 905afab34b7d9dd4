"""Classical engines: fills that need no model, one function from a picture and its mask to the fill."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from imagest_core.arrays import Image, Mask
from imagest_core.models.backbone import Capability
from imagest_core.progress import Progress
from imagest_core.restoration.engines.base import Facts, WindowFill, WindowSides
from imagest_core.restoration.inpainting.anisotropy import BENDING, GRAINY_BENDING, POWER
from imagest_core.restoration.inpainting.pde import ITERATIONS, anisotropic_spline, fill_image, harmonic
from imagest_core.restoration.parameters import Parameters as BaseParameters
from imagest_core.restoration.planning.window import WindowView
from imagest_core.restoration.request import RestorationRequest

if TYPE_CHECKING:
    from imagest_core.models.installed import InstalledModel
    from imagest_core.restoration.style_pictures import StylePictures

RADIUS = 5
"""Neighbourhood of OpenCV's fills, in pixels."""
EIGHT_BIT = "OpenCV fills 8-bit pictures only: colours are clipped to sRGB and rounded to 1/255."


class ClassicalSession:
    """Fills window by window with :meth:`ClassicalEngine.solve`."""

    def __init__(self, solve: Callable[[Image, Mask], Image], facts: Facts) -> None:
        self._solve, self.facts = solve, facts

    def fill(self, views: Sequence[WindowView], progress: Progress) -> list[WindowFill]:
        """Fill each of ``views``; raises ``Cancelled`` between two of them."""
        return [WindowFill(self._one(view.start, view.hole)) for view in progress.steps(views)]

    def _one(self, image: Image, hole: Mask) -> Image:
        return np.where(hole[..., None], self._solve(image, hole), image) if hole.any() else image

    def close(self) -> None:
        """Nothing is held."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class ClassicalEngine:
    """What the classical engines share; each defines :meth:`solve`."""

    name: str
    title: str
    description: str
    Parameters = BaseParameters
    window = 256
    largest = 2048
    matches_boundary = True
    facts: ClassVar[Facts] = {}

    @staticmethod
    def solve(image: Image, mask: Mask) -> Image:
        """Fill ``image`` (h, w, 3), 0 under ``mask`` (h, w), with any content under the mask."""
        raise NotImplementedError

    def models(self) -> Sequence[InstalledModel]:
        """No models."""
        return ()

    def adapters(self, parameters: BaseParameters) -> Sequence[InstalledModel]:
        """No adapters."""
        return ()

    def memory(self, request: RestorationRequest) -> int:
        """Negligible."""
        return 0

    def check_model(self, parameters: BaseParameters) -> None:
        """No model, nothing to check."""

    def window_sides(self, request: RestorationRequest) -> WindowSides:
        """Return the sides of its working windows."""
        return WindowSides(self.window, self.largest)

    def capabilities(self, parameters: BaseParameters) -> frozenset[Capability]:
        """No model, no capabilities."""
        return frozenset()

    def shared_parameters(self, request: RestorationRequest) -> frozenset[str]:
        """None: there is one way to fill."""
        return frozenset()

    def uses_style(self, request: RestorationRequest) -> bool:
        """No style is read."""
        return False

    def preload(self, request: RestorationRequest, progress: Progress) -> None:
        """Nothing has to be imported beforehand."""

    def uses_paint(self, request: RestorationRequest) -> bool:
        """They take no texture."""
        return False

    def style_side(self, request: RestorationRequest) -> int:
        """No style is read."""
        return 0

    def open(
        self, request: RestorationRequest, style: StylePictures | None, progress: Progress | None = None
    ) -> ClassicalSession:
        """Open a session; nothing has to be loaded."""
        return ClassicalSession(self.solve, self.facts)


class HarmonicEngine(ClassicalEngine):
    """Laplace's equation in the hole."""

    name = "harmonic"
    title = "Harmonic"
    description = "The smoothest surface that meets the boundary: faithful in colour, without any texture."
    facts: ClassVar[Facts] = {"iterations": ITERATIONS}
    solve = staticmethod(partial(fill_image, harmonic))


class SplineEngine(ClassicalEngine):
    """The anisotropic spline: the pre-fill of the network, as an engine."""

    name = "spline"
    title = "Spline"
    description = "A smooth surface that continues edges and brushwork into the damage, without any texture."
    facts: ClassVar[Facts] = {
        "bending": BENDING,
        "bending_in_grain": GRAINY_BENDING,
        "power": POWER,
        "iterations": ITERATIONS,
    }
    solve = staticmethod(partial(fill_image, anisotropic_spline))


def opencv_fill(image: Image, mask: Mask, flag: str) -> Image:
    """``cv2.inpaint`` by the method ``flag`` on 8 bits: its float and 16-bit paths can't be trusted."""
    import cv2

    rounded = np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)
    filled = cv2.inpaint(rounded, mask.astype(np.uint8), RADIUS, getattr(cv2, flag))
    return np.asarray(filled, np.float32) / np.float32(255)


class TeleaEngine(ClassicalEngine):
    """Fast marching (Telea, J. Graphics Tools 9, 2004), by OpenCV."""

    name = "telea"
    title = "Telea"
    description = (
        "Marches inwards from the boundary, averaging along it; fast, smooth, streaky in large holes."
        f" {EIGHT_BIT}"
    )
    largest = 1024
    facts: ClassVar[Facts] = {"radius": RADIUS, "precision": EIGHT_BIT}
    solve = staticmethod(partial(opencv_fill, flag="INPAINT_TELEA"))


class NavierStokesEngine(ClassicalEngine):
    """Fluid dynamics (Bertalmío, Bertozzi and Sapiro, CVPR 2001), by OpenCV."""

    name = "navier-stokes"
    title = "Navier–Stokes"
    description = f"Carries lines of equal brightness into the hole as a fluid would. {EIGHT_BIT}"
    largest = 1024
    facts: ClassVar[Facts] = {"radius": RADIUS, "precision": EIGHT_BIT}
    solve = staticmethod(partial(opencv_fill, flag="INPAINT_NS"))


def biharmonic(image: Image, mask: Mask) -> Image:
    """Fill ``image`` in float64 with scikit-image; the result is clipped to the range of what is known."""
    from skimage.restoration import inpaint_biharmonic

    known = image[~mask]
    hidden = np.where(mask[..., None], known.mean(0), image).astype(np.float64)
    return np.asarray(inpaint_biharmonic(hidden, mask, channel_axis=-1), np.float32)


class BiharmonicEngine(ClassicalEngine):
    """The biharmonic equation (Damelin and Hoang, 2018), by scikit-image."""

    name = "biharmonic"
    title = "Biharmonic"
    description = (
        "Continues slopes as well as values: the best of the plain fills for cracks, wild in losses."
    )
    largest = 256
    solve = staticmethod(biharmonic)
