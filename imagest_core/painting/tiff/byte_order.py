"""Convert values to another byte order."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from imagest_core.painting.tiff.ifd import Field, Order

_UNITS = {3: 2, 8: 2, 4: 4, 5: 4, 9: 4, 10: 4, 11: 4, 13: 4, 12: 8, 16: 8, 17: 8, 18: 8}
"""Size in bytes of the units to swap, by TIFF field type; a rational consists of two numbers."""


def reordered(field: Field, before: Order, after: Order) -> Field:
    """Return ``field`` with its value converted from byte order ``before`` to ``after``."""
    unit = _UNITS.get(field.kind)
    if before == after or unit is None:
        return field
    return replace(field, value=np.frombuffer(field.value, f"u{unit}").byteswap().tobytes())
