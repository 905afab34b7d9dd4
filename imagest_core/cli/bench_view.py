"""The window that benchmarks fill."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from imagest_core.painting.reader import Painting
    from imagest_core.restoration.planning.window import WindowView

SIDE = 256


def damaged_view(painting: Painting) -> WindowView:
    """Return a damaged 256-pixel window of the sample."""
    import numpy as np

    import resources
    from imagest_core.damage.mask_io import read_mask
    from imagest_core.painting.geometry import Box
    from imagest_core.restoration.planning.window import Window, WindowView

    box = Box(450, 30, SIDE, SIDE)
    mask = read_mask(resources.sample_mask()).dilated(1).fill_mask(box)
    image = np.where(mask[..., None], np.float32(0), painting.read_working(box))
    return WindowView(Window(1, box), image, mask)
