"""Names for the arrays that pictures are made of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]
"""A picture (h, w, 3) in unbounded sRGB, 0–1 inside the gamut, or a field (h, w)."""
Mask = NDArray[np.bool_]
"""(h, w), true where something is the case."""
