"""Fill a case with a method, with the same samples as a user's export."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Image8, Mask
from imagest_core.damage.map import DamageMap
from imagest_core.damage.mask_io import read_mask
from imagest_core.evaluation.cases import Case, CasePictures, eight_bit
from imagest_core.evaluation.methods import Method
from imagest_core.evaluation.noise import with_grain
from imagest_core.painting.color.working import colour_space
from imagest_core.painting.reader import Painting, open_painting
from imagest_core.progress import Progress
from imagest_core.restoration.api import restore
from imagest_core.restoration.engines.registry import get_engine
from imagest_core.restoration.request import RestorationRequest
from imagest_core.restoration.result import RestorationResult
from imagest_core.style.reference import StyleReference
from imagest_core.style.suggest import suggest_regions


@dataclass(frozen=True)
class Filled:
    """A restored picture, (h, w, 3) uint8 sRGB, and the time in seconds."""

    picture: Image8
    seconds: float


def fill_case(
    case: Case,
    request: RestorationRequest,
    progress: Progress,
    style: StyleReference | None = None,
) -> Filled:
    """Restore the damaged picture of ``case``; the time excludes reading and writing.

    Without a ``style``, the program suggests one as for a user who gives none.
    """
    with open_painting(case.damaged) as painting:
        damage = read_mask(case.mask, (painting.width, painting.height))
        started = time.perf_counter()
        result = restore(painting, damage, request, style or _style(painting, damage, request), progress)
        seconds = time.perf_counter() - started
        return Filled(eight_bit(_restored(painting, result)), seconds)


def _style(painting: Painting, damage: DamageMap, request: RestorationRequest) -> StyleReference | None:
    """Return the style reference that the program suggests."""
    if not get_engine(request.engine).uses_style(request):
        return None
    regions = suggest_regions(painting, damage)
    return StyleReference(regions, suggested=True) if regions else None


def add_grain(pictures: CasePictures, smooth: Filled, like: Image8, request: RestorationRequest) -> Filled:
    """Add white noise with the fine energy of ``like`` to ``smooth`` in the dilated mask: the control."""
    started = time.perf_counter()
    dilated = DamageMap.from_mask(pictures.mask).dilated(request.dilation)
    filled = dilated.read(dilated.box) > 0
    picture = with_grain(smooth.picture, like, pictures.mask, filled, request.seed)
    return Filled(picture, smooth.seconds + time.perf_counter() - started)


def fill_with_model(case: Case, method: Method, progress: Progress) -> Filled:
    """Fill ``case`` by a VQGAN, or transfer the style after the fill; the time is that of both stages."""
    first = fill_case(case, method.request, progress.part(0.0, 0.9))
    started = time.perf_counter()
    hole = filled_mask(case, method.request.dilation)
    last, seed = progress.part(0.9, 1.0), method.request.seed
    if method.vqgan:
        from imagest_core.evaluation.vqgan import load_vqgan

        network = load_vqgan(method.vqgan, method.request.device)
        started = time.perf_counter()
        picture = network.fill(first.picture, hole, method.prompt, seed, last)
    else:
        from imagest_core.evaluation.style_transfer import style_fill

        picture = eight_bit(style_fill(np.asarray(first.picture / 255, np.float32), hole, seed, last))
    return Filled(picture, first.seconds + time.perf_counter() - started)


def filled_mask(case: Case, dilation: int) -> Mask:
    """Return the mask (h, w) of the pixels that fills with this ``dilation`` replace."""
    with open_painting(case.damaged) as painting:
        damage = read_mask(case.mask, (painting.width, painting.height)).dilated(dilation)
        return np.asarray(damage.read(damage.box) > 0)


def _restored(painting: Painting, result: RestorationResult) -> NDArray[np.float32]:
    """Return the whole picture in working colour with the patches of an export."""
    samples = painting.read()
    for patch in result.patches(painting):
        under = samples[patch.box.slices]
        under[...] = (
            patch.samples if patch.mask is None else np.where(patch.mask[..., None], patch.samples, under)
        )
    space, _ = colour_space(painting.profile, painting.grey)
    colours = samples[..., : 1 if painting.grey else 3].astype(np.float32)
    return space.to_working(colours / np.float32(np.iinfo(painting.dtype).max))
