"""Measure whether fills get closer to the truth with a study of the painting.

    python -m scripts.measure_study_fills CASES [--weights DIR] [--steps 200] [--seed 0]

CASES holds folders with clean.png, damaged.png and mask.png. Each damaged picture is studied with the
embedded network, which never sees what is under the mask, and filled with and without its study. Prints
Markdown.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import numpy as np

from imagest_core.arrays import Image8
from imagest_core.damage.map import DamageMap
from imagest_core.errors import InputError
from imagest_core.evaluation.cases import Case, CasePictures, eight_bit, find_cases, load_case
from imagest_core.evaluation.metrics import psnr, ssim
from imagest_core.evaluation.perceptual import Perceptual
from imagest_core.evaluation.weights import WeightStore
from imagest_core.models import studies
from imagest_core.models.installed import find_model
from imagest_core.models.studies import know_study
from imagest_core.painting.reader import Painting, open_painting
from imagest_core.progress import Progress
from imagest_core.restoration.api import restore
from imagest_core.restoration.request import RestorationRequest
from imagest_core.restoration.style_selection import checked_style
from imagest_core.training.study import PaintingStudy, options_for
from imagest_core.training.study_imagest import ImagestStudyTask
from imagest_core.training.study_tasks import StudyOptions, training_hardware

HEADER = (
    "| case | held-out loss | fall / error | PSNR without | with | SSIM without | with | LPIPS without | with"
    " |\n"
    "|---|---|---|---|---|---|---|---|---|"
)


def main() -> None:
    """Print the table."""
    args = _arguments()
    perceptual = Perceptual(WeightStore(args.weights))
    options = options_for(studies.IMAGEST, steps=args.steps, seed=args.seed)
    print(HEADER)
    for case in find_cases(args.cases):
        print(_row(case, options, perceptual), flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("cases", type=Path)
    parser.add_argument("--weights", type=Path, help="folder with the weights of LPIPS")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--seed", type=int)
    return parser.parse_args()


def _row(case: Case, options: StudyOptions, perceptual: Perceptual) -> str:
    pictures = load_case(case)
    damage = DamageMap.from_mask(pictures.mask)
    with open_painting(case.damaged) as painting:
        task = ImagestStudyTask(find_model(), training_hardware("auto"), options)
        try:
            study = PaintingStudy(painting, damage, task, options)
            outcome = study.run(Progress())
            study.finish()
        except InputError as error:
            return f"| {case.name} | {error} |"
        facts = outcome.facts
        loss = f"{facts.loss_before:.4f} → {facts.loss_after:.4f} | {facts.gain / facts.standard_error:+.1f}"
        if outcome.study is None:
            return f"| {case.name} | {loss} | not kept |"
        names = "", know_study(outcome.study).sha256
        fills = [_measured(_filled(painting, damage, name), pictures, perceptual) for name in names]
    columns = (f"{without:.3f} | {studied:.3f}" for without, studied in zip(*fills))
    return f"| {case.name} | {loss} | {' | '.join(columns)} |"


def _filled(painting: Painting, damage: DamageMap, study: str) -> Image8:
    request = RestorationRequest.of("imagest", study=study)
    style = checked_style(painting, damage, request, None)
    result = restore(painting, damage, request, style)
    whole = painting.read_working()
    for fill in result.fills:
        part = whole[fill.box.slices]
        part[fill.mask] = fill.colour[fill.mask]
    return eight_bit(whole)


def _measured(fill: Image8, pictures: CasePictures, perceptual: Perceptual) -> tuple[float, float, float]:
    lpips = perceptual.measure(fill, pictures.truth, pictures.mask).get("lpips", math.nan)
    shown = np.ascontiguousarray(fill)
    return psnr(shown, pictures.truth, pictures.mask), ssim(shown, pictures.truth, pictures.mask), lpips


if __name__ == "__main__":
    main()
