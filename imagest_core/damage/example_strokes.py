"""Reading a picture of strokes: examples of damage and of intact paint to learn a mask from."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from imagest_core.damage.classes import LOSS
from imagest_core.damage.examples import INTACT
from imagest_core.damage.map import DamageMap
from imagest_core.damage.mask_io import as_mask_error, open_sized_mask
from imagest_core.damage.mask_pictures import Size
from imagest_core.errors import MaskError, NotBinaryError
from imagest_core.messages import Message
from imagest_core.painting.outputs import check_regular_file

UNKNOWN_VALUE, INTACT_VALUE, DAMAGE_VALUE = 0, 128, 255


def read_strokes(path: Path, size: Size | None = None, label: int = LOSS.label) -> DamageMap:
    """Read strokes: 0 is unknown, 128 intact and 255 damage, which gets ``label``.

    16-bit pictures have 0, 128 × 257 and 65535. Raises ``MaskError`` if the picture can't be read, has
    another size or other values.
    """
    check_regular_file(path)
    with as_mask_error(path):
        picture = open_sized_mask(path, size)
        try:
            strokes = DamageMap(*picture.size)
            unit = 257 if picture.full_scale == 65535 else 1
            for box, grey in picture.grey_bands():
                intact, damaged = grey == INTACT_VALUE * unit, grey == DAMAGE_VALUE * unit
                if not (intact | damaged | (grey == UNKNOWN_VALUE)).all():
                    raise _other_values(path)
                strokes.write(box, (intact * np.uint8(INTACT) + damaged * np.uint8(label)).astype(np.uint8))
            return strokes
        except NotBinaryError:  # colours, or varying opacity
            raise _other_values(path) from None
        finally:
            picture.close()


def _other_values(path: Path) -> MaskError:
    return MaskError(
        Message(
            "The strokes {path} contain other values than 0 (unknown), 128 (intact) and 255 (damage): draw "
            "them in grey and without soft edges, or say which class each value is.",
            path=path.name,
        )
    )
