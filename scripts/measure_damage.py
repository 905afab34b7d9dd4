"""Measure derived and detected masks against known ones; print the tables of docs/damage-detection.md.

    python scripts/measure_damage.py CASES REAL [INTACT ...]

CASES contains folders NNN-KIND with clean.png, damaged.png, photo.jpg and mask.png; REAL contains pairs
cracks-NAME.jpg and cracks-NAME-mask.png; INTACT are scans of paintings without cracks.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path

import cv2
import numpy as np

from imagest_core.arrays import Mask
from imagest_core.damage.detection.crack_response import top_hat
from imagest_core.damage.detection.cracks import CrackParameters, Polarity, preview_cracks
from imagest_core.damage.detection.derive import derive_damage
from imagest_core.damage.detection.detect import detect_cracks
from imagest_core.damage.detection.difference import LUMA
from imagest_core.damage.detection.losses import LossParameters, preview_losses
from imagest_core.damage.mask_io import read_mask
from imagest_core.painting.reader import open_painting

BASELINE_WIDTHS = {"cracks": (7, 9, 15), "losses": (41,)}


def dilated(mask: Mask, pixels: int) -> Mask:
    return cv2.dilate(mask.astype(np.uint8), np.ones((2 * pixels + 1,) * 2, np.uint8)) > 0


def scores(detected: Mask, truth: Mask, tolerance: int) -> tuple[float, float, float]:
    """Return precision, recall and F1, with a tolerance of ``tolerance`` px."""
    precision = (detected & dilated(truth, tolerance)).sum() / max(detected.sum(), 1)
    recall = (truth & dilated(detected, tolerance)).sum() / max(truth.sum(), 1)
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-9)


def false_components(detected: Mask, truth: Mask, tolerance: int) -> int:
    """Return the number of detected pieces that are not near the truth and would have to be erased."""
    count, labels = cv2.connectedComponents(detected.astype(np.uint8), connectivity=8)
    return count - 1 - len(np.unique(labels[detected & dilated(truth, tolerance)]))


def otsu_on_top_hat(rgb: np.ndarray, widest: int, light: bool) -> Mask:
    """Detect with the simple baseline: one top-hat filter and Otsu's threshold."""
    luma = (rgb @ LUMA).astype(np.float32)
    hat = top_hat(1 - luma if light else luma, widest)
    levels = np.clip(hat / max(hat.max(), 1e-6) * 255, 0, 255).astype(np.uint8)
    return cv2.threshold(levels, 0, 255, cv2.THRESH_OTSU)[1] > 0


def working(path: Path) -> np.ndarray:
    with open_painting(path) as painting:
        return painting.read_working()


def truth_of(path: Path) -> Mask:
    damage = read_mask(path)
    return damage.read(damage.box) > 0


def print_derived(cases: Iterable[Path]) -> None:
    overlaps: dict[str, list[float]] = defaultdict(list)
    for case in cases:
        with open_painting(case / "clean.png") as clean, open_painting(case / "photo.jpg") as photo:
            damage = derive_damage(clean, photo).damage
        found, truth = damage.read(damage.box) > 0, dilated(truth_of(case / "mask.png"), 1)
        overlaps[case.name.split("-")[1]].append((found & truth).sum() / max((found | truth).sum(), 1))
    print("\nDerived from clean.png and photo.jpg: mean IoU (worst) with the mask grown by 1 px\n")
    print("| kind | cases | mean | worst |\n|---|---|---|---|")
    overlaps["all"] = [value for values in overlaps.values() for value in values]
    for kind, values in overlaps.items():
        print(f"| {kind} | {len(values)} | {np.mean(values):.3f} | {min(values):.3f} |")


def print_detected(
    title: str, pictures: list[tuple[Path, Path]], tolerance: int, methods: dict[str, Callable[..., Mask]]
) -> None:
    print(f"\n{title}, tolerance {tolerance} px, mean over {len(pictures)}\n")
    print("| method | precision | recall | F1 | false pieces |\n|---|---|---|---|---|")
    for name, find in methods.items():
        rows = []
        for picture, mask in pictures:
            truth = truth_of(mask)
            found = find(working(picture), truth)
            rows.append((*scores(found, truth, tolerance), false_components(found, truth, tolerance)))
        *shares, components = np.mean(rows, axis=0)
        print(f"| {name} | " + " | ".join(f"{value:.3f}" for value in shares) + f" | {components:.0f} |")


def methods_for(kind: str) -> dict[str, Callable[..., Mask]]:
    methods: dict[str, Callable[..., Mask]] = {}
    for width in BASELINE_WIDTHS[kind]:
        methods[f"Otsu on a top-hat of {width} px"] = lambda rgb, _, w=width: otsu_on_top_hat(
            rgb, w, kind == "losses"
        )
    if kind == "cracks":
        for name, options in (
            ("crack detector", {}),
            ("without tone", {"tone": 0.0}),
            ("without texture", {"texture": 0.0}),
        ):
            how = CrackParameters(dilate=0, **options)
            methods[name] = lambda rgb, _, how=how: preview_cracks(rgb, how)
        return methods
    methods["losses, ground found"] = lambda rgb, _: preview_losses(rgb, LossParameters(dilate=0))
    methods["losses, ground given"] = lambda rgb, truth: preview_losses(
        rgb, LossParameters(ground=tuple(float(v) for v in rgb[truth].mean(axis=0)), dilate=0)
    )
    return methods


def print_intact(scans: Iterable[Path]) -> None:
    """Print how much of paintings without cracks is marked by default, dilation included."""
    print("\nMarked where there are no cracks, percent of the surface\n")
    print("| scan | dark | light |\n|---|---|---|")
    for scan in scans:
        with open_painting(scan) as painting:
            found = [
                detect_cracks(painting, CrackParameters(polarity=polarity)).count() / painting.box.area
                for polarity in (Polarity.DARK, Polarity.LIGHT)
            ]
        print(f"| {scan.name} | " + " | ".join(f"{share:.1%}" for share in found) + " |")


def print_speed() -> None:
    rgb = np.random.default_rng(0).random((1000, 1000, 3), dtype=np.float32)
    rgb = cv2.GaussianBlur(rgb, (0, 0), 3)
    print("\nPreview of 1 megapixel, processor time, best of 3\n")
    for name, find in (
        ("cracks", lambda: preview_cracks(rgb, CrackParameters())),
        ("loss detector, ground given", lambda: preview_losses(rgb, LossParameters(ground=(0.5, 0.5, 0.5)))),
    ):
        times = []
        for _ in range(3):
            started = time.process_time()
            find()
            times.append(time.process_time() - started)
        print(f"{name}: {min(times) * 1000:.0f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("cases", type=Path, metavar="CASES")
    parser.add_argument("real", type=Path, metavar="REAL")
    parser.add_argument("intact", type=Path, nargs="*", metavar="INTACT")
    given = parser.parse_args()
    cases = sorted(path.parent for path in given.cases.glob("*/mask.png"))
    print_derived(cases)
    for kind in ("cracks", "losses"):
        chosen = [case for case in cases if case.name.endswith(kind)]
        pictures = [(case / "damaged.png", case / "mask.png") for case in chosen]
        print_detected(f"Cases of {kind}", pictures, 1, methods_for(kind))
    for mask in sorted(given.real.glob("cracks-*-mask.png")):
        picture = mask.with_name(mask.name.replace("-mask.png", ".jpg"))
        print_detected(f"Photograph {picture.stem}", [(picture, mask)], 3, methods_for("cracks"))
    print_intact(given.intact)
    print_speed()


if __name__ == "__main__":
    main()
