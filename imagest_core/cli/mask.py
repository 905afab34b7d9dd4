"""``imagest mask``: derive a damage mask from a clean picture of the work, or from the scan alone."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagest_core.cli.parsing import (
    add_colour_option,
    add_reading_options,
    add_rim_option,
    colour,
    count,
    number,
)
from imagest_core.errors import InputError, MaskError
from imagest_core.printable import counted, show
from imagest_core.progress import Progress

if TYPE_CHECKING:
    from imagest_core.damage.map import DamageMap
    from imagest_core.painting.reader import Painting

METHODS = ("difference", "cracks", "losses")
CLEAN_UP = ("opening", "closing", "min_area", "dilate")
OPTIONS = {"cracks": ("polarity", "sensitivity", "widest"), "losses": ("ground", "tolerance")}
"""The options of a single method."""


def add_commands(subparsers: Any) -> None:
    """Add ``mask``."""
    parser = subparsers.add_parser("mask", help="derive a damage mask from a scan")
    add = parser.add_argument
    add("painting", type=Path, metavar="PAINTING", help="the scan with the damage")
    add("-o", "--out", type=Path, required=True, metavar="MASK", help="the mask to write: .png or .tif")
    add("--force", action="store_true", help="replace MASK if it exists")
    add_reading_options(parser)
    add_colour_option(parser)
    add("--method", choices=METHODS, help="difference (with --clean), cracks (default without) or losses")
    add("--clean", type=Path, metavar="FILE", help="a picture of the work without the damage")
    add("--no-align", action="store_true", help="the clean picture is already aligned with the scan")
    cracks = parser.add_argument_group("cracks").add_argument
    cracks(
        "--polarity",
        choices=("dark", "light", "both"),
        help="darker or lighter than the paint (default dark)",
    )
    cracks(
        "--sensitivity",
        type=number(0, 1),
        metavar="S",
        help="0 to 1; lower values follow fainter cracks (default 0.25)",
    )
    cracks("--widest", type=count, metavar="PX", help="maximum width of a crack (default 9)")
    losses = parser.add_argument_group("losses").add_argument
    losses("--ground", type=colour, metavar="#RRGGBB", help="colour of the bare ground (default: detected)")
    losses(
        "--tolerance",
        type=number(0, 1000),
        metavar="T",
        help="maximum distance from the ground in CIELAB (default 4)",
    )
    chain = parser.add_argument_group("clean-up (default: the method's own)").add_argument
    chain("--opening", type=count, metavar="R", help="remove components that contain no disc of this radius")
    chain("--closing", type=count, metavar="R", help="bridge gaps up to about twice this radius")
    chain("--min-area", type=count, metavar="N", help="remove components of fewer pixels")
    chain("--dilate", type=count, metavar="N", help="final dilation over the uncertain edge")
    add_rim_option(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace, progress: Progress) -> None:
    from imagest_core.damage.mask_io import write_mask
    from imagest_core.damage.rim import clean_rim
    from imagest_core.painting.atomic import check_writable
    from imagest_core.painting.outputs import FileKind, check_replaceable, check_target
    from imagest_core.painting.reader import open_painting

    method = _method(args)
    inputs = [path for path in (args.painting, args.clean) if path is not None]
    check_target(args.out, force=args.force, inputs=inputs)
    check_replaceable(args.out, FileKind.PICTURE)
    check_writable(args.out)
    with open_painting(args.painting, page=args.page, assume_srgb=args.assume_srgb) as painting:
        damage, notes = DERIVE[method](painting, args, progress)
        if damage.empty:
            raise MaskError(f"No damage was found by {method}; nothing was written.")
        notes = [detection_summary(damage, method), *notes]
        if args.rim:
            rim = clean_rim(painting, damage, args.rim, progress.part(0.0, 1.0, "cleaning the rim"))
            damage = rim.damage
            notes.append(f"rim: {counted(rim.pixels, 'pixel')} added, at most {rim.limit} px wide")
    write_mask(damage, args.out, force=args.force, inputs=inputs)
    show(*notes, f"written: {args.out}")


def _method(args: argparse.Namespace) -> str:
    """Return the requested method, or the one that matches the given options."""
    method: str = args.method or ("difference" if args.clean else "cracks")
    if (method == "difference") != (args.clean is not None):
        raise InputError("The method difference and --clean FILE go together; give both or neither.")
    for other, names in OPTIONS.items():
        given = [name for name in names if getattr(args, name) is not None]
        if given and method != other:
            raise InputError(f"--{given[0]} belongs to the method {other}, not to {method}.")
    return method


def detection_summary(damage: DamageMap, method: str) -> str:
    """Return a line with the number of detected regions and pixels."""
    from imagest_core.damage.regions import find_regions

    pixels = damage.count()
    share = f"{pixels / (damage.width * damage.height):.2%} of the picture"
    regions = counted(len(find_regions(damage)), "region")
    return f"found by {method}: {regions}, {counted(pixels, 'pixel')} ({share})"


def _given(args: argparse.Namespace, method: str) -> dict[str, Any]:
    """Return the given options of the clean-up and of ``method``."""
    names = (*CLEAN_UP, *OPTIONS.get(method, ()))
    return {name: getattr(args, name) for name in names if getattr(args, name) is not None}


def _difference(
    painting: Painting, args: argparse.Namespace, progress: Progress
) -> tuple[DamageMap, list[str]]:
    from imagest_core.damage.detection.derive import DifferenceParameters, derive_damage
    from imagest_core.painting.reader import open_painting

    parameters = DifferenceParameters(**_given(args, "difference"), align=not args.no_align)
    with open_painting(args.clean, assume_srgb=args.assume_srgb) as clean:
        derived = derive_damage(clean, painting, parameters, progress)
    alignment = derived.alignment
    aligned = "used without alignment" if alignment.identity else f"aligned on {alignment.inliers} matches"
    return derived.damage, [f"{aligned}; differences above {derived.cut:.3f} count as damage"]


def _cracks(painting: Painting, args: argparse.Namespace, progress: Progress) -> tuple[DamageMap, list[str]]:
    from imagest_core.damage.detection.cracks import CrackParameters, Polarity
    from imagest_core.damage.detection.detect import detect_cracks

    given = _given(args, "cracks")
    if "polarity" in given:
        given["polarity"] = Polarity(given["polarity"])
    return detect_cracks(painting, CrackParameters(**given), progress), []


def _losses(painting: Painting, args: argparse.Namespace, progress: Progress) -> tuple[DamageMap, list[str]]:
    from imagest_core.damage.detection.detect import detect_losses
    from imagest_core.damage.detection.losses import LossParameters

    return detect_losses(painting, LossParameters(**_given(args, "losses")), progress), []


DERIVE = {"difference": _difference, "cracks": _cracks, "losses": _losses}
