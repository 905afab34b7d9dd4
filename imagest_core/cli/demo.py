"""``imagest demo``: restore the bundled sample, offline, and show before and after side by side."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagest_core.printable import show
from imagest_core.progress import Progress

if TYPE_CHECKING:
    from imagest_core.arrays import Image8

GAP = 12
GREY = 119
"""The neutral grey between the two pictures (18 % reflectance in sRGB)."""


def add_commands(subparsers: Any) -> None:
    """Add ``demo``."""
    from imagest_core.cli.options import add_operator_option, add_request_options, add_style_options

    parser = subparsers.add_parser("demo", help="restore the bundled sample into ./out")
    parser.add_argument(
        "-o", "--out", type=Path, default=Path("out"), metavar="DIR", help="folder (default out)"
    )
    add_operator_option(parser)
    add_style_options(parser)
    add_request_options(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace, progress: Progress) -> None:
    import resources
    from imagest_core.cli.options import inputs_of
    from imagest_core.cli.restore import Targets, restore_file
    from imagest_core.errors import OutputError
    from imagest_core.painting.atomic import all_or_none

    if args.out.exists() and not args.out.is_dir():
        raise OutputError(f"{args.out} is a file; name a folder.")
    try:
        args.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"The folder {args.out} can't be created: {error.strerror or error}.") from error
    targets = Targets(args.out / "demo-restored.tif", args.out / "demo-record.json", force=True)
    args.painting, args.mask, args.page = resources.sample_painting(), resources.sample_mask(), 0
    args.assume_srgb, args.rim, args.protect, args.within, args.classes = False, 0, None, [], None
    picture = args.out / "demo-before-after.png"
    with all_or_none((*targets.files, picture), force=True, inputs=inputs_of(args)):
        lines = restore_file(args, targets, progress)
        write_picture(picture, side_by_side(read_srgb(args.painting), read_srgb(targets.out)))
    show(*lines)
    show(f"before and after: {picture}")


def read_srgb(path: Path) -> Image8:
    """Read the whole painting as 8-bit sRGB, (h, w, 3)."""
    import numpy as np

    from imagest_core.painting.reader import open_painting

    with open_painting(path) as painting:
        return np.rint(np.clip(painting.read_working(), 0, 1) * 255).astype(np.uint8)


def side_by_side(before: Image8, after: Image8) -> Image8:
    """Join two pictures of the same height with a neutral gap between them."""
    import numpy as np

    gap = np.full((before.shape[0], GAP, 3), GREY, np.uint8)
    return np.hstack([before, gap, after])


def write_picture(path: Path, picture: Image8) -> None:
    """Write a PNG, replacing an older one."""
    import cv2
    import numpy as np

    from imagest_core.painting.atomic import replacing

    data = cv2.imencode(".png", np.ascontiguousarray(picture[..., ::-1]))[1].tobytes()
    with replacing(path, force=True) as temporary:
        temporary.write_bytes(data)
