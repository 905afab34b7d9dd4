"""The figures of the Imagest paper (Hu et al., npj Heritage Science 2025), as printed in its tables 1 and 2.

They were measured on other pictures, with other weights and on another machine: an RTX 4090D. The paper
states neither the normalisation of its style loss nor the scale of its CLIP score.
"""

from __future__ import annotations

from collections.abc import Mapping

Figures = Mapping[str, float]

SOURCE = "Hu et al., npj Heritage Science 2025"
SYNTHESIS_COLUMNS = ("style", "clip", "fid", "kid", "seconds", "memory")
RESTORATION_COLUMNS = ("fid", "kid", "lpips", "ssim", "psnr")
LOWER_IS_BETTER = frozenset({"style", "fid", "kid", "lpips", "seconds", "memory"})


def _synthesis(style: float, clip: float, fid: float, seconds: float, memory: float | None = None) -> Figures:
    figures = {"style": style, "clip": clip, "fid": fid, "seconds": seconds}
    return figures if memory is None else {**figures, "memory": memory}


def _restoration(fid: float, lpips: float, ssim: float, psnr: float) -> Figures:
    return {"fid": fid, "lpips": lpips, "ssim": ssim, "psnr": psnr}


TABLE_1: Mapping[str, Figures] = {
    "Imagest (SD)": _synthesis(1.43, 78.36, 17.03, 3.63, 3.89),
    "Stable Diffusion": _synthesis(5.89, 54.75, 18.62, 3.52, 3.25),
    "DALL·E 2": _synthesis(4.97, 69.25, 16.72, 11.23),
    "Imagen": _synthesis(5.43, 73.26, 14.99, 16.69),
    "Stable Diffusion with style transfer": _synthesis(1.74, 43.72, 28.62, 3.71, 4.73),
    "DALL·E 2 with style transfer": _synthesis(1.79, 62.11, 21.64, 12.08),
    "Imagen with style transfer": _synthesis(1.72, 69.58, 19.82, 17.83),
    "DreamBooth (SD)": _synthesis(1.85, 67.83, 19.52, 3.57, 3.52),
    "LoRA (SD)": _synthesis(2.51, 65.62, 19.87, 3.68, 3.47),
    "InST": _synthesis(2.01, 69.42, 18.32, 6.41, 4.25),
    "Textual Inversion (SD)": _synthesis(2.72, 62.01, 20.46, 3.72, 3.62),
    "IP-Adapter (SD)": _synthesis(1.68, 76.46, 14.72, 3.86, 4.06),
}
TABLE_2: Mapping[str, Figures] = {
    "Imagest (SD)": _restoration(10.62, 0.244, 0.882, 27.5),
    "VQGAN": _restoration(12.89, 0.280, 0.835, 24.3),
    "Stable Diffusion 1.4": _restoration(12.30, 0.252, 0.864, 25.8),
    "Stable Diffusion 1.5": _restoration(10.87, 0.249, 0.879, 26.9),
    "DALL·E 2": _restoration(10.03, 0.225, 0.892, 27.1),
}
