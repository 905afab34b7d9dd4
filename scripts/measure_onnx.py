"""``python -m scripts.measure_onnx CASES [--count N]``: precisions of the embedded network's ONNX graphs.

Prints, for each precision, the PSNR in the hole of samples and of finished fills against the original, their
difference to those in float32, and the CPU time of a sample.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

from imagest_core.arrays import Image, Mask
from imagest_core.models.description import read_description
from imagest_core.models.installed import embedded_folder
from imagest_core.models.onnx.backbone import LoadedGraphs, OnnxBackbone
from imagest_core.models.onnx.export import ExportOptions, export
from imagest_core.models.onnx.graphs import GRAPHS
from imagest_core.models.onnx.precision import FLOAT32, PRECISIONS
from imagest_core.models.onnx.providers import CPU, open_session
from imagest_core.painting.geometry import Box
from imagest_core.painting.picture_files import read_picture
from imagest_core.progress import Progress
from imagest_core.restoration.diffusion.session import pictures_of
from imagest_core.restoration.diffusion.solvers import Solver
from imagest_core.restoration.diffusion.textured import TexturedSession, TexturedSettings
from imagest_core.restoration.engines.imagest import PRESETS, SAMPLE_SCALE
from imagest_core.restoration.modes import Quality
from imagest_core.restoration.planning.window import Window, WindowView
from imagest_core.restoration.request import RestorationRequest


def backbone_of(precision: str, folder: Path) -> OnnxBackbone:
    """The embedded network with its weights in ``precision``."""
    export(embedded_folder(), folder / precision, ExportOptions(precision))
    sessions, held = {}, []
    for part in GRAPHS:
        sessions[part], memory = open_session((folder / precision / f"{part}.onnx").read_bytes(), CPU)
        held.append(memory)
    description = read_description(embedded_folder())
    return OnnxBackbone(LoadedGraphs(description, folder / precision, sessions, tuple(held), 0))


def read_case(folder: Path) -> tuple[Image, WindowView]:
    """The original (h, w, 3) in 0–1, and the window to fill."""
    clean, damaged = (
        read_picture(folder / name)[..., ::-1].astype(np.float32) / np.float32(255)
        for name in ("clean.png", "damaged.png")
    )
    mask = read_picture(folder / "mask.png", cv2.IMREAD_GRAYSCALE) > 127
    height, width = mask.shape
    return clean, WindowView(Window(1, Box(0, 0, width, height)), damaged, mask)


def psnr(one: Image, other: Image, mask: Mask) -> float:
    """PSNR in dB over the samples in ``mask``."""
    difference = np.clip(one[mask], 0, 1).astype(np.float64) - np.clip(other[mask], 0, 1)
    return float(-10 * np.log10(max(np.square(difference).mean(), 1e-12)))


def session_of(backbone: OnnxBackbone, scale: int) -> TexturedSession:
    """A session at standard quality that samples at ``1 / scale`` of the size."""
    solver = Solver(*PRESETS[Quality.STANDARD])
    return TexturedSession(backbone, RestorationRequest(), TexturedSettings(solver, scale=scale), None)


def measure(backbone: OnnxBackbone, cases: list[tuple[Image, WindowView]]) -> dict[str, list[Image] | float]:
    """Samples at the quarter and at the full size, fills, and the CPU seconds of a full-size sample."""
    found: dict[str, list[Image] | float] = {}
    for name, scale in (("sample, 1/4 size", SAMPLE_SCALE), ("sample, full size", 1)):
        session, images, seconds = session_of(backbone, scale), [], []
        for _, view in cases:
            batch = session.pipeline.prepare([view])
            start = time.process_time()
            images.append(pictures_of(session.pipeline.sample(batch, Progress()), [view])[0])
            seconds.append(time.process_time() - start)
        found[name], found[f"{name}, CPU s"] = images, float(np.median(seconds))
    session = session_of(backbone, SAMPLE_SCALE)
    found["fill"] = [session.fill([view], Progress())[0].image for _, view in cases]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", type=Path)
    parser.add_argument("--count", type=int, default=8)
    args = parser.parse_args()
    cases = [read_case(folder) for folder in sorted(args.cases.iterdir())[: args.count]]
    plain: dict[str, list[Image] | float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for precision in sorted(PRECISIONS, key=lambda each: each != FLOAT32):
            found = measure(backbone_of(precision, Path(folder)), cases)
            plain = plain or found
            for name, images in found.items():
                if not isinstance(images, list):
                    print(
                        f"{precision:<8} {name:<26} {images:8.3f}  × {images / plain[name]:.2f}", flush=True
                    )
                    continue
                own = [psnr(image, clean, view.mask) for image, (clean, view) in zip(images, cases)]
                base = [psnr(image, clean, view.mask) for image, (clean, view) in zip(plain[name], cases)]
                near = [psnr(a, b, view.mask) for a, b, (_, view) in zip(images, plain[name], cases)]
                change = np.mean(own) - np.mean(base)
                worst = max(abs(a - b) for a, b in zip(own, base))
                print(
                    f"{precision:<8} {name:<26} {np.mean(own):8.3f} dB  {change:+.3f} dB, at most {worst:.3f}"
                    f"; to float32 {np.mean(near):.1f} dB",
                    flush=True,
                )


if __name__ == "__main__":
    main()
