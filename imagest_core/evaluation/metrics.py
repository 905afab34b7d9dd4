"""Metrics that compare a fill with the truth, without trained weights.

Every picture is (h, w, 3) uint8 sRGB, every mask (h, w) bool, true in the damage (not dilated).
``none`` in the published tables is the damaged picture itself, measured with the same functions.

- PSNR and SSIM in the mask: over the three channels in 0–1; SSIM is the map of Wang et al. 2004
  (11×11 Gaussian window of σ 1.5, population covariance), averaged over the mask.
- HaarPSI and GMSD of the whole picture, as ``piq`` computes them.
- Energies are ratios of the fill's detail to the truth's: 1 is as much, 0 is none. They don't tell
  whether the detail is right: white noise has energy, too. Both are measured on 8-bit grey
  (Rec. 601), edges mirrored without repeating the border (``BORDER_REFLECT_101``).
- CIEDE2000 is the mean colour difference in the mask (D65).
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Image8, Mask
from imagest_core.errors import MaskError

OCTAVES = ((0.0, 1.0), (1.0, 2.0), (2.0, 4.0))
"""σ of the two Gaussians of each difference-of-Gaussian band, in pixels, finest first."""

METRICS = ("psnr", "ssim", "haarpsi", "gmsd", "energy", "band1", "band2", "band3", "de2000")
"""The metrics of :func:`measure`, in the order of the tables."""


def measure(fill: Image8, truth: Image8, mask: Mask) -> dict[str, float]:
    """Return every metric of :data:`METRICS` for one case; raises ``MaskError`` for an empty mask.

    A ratio is NaN if the truth is flat (no energy); the PSNR of an exact fill is infinite.
    """
    if not mask.any():
        raise MaskError("The mask of this case is empty: there is nothing to measure.")
    _same_shape(fill, truth, mask)
    values = {"psnr": psnr(fill, truth, mask), "ssim": ssim(fill, truth, mask)}
    values |= whole_picture(fill, truth) | {"energy": gradient_energy(fill, truth, mask)}
    for number, share in enumerate(band_energies(fill, truth, mask), start=1):
        values[f"band{number}"] = share
    return values | {"de2000": colour_difference(fill, truth, mask)}


def psnr(fill: Image8, truth: Image8, mask: Mask) -> float:
    """Return 10·log₁₀(1/MSE) in dB over all samples of the mask, for pictures in 0–1."""
    error = (fill[mask].astype(np.float64) - truth[mask]) / 255
    mse = float(np.mean(error**2))
    return float("inf") if mse == 0 else -10 * float(np.log10(mse))


def ssim(fill: Image8, truth: Image8, mask: Mask) -> float:
    """Return the mean of the SSIM map over the mask and the channels, at most 1."""
    from skimage.metrics import structural_similarity

    _, similarity = structural_similarity(
        fill / 255, truth / 255, data_range=1.0, channel_axis=2, gaussian_weights=True, sigma=1.5,
        use_sample_covariance=False, full=True,
    )  # fmt: skip
    return float(similarity[mask].mean())


def whole_picture(fill: Image8, truth: Image8) -> dict[str, float]:
    """Return HaarPSI (0–1, higher is better) and GMSD (≥ 0, lower is better) of the whole picture."""
    import piq

    ours, theirs = _tensor(fill), _tensor(truth)
    return {
        "haarpsi": float(piq.haarpsi(ours, theirs, data_range=1.0)),
        "gmsd": float(piq.gmsd(ours, theirs, data_range=1.0)),
    }


def gradient_energy(fill: Image8, truth: Image8, mask: Mask) -> float:
    """Return the ratio fill / truth of the mean Sobel magnitude in the mask eroded by one pixel (3×3).

    NaN if the damage is nowhere wider than two pixels, so nothing is left after eroding.
    """
    core = cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return _ratio(_mean(_sobel(fill)[core]), _mean(_sobel(truth)[core]))


def band_energies(fill: Image8, truth: Image8, mask: Mask) -> tuple[float, ...]:
    """Return the ratio fill / truth of the RMS of each band of :data:`OCTAVES` in the mask."""
    pairs = zip(octaves(fill), octaves(truth))
    return tuple(_ratio(_rms(ours[mask]), _rms(theirs[mask])) for ours, theirs in pairs)


def octaves(picture: Image8) -> list[NDArray[np.float64]]:
    """Return the bands of the grey picture, each (h, w) in units of 0–255, finest first."""
    grey = _grey(picture)
    return [_blurred(grey, fine) - _blurred(grey, coarse) for fine, coarse in OCTAVES]


def colour_difference(fill: Image8, truth: Image8, mask: Mask) -> float:
    """Return the mean CIEDE2000 over the mask, ≥ 0."""
    from skimage.color import deltaE_ciede2000, rgb2lab

    # As a picture of one row, which the conversions need.
    ours, theirs = fill[mask][None] / 255, truth[mask][None] / 255
    return float(np.mean(deltaE_ciede2000(rgb2lab(theirs), rgb2lab(ours))))


def _same_shape(fill: Image8, truth: Image8, mask: Mask) -> None:
    if fill.shape != truth.shape or fill.shape[:2] != mask.shape:
        raise MaskError(
            f"The fill {fill.shape[1::-1]}, the truth {truth.shape[1::-1]} and the mask "
            f"{mask.shape[::-1]} must have the same size (width, height)."
        )


def _tensor(picture: Image8) -> Any:
    import torch

    return torch.from_numpy(picture.transpose(2, 0, 1)[None] / np.float32(255))


def _grey(picture: Image8) -> NDArray[np.float64]:
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2GRAY), np.float64)


def _blurred(grey: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    return grey if sigma == 0 else np.asarray(cv2.GaussianBlur(grey, (0, 0), sigma), np.float64)


def _sobel(picture: Image8) -> NDArray[np.float64]:
    grey = _grey(picture)
    across, down = cv2.Sobel(grey, cv2.CV_64F, 1, 0, ksize=3), cv2.Sobel(grey, cv2.CV_64F, 0, 1, ksize=3)
    return np.asarray(np.hypot(across, down), np.float64)


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if values.size else float("nan")


def _rms(values: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean(values**2)))


def _ratio(ours: float, theirs: float) -> float:
    return ours / theirs if theirs > 0 else float("nan")
