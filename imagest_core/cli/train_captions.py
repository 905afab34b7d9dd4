"""``imagest train captions``: caption training pictures with local models."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagest_core.cli.parsing import number
from imagest_core.cli.train_options import add_device
from imagest_core.errors import ModelError
from imagest_core.extras import require_extra
from imagest_core.printable import show
from imagest_core.progress import Progress

if TYPE_CHECKING:
    from imagest_core.arrays import Image8
    from imagest_core.models.identity import ModelKind

HELP = "caption pictures with a captioning model of yours"
DESCRIPTION = """Describe each picture with a local captioning model (BLIP), and write a CSV table: path,
caption, similarity, kept. With --clip, pairs whose CLIP similarity is under the threshold are marked as not
kept. Correct the captions by hand before training: captions of paintings are often wrong. An existing table
is continued; its rows stay as they are. Nothing leaves this computer."""


def add_captions_command(subparsers: Any) -> None:
    """Add ``captions`` to the subparsers of ``train``."""
    parser = subparsers.add_parser("captions", help=HELP, description=DESCRIPTION)
    parser.set_defaults(run=_caption)
    add = parser.add_argument
    add("sources", nargs="+", type=Path, metavar="PICTURES", help="pictures, or folders or tars of pictures")
    add("-o", "--out", type=Path, required=True, metavar="FILE", help="CSV table; continued if it exists")
    add("--captioner", required=True, metavar="MODEL", help="name or path of a BLIP model")
    add("--clip", default="", metavar="MODEL", help="name or path of a CLIP model that measures similarity")
    add("--threshold", type=number(-1, 1), default=0.2, help="smallest kept similarity (default 0.2)")
    add_device(parser)


def _caption(args: argparse.Namespace, progress: Progress) -> int:
    require_extra("diffusion", "Captioning")
    from imagest_core.models.captioning import Captioner
    from imagest_core.models.hardware import choose_hardware
    from imagest_core.models.identity import ModelKind
    from imagest_core.training.captions import build_captions

    folder = _folder(args.captioner, ModelKind.CAPTIONER, "captioning model (BLIP)", "--captioner")
    similarity = _similarity(args.clip)
    captioner = Captioner(folder, choose_hardware(args.device))
    rows = build_captions(args.sources, args.out, captioner.caption, similarity, progress, args.threshold)
    kept = sum(row.kept for row in rows)
    show(f"{args.out}: {len(rows):,} captions, {kept:,} kept; correct them by hand before training")
    return 0


def _similarity(name: str) -> Callable[[Image8, str], float] | None:
    if not name:
        return None
    require_extra("evaluate", "CLIP similarity")
    from imagest_core.evaluation.clip import clip_scorer
    from imagest_core.models.identity import ModelKind

    return clip_scorer(_folder(name, ModelKind.CLIP, "CLIP model", "--clip"))


def _folder(name: str, kind: ModelKind, description: str, option: str) -> Path:
    """Return the folder of a model; raises ``ModelError`` for another kind."""
    from imagest_core.models.installed import find_installed

    model = find_installed(name)
    if model.identity.kind is not kind:
        raise ModelError(
            f"{model.name} is no {description}, but a model of the kind {model.identity.kind}: name another "
            f"{option}."
        )
    return model.path
