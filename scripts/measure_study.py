"""Measure whether a study of a painting helps on that painting, and whether another painting's study does.

    python -m scripts.measure_study PAINTING OTHER [--seeds 0 1 2] [--steps 200]

For each seed the embedded network is studied on intact crops of PAINTING and, as the control, of OTHER.
Both are measured on the same held-out crops of PAINTING. Prints a table in Markdown.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from imagest_core.damage.map import DamageMap
from imagest_core.damage.mask_io import read_mask
from imagest_core.models import studies
from imagest_core.models.installed import find_model
from imagest_core.painting.reader import Painting, open_painting
from imagest_core.progress import Progress
from imagest_core.training.study import PaintingStudy, options_for, paired_gain
from imagest_core.training.study_tasks import ImagestStudyTask, StudyOptions, training_hardware

HEADER = (
    "| seed | trained on | held-out loss before | after | fall | standard error | fall / error | seconds |\n"
    "|---|---|---|---|---|---|---|---|"
)


def main() -> None:
    """Print the table."""
    args = _arguments()
    print(HEADER)
    with open_painting(args.painting) as painting, open_painting(args.other) as other:
        damage = _damage(painting, args.mask)
        for seed in args.seeds:
            options = options_for(
                studies.IMAGEST, seed=seed, steps=args.steps, rank=args.rank, rate=args.rate
            )
            for name, trained_on in (("this painting", painting), ("another painting", other)):
                own = damage if trained_on is painting else _damage(other, None)
                print(_row(seed, name, painting, damage, trained_on, own, options), flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("painting", type=Path)
    parser.add_argument("other", type=Path)
    parser.add_argument("--mask", type=Path, help="damage of PAINTING")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--steps", type=int)
    parser.add_argument("--rank", type=int)
    parser.add_argument("--rate", type=float)
    return parser.parse_args()


def _damage(painting: Painting, mask: Path | None) -> DamageMap:
    size = painting.width, painting.height
    return read_mask(mask, size) if mask is not None else DamageMap(*size)


def _row(
    seed: int,
    name: str,
    painting: Painting,
    damage: DamageMap,
    trained_on: Painting,
    own: DamageMap,
    options: StudyOptions,
) -> str:
    """Train on one painting, measure on another; return a line of the table."""
    task = ImagestStudyTask(find_model(), training_hardware("auto"), options)
    before = PaintingStudy(painting, damage, task, options).held_out_losses(Progress())
    started = time.perf_counter()
    PaintingStudy(trained_on, own, task, options).run(Progress())
    seconds = time.perf_counter() - started
    after = PaintingStudy(painting, damage, task, options).held_out_losses(Progress())
    gain, error = paired_gain(before, after)
    figures = f"{np.mean(before):.4f} | {np.mean(after):.4f} | {gain:+.4f} | {error:.4f}"
    return f"| {seed} | {name} | {figures} | {gain / error:+.1f} | {seconds:.0f} |"


if __name__ == "__main__":
    main()
