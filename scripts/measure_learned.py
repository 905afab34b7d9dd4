"""Measure masks learned from simulated strokes: overlap with known damage, and speed.

    python scripts/measure_learned.py quality CASES REAL [--seeds N]
    python scripts/measure_learned.py speed SCAN

CASES contains folders NNN-losses with damaged.png and mask.png, 256 px. REAL contains photographs of murals,
mural-NAME.jpg: plaster of two of them is laid over the paint of six others. SCAN is a large picture; losses
are laid over it, too.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from imagest_core.arrays import Image, Labels, Mask
from imagest_core.damage.detection.trainable import ExampleParameters, StrokeClassifier, detect_learned
from imagest_core.damage.examples import INTACT
from imagest_core.damage.map import DamageMap
from imagest_core.damage.mask_io import read_mask
from imagest_core.painting.geometry import Box
from imagest_core.painting.picture_files import read_picture, write_picture
from imagest_core.painting.reader import open_painting

PLASTERS = (("mural-8", Box(450, 340, 90, 100)), ("mural-B-left", Box(20, 650, 120, 350)))
PAINTS = ("mural-220-6-1", "mural-220-6-2", "mural-A-1", "mural-A-3", "mural-B-1", "mural-B-3")
MURAL_SIDE, ROUNDS = 640, 5
VISIBLE = (1200, 800)
WIDTHS = {1: 6, 2: 12, 4: 24}
"""Width (px) of the strokes for each scale."""


class Brush(NamedTuple):
    """Length and width (px) of strokes."""

    length: int
    width: int


class Case(NamedTuple):
    """A picture with known damage."""

    path: Path
    truth: Mask
    brush: Brush


# Pictures


def blots(height: int, width: int, size: float, share: float, seed: int) -> Mask:
    """Return irregular areas about ``size`` px wide that cover a ``share`` of the picture."""
    rng = np.random.default_rng(seed)
    field = np.zeros((height, width), np.float32)
    for sigma, weight in ((size, 1.0), (size / 4, 0.25), (size / 12, 0.06)):
        rough = cv2.GaussianBlur(rng.standard_normal((height, width)).astype(np.float32), (0, 0), sigma)
        field += np.float32(weight) * rough / rough.std()
    return np.asarray(field > np.quantile(field, 1 - share))


def with_plaster(paint: Image, plaster: Image, truth: Mask) -> Image:
    """Lay ``plaster`` (uint8) over ``paint`` where ``truth`` is, with a raised light edge and a shadow."""
    height, width = truth.shape
    rows, columns = -(-height // plaster.shape[0]), -(-width // plaster.shape[1])
    strips = [plaster[:, :: (-1) ** column] for column in range(columns)]
    row = np.concatenate(strips, axis=1)
    ground = np.concatenate([row[:: (-1) ** number] for number in range(rows)])[:height, :width]
    soft = cv2.GaussianBlur(truth.astype(np.float32), (0, 0), 0.8)[..., np.newaxis]
    slope = cv2.Sobel(cv2.GaussianBlur(soft[..., 0], (0, 0), 1.5), cv2.CV_32F, 1, 1, ksize=3)
    slope = slope / max(float(np.abs(slope).max()), 1e-6)
    light = 1 + 0.35 * slope[..., np.newaxis]
    return np.clip((paint * (1 - soft) + ground * soft) * light, 0, 255).astype(np.uint8)


def loss_cases(folder: Path) -> list[Case]:
    """Return the loss cases."""
    cases = []
    for mask in sorted(folder.glob("*-losses/mask.png")):
        damage = read_mask(mask)
        cases.append(Case(mask.with_name("damaged.png"), damage.read(damage.box) > 0, Brush(40, 5)))
    return cases


def mural_cases(real: Path, folder: Path) -> list[Case]:
    """Make the six mural cases in ``folder``."""
    cases = []
    for number, name in enumerate(PAINTS):
        paint = read_picture(real / f"{name}.jpg")
        top, left = ((length - MURAL_SIDE) // 2 for length in paint.shape[:2])
        paint = paint[top : top + MURAL_SIDE, left : left + MURAL_SIDE]
        source, box = PLASTERS[number % len(PLASTERS)]
        plaster = read_picture(real / f"{source}.jpg")[box.slices]
        truth = blots(MURAL_SIDE, MURAL_SIDE, 24, 0.15, number)
        path = folder / f"{name}.png"
        write_picture(path, with_plaster(paint, plaster, truth))
        cases.append(Case(path, truth, Brush(120, 8)))
    return cases


def large_case(scan: Path, folder: Path) -> Case:
    """Make a large JPEG with losses in ``folder``."""
    paint = read_picture(scan)
    truth = blots(*paint.shape[:2], 30, 0.06, 0)
    rng = np.random.default_rng(0)
    plaster = np.array((150, 175, 190)) + cv2.GaussianBlur(rng.normal(0, 30, (400, 400, 3)), (0, 0), 1.5)
    path = folder / "large.jpg"
    write_picture(path, with_plaster(paint, plaster, truth), (cv2.IMWRITE_JPEG_QUALITY, 95))
    return Case(path, truth, Brush(120, 8))


# Strokes


def line(shape: tuple[int, int], x: float, y: float, angle: float, brush: Brush) -> Mask:
    """Return a straight stroke centred at (x, y)."""
    mask = np.zeros(shape, np.uint8)
    half = np.array((np.cos(angle), np.sin(angle))) * (brush.length - brush.width) / 2
    ends = [tuple(round(value) for value in (x, y) + sign * half) for sign in (-1, 1)]
    cv2.line(mask, ends[0], ends[1], 1, brush.width)
    return mask > 0


def add_stroke(strokes: Labels, area: Mask, truth: Mask, at: tuple[int, int], brush: Brush) -> None:
    """Mark the longest of four strokes through ``at`` (y, x) that lies within ``area``."""
    label = np.uint8(1 if truth[at] else INTACT)
    angles = np.arange(4) * np.pi / 4
    best = max((line(truth.shape, at[1], at[0], angle, brush) & area for angle in angles), key=np.sum)
    strokes[best] = label


def random_strokes(truth: Mask, count: int, brush: Brush, seed: int) -> Labels:
    """Return ``count`` strokes at random places, every second one on damage."""
    rng = np.random.default_rng(seed)
    strokes = np.zeros(truth.shape, np.uint8)
    for number in range(count):
        area = truth if number % 2 == 0 else ~truth
        depth = cv2.distanceTransform(np.pad(area, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
        inside = np.argwhere(depth >= min(brush.width / 2, depth.max()))
        add_stroke(strokes, area, truth, tuple(inside[rng.integers(len(inside))]), brush)
    return strokes


def correct(strokes: Labels, found: Mask, truth: Mask, brush: Brush) -> None:
    """Add at most one stroke in the largest false area of each kind."""
    for area in (truth & ~found, found & ~truth):
        count, components, stats, _ = cv2.connectedComponentsWithStats(area.astype(np.uint8))
        if count < 2:
            continue
        largest = components == 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
        depth = cv2.distanceTransform(np.pad(largest, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
        at = tuple(int(value) for value in np.unravel_index(int(depth.argmax()), depth.shape))
        add_stroke(strokes, truth == truth[at], truth, at, brush)


def as_map(labels: Labels) -> DamageMap:
    """Return ``labels`` as strokes."""
    damage = DamageMap(labels.shape[1], labels.shape[0])
    damage.write(damage.box, labels)
    return damage


def iou(found: Mask, truth: Mask) -> float:
    """Return the overlap of two masks."""
    return float((found & truth).sum() / max((found | truth).sum(), 1))


# Measurements


def after_rounds(case: Case, seed: int, rounds: int) -> Iterator[float]:
    """Yield the overlap after 10 strokes and after each round of corrections, then after 20 strokes."""
    parameters = ExampleParameters(dilate=0)
    with open_painting(case.path) as painting:
        strokes = random_strokes(case.truth, 10, case.brush, seed)
        classifier = StrokeClassifier(painting, parameters)
        for number in range(rounds + 1):
            classifier.update(as_map(strokes))
            found = classifier.derive().read(painting.box) > 0
            yield iou(found, case.truth)
            if number < rounds:
                correct(strokes, found, case.truth, case.brush)
        classifier.update(as_map(random_strokes(case.truth, 20, case.brush, seed)))
        yield iou(classifier.derive().read(painting.box) > 0, case.truth)


def print_quality(cases: Path, real: Path, seeds: int) -> None:
    """Print the mean overlaps, the standard error over the seeds, and the worst case."""
    print("| set | 10 strokes | + 1 round | + 2 | + 5 | 20 strokes | worst after 10 | worst after + 5 |")
    print("|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        sets = {"loss cases": loss_cases(cases), "murals": mural_cases(real, Path(folder))}
        for name, chosen in sets.items():
            results = np.array(
                [[list(after_rounds(case, seed, ROUNDS)) for case in chosen] for seed in range(seeds)]
            )
            means, worst = results.mean(axis=(0, 1))[[0, 1, 2, 5, 6]], results.mean(axis=0).min(axis=0)
            values = " | ".join(f"{value:.3f}" for value in (*means, worst[0], worst[5]))
            print(f"| {name} ({len(chosen)}, {seeds} seeds) | {values} |", flush=True)


class Timed(NamedTuple):
    """Wall and processor seconds."""

    wall: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.wall:.2f} ({self.cpu:.2f})"


def timed_previews(case: Case, scale: int, count: int, prepared: bool = False) -> list[Timed]:
    """Return the times of the first preview and of those after further strokes.

    With ``prepared`` the features of the visible part were computed before, as the window does.
    """
    height, whole = case.truth.shape
    box = Box((whole - VISIBLE[0]) // 2, (height - VISIBLE[1]) // 2, *VISIBLE)
    truth, times = case.truth[box.slices], []
    with open_painting(case.path) as painting:
        painting.read_working(box)  # decodes what is visible
        classifier = StrokeClassifier(painting, ExampleParameters(dilate=0, scale=scale))
        if prepared:
            classifier.prepare(box, WIDTHS[scale])
        for number in range(count):
            drawn = random_strokes(truth, 10 + number, Brush(120, WIDTHS[scale]), 0)
            strokes = DamageMap(whole, height)
            strokes.write(box, drawn)
            started, cpu = time.perf_counter(), time.process_time()
            classifier.update(strokes)
            classifier.preview(box)
            times.append(Timed(time.perf_counter() - started, time.process_time() - cpu))
    return times


def print_speed(scan: Path) -> None:
    """Print times of previews and of the whole scan."""
    import sklearn.ensemble  # noqa: F401 - importing is not measured

    print("Wall (processor) seconds; previews of 1,200 × 800 px\n")
    print("| scale | first preview | features prepared | after a stroke, mean (worst) of 4 ", end="")
    print("| whole scan, s/MP | IoU | peak memory, GB |\n|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        case = large_case(scan, Path(folder))
        for scale in WIDTHS:
            first, *later = timed_previews(case, scale, 5)
            prepared = timed_previews(case, scale, 1, prepared=True)[0]
            mean = Timed(*np.mean(later, axis=0))
            with open_painting(case.path) as painting:
                classifier = StrokeClassifier(painting, ExampleParameters(dilate=0, scale=scale))
                strokes = random_strokes(case.truth, 20, Brush(120, WIDTHS[scale]), 0)
                model = classifier.update(as_map(strokes))
                started, cpu = time.perf_counter(), time.process_time()
                damage = detect_learned(painting, model, classifier.parameters)
                wall, cpu = time.perf_counter() - started, time.process_time() - cpu
                overlap = iou(damage.read(painting.box) > 0, case.truth)
            pixels = case.truth.size / 1e6
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
            whole = Timed(wall / pixels, cpu / pixels)
            after = f"{mean}, {max(later)}"
            print(f"| 1/{scale} | {first} | {prepared} | {after} | {whole} ", end="")
            print(f"| {overlap:.3f} | {memory:.2f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True)
    quality = commands.add_parser("quality")
    quality.add_argument("cases", type=Path, metavar="CASES")
    quality.add_argument("real", type=Path, metavar="REAL")
    quality.add_argument("--seeds", type=int, default=3)
    quality.set_defaults(run=lambda given: print_quality(given.cases, given.real, given.seeds))
    speed = commands.add_parser("speed")
    speed.add_argument("scan", type=Path, metavar="SCAN")
    speed.set_defaults(run=lambda given: print_speed(given.scan))
    given = parser.parse_args()
    given.run(given)


if __name__ == "__main__":
    main()
