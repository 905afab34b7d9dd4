"""``imagest info``: a scan's properties as one line of JSON."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagest_core.progress import Progress

if TYPE_CHECKING:
    from imagest_core.painting.painting import Painting


def add_commands(subparsers: Any) -> None:
    """Add ``info``."""
    parser = subparsers.add_parser("info", help="a scan's properties as one line of JSON")
    parser.add_argument("painting", type=Path, metavar="PAINTING")
    parser.add_argument("--page", type=int, default=0, help="page of a multi-page file, from 0 (default 0)")
    parser.add_argument("--hash", action="store_true", help="add the file's SHA-256")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace, progress: Progress) -> None:
    from imagest_core.painting.painting import open_painting

    with open_painting(args.painting, page=args.page) as painting:
        facts = properties(painting)
        if args.hash:
            facts["sha256"] = painting.sha256()
    print(json.dumps(facts, ensure_ascii=False))


def properties(painting: Painting) -> dict[str, Any]:
    """What a person or a program wants to know of a scan, ready for JSON."""
    resolution = painting.resolution
    return {
        "path": str(painting.path),
        "format": painting.format,
        "width": painting.width,
        "height": painting.height,
        "channels": painting.channels,
        "grey": painting.grey,
        "alpha": painting.alpha,
        "depth": painting.depth,
        "profile": painting.profile_name,
        "compression": painting.compression,
        "lossy": painting.lossy,
        "px_per_mm": resolution and [round(resolution.px_per_mm_x, 6), round(resolution.px_per_mm_y, 6)],
        "resolution_source": resolution and resolution.source,
        "orientation": painting.orientation,
        "page": painting.page,
        "pages": painting.pages,
        "levels": painting.levels,
        "notes": list(painting.notes),
    }
