"""Measure whether a study of a painting helps on that painting, and whether other paintings' studies do.

    python -m scripts.measure_study PAINTING OTHER [OTHER …] [--seeds 0 1 2] [--steps 200]

For each seed the embedded network is studied on intact crops of PAINTING and, as controls, of every OTHER.
All are measured on the same held-out crops of PAINTING. Prints a table in Markdown, and one of the means
over the seeds with their standard errors.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from imagest_core.damage.map import DamageMap
from imagest_core.damage.mask_io import read_mask
from imagest_core.models import studies
from imagest_core.models.installed import find_model
from imagest_core.painting.reader import Painting, open_painting
from imagest_core.progress import Progress
from imagest_core.training.study import PaintingStudy, options_for, paired_gain
from imagest_core.training.study_imagest import ImagestStudyTask
from imagest_core.training.study_tasks import StudyOptions, training_hardware

HEADER = (
    "| seed | trained on | held-out loss before | after | fall | standard error | fall / error | seconds |\n"
    "|---|---|---|---|---|---|---|---|"
)
MEANS_HEADER = (
    "| trained on | seeds | mean fall | standard error over seeds | fall / error |\n|---|---|---|---|---|"
)


@dataclass(frozen=True)
class Subject:
    """A painting to train on, with its damage, under a name that no other one has."""

    name: str
    painting: Painting
    damage: DamageMap


def main() -> None:
    """Print the tables."""
    args = _arguments()
    with ExitStack() as stack:
        opened = [stack.enter_context(open_painting(path)) for path in (args.painting, *args.others)]
        subjects = [
            Subject(name, painting, _damage(painting, args.mask if i == 0 else None))
            for i, (name, painting) in enumerate(zip(names_of([args.painting, *args.others]), opened))
        ]
        print(HEADER, flush=True)
        falls: dict[str, list[float]] = {subject.name: [] for subject in subjects}
        for seed in args.seeds:
            options = options_for(
                studies.IMAGEST, seed=seed, steps=args.steps, rank=args.rank, rate=args.rate
            )
            for subject in subjects:
                gain, row = _row(subjects[0], subject, options)
                falls[subject.name].append(gain)
                print(row, flush=True)
    print(f"\n{MEANS_HEADER}")
    for name, gains in falls.items():
        print(mean_row(name, gains))


def names_of(paths: Sequence[Path]) -> list[str]:
    """Return names of files for the tables; those that several have get their folder, or a number."""
    names: list[str] = []
    for path in paths:
        alike = sum(other.name == path.name for other in paths) > 1
        name = plain = f"{path.parent.name}/{path.name}" if alike else path.name
        number = 1
        while name in names:
            number += 1
            name = f"{plain} ({number})"
        names.append(name)
    return names


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("painting", type=Path)
    parser.add_argument("others", type=Path, nargs="+", metavar="OTHER")
    parser.add_argument("--mask", type=Path, help="damage of PAINTING")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--steps", type=int)
    parser.add_argument("--rank", type=int)
    parser.add_argument("--rate", type=float)
    return parser.parse_args()


def _damage(painting: Painting, mask: Path | None) -> DamageMap:
    size = painting.width, painting.height
    return read_mask(mask, size) if mask is not None else DamageMap(*size)


def _row(measured: Subject, trained: Subject, options: StudyOptions) -> tuple[float, str]:
    """Train on one painting, measure on another; return the fall of the loss and a line of the table."""
    task = ImagestStudyTask(find_model(), training_hardware("auto"), options)
    before = PaintingStudy(measured.painting, measured.damage, task, options).held_out_losses(Progress())
    started = time.perf_counter()
    study = PaintingStudy(trained.painting, trained.damage, task, options)
    study.run(Progress())
    study.finish()
    seconds = time.perf_counter() - started
    after = PaintingStudy(measured.painting, measured.damage, task, options).held_out_losses(Progress())
    gain, error = paired_gain(before, after)
    figures = f"{np.mean(before):.4f} | {np.mean(after):.4f} | {gain:+.4f} | {error:.4f}"
    return gain, f"| {options.seed} | {trained.name} | {figures} | {gain / error:+.1f} | {seconds:.0f} |"


def mean_row(name: str, gains: list[float]) -> str:
    """Return a line of the table of means: the mean over seeds and its standard error."""
    mean = float(np.mean(gains))
    if len(gains) < 2:
        return f"| {name} | {len(gains)} | {mean:+.4f} | – | – |"
    error = float(np.std(gains, ddof=1)) / math.sqrt(len(gains))
    return f"| {name} | {len(gains)} | {mean:+.4f} | {error:.4f} | {mean / error:+.1f} |"


if __name__ == "__main__":
    main()
