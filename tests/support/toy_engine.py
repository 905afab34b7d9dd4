"""An engine in one file, with two parameters of its own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from imagest_core.arrays import Image, Mask
from imagest_core.restoration.engines.classical import ClassicalEngine, ClassicalSession
from imagest_core.restoration.parameters import Parameters as BaseParameters
from imagest_core.restoration.parameters import parameter
from imagest_core.restoration.request import RestorationRequest

ENGINES = {"toy": "toy_engine:ToyEngine"}


@dataclass(frozen=True)
class Parameters(BaseParameters):
    brightness: float = parameter(
        0.5, label="Brightness", help="Grey level of the fill.", low=0.0, high=1.0, basic=True
    )
    stripes: int = parameter(0, label="Stripes", help="Width of dark stripes.", low=0, high=9, unit="px")


class ToyEngine(ClassicalEngine):
    """Fills with grey stripes."""

    name, title = "toy", "Toy"
    description = "Fills with grey stripes."
    Parameters = Parameters

    def open(self, request: RestorationRequest, *_: Any, **__: Any) -> ClassicalSession:
        assert isinstance(request.parameters, Parameters)
        return ClassicalSession(partial(_stripes, request.parameters), {})


def _stripes(parameters: Parameters, image: Image, mask: Mask) -> Image:
    fill = np.full_like(image, parameters.brightness)
    if parameters.stripes:
        fill[(np.arange(len(fill)) // parameters.stripes) % 2 == 1] = 0
    return fill
