"""Type aliases for the arrays that images, masks and labels are made of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]
"""An image (h, w, 3) in unbounded sRGB, 0–1 inside the gamut, or a single-channel field (h, w)."""
Image8 = NDArray[np.uint8]
"""An image (h, w, 3) in 8-bit sRGB."""
Mask = NDArray[np.bool_]
"""A mask (h, w), true where a pixel belongs to it."""
Mask8 = NDArray[np.uint8]
"""A mask (h, w) that OpenCV can draw into: 0, or a positive value where a pixel belongs to it."""
Labels = NDArray[np.uint8]
"""Class labels (h, w): 0 is intact, other values are damage classes."""
RegionIds = NDArray[np.int32]
"""Numbers of connected regions (h, w): 0 is outside, regions count from 1."""
