"""Measure how well a mask grows over simulated rims; print the table of docs/damage-detection.md.

    python -m scripts.measure_rims FOLDER [--crops 2] [--seed 0] [--each]

FOLDER contains pictures of paintings (PNG, JPEG, TIFF, WebP). Losses with rims of ground, of shadow and of
raised edges are simulated in crops of them. Each mask covers the losses without their rims. It is grown by
``clean_rim``, and the crop is restored with the spline.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import cv2
import imagecodecs
import numpy as np

from imagest_core.arrays import Image, Mask
from imagest_core.damage.map import DamageMap
from imagest_core.damage.rim import clean_rim
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting, open_painting
from imagest_core.restoration.api import restore
from imagest_core.restoration.request import RestorationRequest

SUFFIXES = {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp"}
SIDE = 320
"""Side (px) of a crop; smaller pictures are used whole."""
WIDTHS = 1.0, 6.0
"""Widths (px) of a rim; they vary along it."""
VISIBLE = 2.0
"""Least distance (CIELAB) from the intact picture of a pixel that belongs to the rim."""
NOISE = 0.004
GROUNDS = (0.86, 0.82, 0.74), (0.70, 0.60, 0.46), (0.45, 0.32, 0.24)
"""Chalk, clay plaster and bole."""
RELIEF, FAINT_RELIEF = (0.8, 1.6), (0.4, 0.8)
"""Strength of raised edges: logarithm of the light on an edge that faces the lamp, relative to flat paint."""


class Crop(NamedTuple):
    """Intact paint, losses in it, and the width (px) of their rims at each pixel."""

    intact: Image
    losses: Mask
    width: Image


class Rim(NamedTuple):
    """A damaged picture, the intact one, the losses without their rim, and the visible rim."""

    picture: Image
    intact: Image
    losses: Mask
    rim: Mask


@dataclass(frozen=True)
class Row:
    """Measurements of a crop: errors in CIELAB units, shares from 0 to 1.

    ``covered`` is the share of the rim's pixels, ``visible`` that of their difference from intact paint.
    """

    before: float
    after: float
    true: float
    covered: float
    visible: float
    beyond: float
    intact: float

    @property
    def removed(self) -> float:
        return 1 - self.after / self.before


def smooth_noise(rng: np.random.Generator, shape: tuple[int, int], sigma: float) -> Image:
    """Return (h, w) smooth random values with a uniform distribution from 0 to 1."""
    noise = cv2.GaussianBlur(rng.standard_normal(shape).astype(np.float32), (0, 0), sigma)
    ranks = np.empty(noise.size, np.float32)
    ranks[noise.ravel().argsort()] = np.linspace(0, 1, noise.size, dtype=np.float32)
    return ranks.reshape(shape)


def losses_in(rng: np.random.Generator, shape: tuple[int, int]) -> Mask:
    """Return (h, w) bool: blots of 150 px or more that keep away from the borders of the crop."""
    blots = smooth_noise(rng, shape, float(rng.uniform(7, 16))) > 0.93
    blots[:16], blots[-16:], blots[:, :16], blots[:, -16:] = (False,) * 4
    _, labels, stats, _ = cv2.connectedComponentsWithStats(blots.astype(np.uint8))
    large = stats[:, cv2.CC_STAT_AREA] >= 150
    large[0] = False
    return np.asarray(large[labels])


def crops_of(path: Path, count: int, rng: np.random.Generator) -> Iterator[Crop]:
    """Yield crops of a picture with losses."""
    with open_painting(path, assume_srgb=True) as painting:
        width, height = min(SIDE, painting.width), min(SIDE, painting.height)
        for _ in range(count):
            x, y = (
                int(rng.integers(left + 1)) for left in (painting.width - width, painting.height - height)
            )
            intact = np.clip(painting.read_working(Box(x, y, width, height)), 0, 1).astype(np.float32)
            losses = losses_in(rng, intact.shape[:2])
            low, high = WIDTHS
            if losses.any():
                yield Crop(intact, losses, low + (high - low) * smooth_noise(rng, losses.shape, 14))


def distance_to(mask: Mask) -> Image:
    return np.asarray(cv2.distanceTransform((~mask).view(np.uint8), cv2.DIST_L2, 5))


def cover_of(crop: Crop) -> Image:
    """Return (h, w) how strongly a rim shows: 1 within the losses, falling to 0 at its width."""
    cover = np.clip(1.1 - distance_to(crop.losses) / (crop.width + 0.5), 0, 1)
    return np.asarray(np.where(crop.losses, 1, cover)[..., np.newaxis])


def ground_of(rng: np.random.Generator, shape: tuple[int, ...]) -> Image:
    grain = cv2.GaussianBlur(rng.standard_normal(shape[:2]).astype(np.float32), (0, 0), 1.5) * 0.06
    return np.asarray(np.array(GROUNDS[rng.integers(len(GROUNDS))]) * (1 + grain[..., np.newaxis]))


def with_ground(crop: Crop, ground: Image, rng: np.random.Generator) -> Image:
    cover = cover_of(crop)
    return crop.intact * (1 - cover) + ground * cover


def with_hard_ground(crop: Crop, ground: Image, rng: np.random.Generator) -> Image:
    """Ground that ends sharply: the mask ends within the loss."""
    cover = cv2.GaussianBlur((distance_to(crop.losses) <= crop.width + 1).astype(np.float32), (0, 0), 0.6)
    return crop.intact * (1 - cover[..., np.newaxis]) + ground * cover[..., np.newaxis]


def with_shadow(crop: Crop, ground: Image, rng: np.random.Generator) -> Image:
    shaded = crop.intact * (1 - 0.45 * cover_of(crop))
    return np.where(crop.losses[..., np.newaxis], ground, shaded)


def with_raised_edge(
    crop: Crop, ground: Image, rng: np.random.Generator, relief: tuple[float, float] = RELIEF
) -> Image:
    """Light from one side: slopes towards it are lit, slopes away from it shaded; the paint keeps its hue."""
    distance = cv2.GaussianBlur(distance_to(crop.losses), (0, 0), 2.0)
    slope = np.stack(np.gradient(distance)[::-1], axis=-1)
    slope /= np.maximum(np.linalg.norm(slope, axis=-1, keepdims=True), 1e-3)
    angle = rng.uniform(0, 2 * np.pi)
    towards = slope @ np.array([np.cos(angle), np.sin(angle)])
    lifted = rng.uniform(*relief) * (0.4 + 0.6 * smooth_noise(rng, distance.shape, 20))
    light = np.exp((towards * lifted)[..., np.newaxis] * cover_of(crop))
    lit = linear(crop.intact) * light + 0.03 * np.maximum(light - 1, 0)
    return np.where(crop.losses[..., np.newaxis], ground, encoded(lit))


def linear(srgb: Image) -> Image:
    return np.asarray(np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4))


def encoded(light: Image) -> Image:
    light = np.clip(light, 0, 1)
    return np.asarray(np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055))


KINDS: dict[str, Callable[[Crop, Image, np.random.Generator], Image]] = {
    "ground": with_ground,
    "shadow": with_shadow,
    "raised edge": with_raised_edge,
    "faint raised edge": partial(with_raised_edge, relief=FAINT_RELIEF),
    "ground, sharp edge": with_hard_ground,
}


def lab_of(picture: Image) -> Image:
    return np.asarray(cv2.cvtColor(picture.astype(np.float32), cv2.COLOR_RGB2LAB))


def rim_of(crop: Crop, kind: str, rng: np.random.Generator) -> Rim:
    """Simulate the losses of ``crop`` with rims of ``kind`` and the noise of a scan."""
    clean = np.clip(KINDS[kind](crop, ground_of(rng, crop.intact.shape), rng), 0, 1)
    changed = np.linalg.norm(lab_of(clean) - lab_of(crop.intact), axis=-1) > VISIBLE
    picture = np.clip(clean + rng.normal(0, NOISE, clean.shape), 0, 1).astype(np.float32)
    return Rim(picture, crop.intact, crop.losses, changed & ~crop.losses)


def filled(painting: Painting, mask: Mask) -> Image:
    request = RestorationRequest.of("spline")
    result = restore(painting, DamageMap.from_mask(mask), request)
    whole = painting.read_working()
    for fill in result.fills:
        whole[fill.box.slices][fill.mask] = fill.colour[fill.mask]
    return np.clip(whole, 0, 1)


def grown(painting: Painting, mask: Mask) -> Mask:
    cleaned = clean_rim(painting, DamageMap.from_mask(mask)).damage
    return np.asarray(cleaned.read(cleaned.box) > 0)


def measured(simulated: Rim, folder: Path) -> Row:
    """Grow the mask of the losses over their rim; restore with the mask before, after and with the rim."""
    picture, intact, losses, rim = simulated
    path = folder / "rim.png"
    path.write_bytes(imagecodecs.png_encode(np.rint(picture * 255).astype(np.uint8)))
    complete = cv2.dilate((losses | rim).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    with open_painting(path, assume_srgb=True) as painting:
        after = grown(painting, losses)
        errors = [
            float(np.linalg.norm(lab_of(filled(painting, mask)) - lab_of(intact), axis=-1)[rim].mean())
            for mask in (losses, after, losses | rim)
        ]
        kept = grown(painting, complete)
    added, pixels = after & ~losses, rim.sum()
    differs = np.linalg.norm(lab_of(picture) - lab_of(intact), axis=-1) * rim
    visible = (differs * added).sum() / differs.sum()
    shares = (added & rim).sum() / pixels, visible, (added & ~rim).sum() / pixels
    return Row(*errors, *map(float, shares), float((kept & ~complete).sum() / complete.sum()))


def line_of(name: str, rows: list[Row]) -> str:
    """Return a line of the table: means, and the worst crop in brackets."""
    values = {field: np.array([getattr(row, field) for row in rows]) for field in Row.__dataclass_fields__}
    removed = np.array([row.removed for row in rows])
    removable = 1 - values["true"] / values["before"]
    errors = (f"{values[each].mean():.1f} ({values[each].max():.1f})" for each in ("before", "after", "true"))
    shares = (
        f"{100 * values[each].mean():.1f} ({100 * values[each].max():.1f})" for each in ("beyond", "intact")
    )
    fall = 1 - values["after"].mean() / values["before"].mean()
    halved = f"{fall:.0%} | {(removed >= 0.5).sum()} of {len(rows)}, possible {(removable >= 0.5).sum()}"
    covered = f"{values['covered'].mean():.0%} / {values['visible'].mean():.0%}"
    return f"| {name} | {' | '.join(errors)} | {halved} | {covered} | {' | '.join(shares)} |"


def pictures_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--crops", type=int, default=2, help="crops of each picture")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--each", action="store_true", help="print a line for each crop as well")
    args = parser.parse_args()
    print("| rim | error before | after | with the true rim | fall | halved | covered | beyond | intact |")
    print("|---|---|---|---|---|---|---|---|---|")
    rows: dict[str, list[Row]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        for number, path in enumerate(pictures_in(args.folder)):
            rng = np.random.default_rng((args.seed, number))
            for crop in crops_of(path, args.crops, rng):
                for kind in KINDS:
                    row = measured(rim_of(crop, kind, rng), Path(folder))
                    rows[kind].append(row)
                    if args.each:
                        print(line_of(f"{path.name}: {kind}", [row]), flush=True)
    for kind, measurements in rows.items():
        print(line_of(kind, measurements))


if __name__ == "__main__":
    main()
