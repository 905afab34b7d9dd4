"""``imagest bench``: measure and compare speeds on this computer."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagest_core.cli.bench_scans import KINDS, measure_scan
from imagest_core.cli.bench_view import SIDE, damaged_view
from imagest_core.cli.parsing import whole
from imagest_core.errors import InputError
from imagest_core.printable import show
from imagest_core.progress import Progress

if TYPE_CHECKING:
    from imagest_core.painting.reader import Painting
    from imagest_core.restoration.planning.window import WindowView

REPEATS = 3


@dataclass(frozen=True)
class Timing:
    """The ``seconds`` of the fastest of several runs of ``name``."""

    name: str
    seconds: float


@dataclass(frozen=True)
class SpeedComparison:
    """Timings of the same task; the others are compared with the first."""

    task: str
    timings: tuple[Timing, ...]

    def lines(self) -> list[str]:
        """Return a table of seconds and ratios to the first timing."""
        first = self.timings[0].seconds
        rows = [f"  {t.name:<26}{t.seconds:10.4f} s{t.seconds / first:10.2f} ×" for t in self.timings]
        return [self.task, *rows]


def add_commands(subparsers: Any) -> None:
    """Add ``bench``."""
    parser = subparsers.add_parser("bench", help="measure speeds on this computer")
    parser.add_argument(
        "what",
        nargs="?",
        choices=("core", "gui", "diffusion", "onnx"),
        default="core",
        help="the core (default), the window, Stable Diffusion beside diffusers' own pipeline, or ONNX"
        " Runtime beside torch",
    )
    parser.add_argument("--engine", action="append", metavar="NAME", help="only this engine; repeatable")
    parser.add_argument(
        "--repeats",
        type=whole(1, 1000),
        default=REPEATS,
        metavar="N",
        help=f"number of runs (default {REPEATS})",
    )
    parser.add_argument(
        "--peers",
        type=Path,
        metavar="CASES",
        help="only compare a textured fill with G'MIC's process, over a folder of cases",
    )
    _add_diffusion_options(parser)
    parser.set_defaults(run=_run)


def _add_diffusion_options(parser: argparse.ArgumentParser) -> None:
    diffusion = parser.add_argument_group("diffusion")
    diffusion.add_argument(
        "--size",
        choices=("full", "small"),
        default="full",
        help="Stable Diffusion 1.5 with random weights, 2 to 4 GB (default), or a small model",
    )
    diffusion.add_argument(
        "--steps",
        type=whole(1, 1000),
        default=3,
        metavar="N",
        help="sampling steps that are timed (default 3)",
    )
    diffusion.add_argument(
        "--device",
        choices=("cpu", "cuda"),
        help="only this device (default: CPU, and the GPU if there is one)",
    )


def _run(args: argparse.Namespace, progress: Progress) -> None:
    if args.what == "gui":
        raise InputError("The window can only be measured by the installed program: run imagest bench gui.")
    if args.what == "diffusion":
        from imagest_core.cli.bench_diffusion import run

        run(args, progress)
        return
    if args.what == "onnx":
        from imagest_core.cli.bench_onnx import run as compare_runtimes

        compare_runtimes(args.repeats, progress)
        return
    if args.peers is not None:
        show(*compare_peers(args.peers, progress).lines())
        return
    from imagest_core.restoration.engines.registry import get_engine

    for name in args.engine or ():
        get_engine(name)
    repeats = args.repeats
    for compare in (compare_splines, compare_engines, compare_writers):
        progress.check()
        show(*compare(repeats, progress, args.engine).lines())
    for kind in KINDS:
        progress.check()
        show(*measure_scan(kind, repeats, progress).lines())


def fastest(name: str, work: Callable[[], object], repeats: int) -> Timing:
    """Time ``work`` ``repeats`` times, after one run to warm up."""
    work()
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return Timing(name, min(times))


def compare_splines(repeats: int, progress: Progress, names: list[str] | None) -> SpeedComparison:
    """Compare the pre-fill in NumPy and in torch."""
    import resources
    from imagest_core.painting.reader import open_painting
    from imagest_core.restoration.inpainting.pde import anisotropic_spline, fill_image
    from imagest_core.restoration.inpainting.tensors import as_tensors

    with open_painting(resources.sample_painting()) as painting:
        view = damaged_view(painting)
    one, eight = as_tensors(view.image, view.mask), as_tensors(view.image, view.mask, count=8)
    timings = (
        fastest("NumPy", lambda: fill_image(anisotropic_spline, view.image, view.mask), repeats),
        fastest("torch, 1 window", lambda: anisotropic_spline(*one), repeats),
        fastest("torch, 8 windows", lambda: anisotropic_spline(*eight), repeats),
    )
    return SpeedComparison(f"anisotropic spline of a window of {SIDE} pixels", timings)


def compare_engines(repeats: int, progress: Progress, names: list[str] | None) -> SpeedComparison:
    """Compare all available engines on one window."""
    import resources
    from imagest_core.errors import ModelError
    from imagest_core.painting.reader import open_painting
    from imagest_core.restoration.engines.registry import available_engines

    timings = []
    with open_painting(resources.sample_painting()) as painting:
        view = damaged_view(painting)
        for name in ("harmonic", *(n for n in names or available_engines() if n != "harmonic")):
            progress.check()
            try:
                timings.append(_time_engine(name, painting, view, repeats))
            except ModelError as error:
                show(f"{name} is skipped: {error}")
    return SpeedComparison(f"one window of {SIDE} pixels, by engine", tuple(timings))


def _time_engine(name: str, painting: Painting, view: WindowView, repeats: int) -> Timing:
    from imagest_core.painting.geometry import Box
    from imagest_core.restoration.engines.registry import get_engine
    from imagest_core.restoration.request import RestorationRequest
    from imagest_core.restoration.style_pictures import read_style_pictures
    from imagest_core.style.reference import StyleReference

    request, style = RestorationRequest.of(name), StyleReference((Box(500, 480, 128, 128),))
    side = get_engine(name).style_side(request)
    pictures = read_style_pictures(painting, style, side) if side else None
    with get_engine(name).open(request, pictures) as session:
        return fastest(name, lambda: session.fill([view], Progress()), repeats)


def compare_peers(cases: Path, progress: Progress) -> SpeedComparison:
    """Compare G'MIC's whole process with a textured fill by a loaded model: median seconds of a case."""
    import statistics

    from imagest_core.evaluation.cases import check_case, find_cases
    from imagest_core.evaluation.filling import fill_case
    from imagest_core.evaluation.peers import check_installed, fill_by_gmic
    from imagest_core.restoration.request import RestorationRequest

    found, request = find_cases(cases), RestorationRequest()
    check_installed()
    for case in found:
        progress.check()
        check_case(case, request.dilation)
    fill_case(found[0], request, Progress())
    pairs = [
        (fill_by_gmic(case).seconds, fill_case(case, request, Progress()).seconds)
        for case in progress.steps(found)
    ]
    peer, own = (statistics.median(times) for times in zip(*pairs))
    timings = (Timing("G'MIC, the process", peer), Timing("imagest:textured", own))
    return SpeedComparison(f"median of {len(found)} cases", timings)


def compare_writers(repeats: int, progress: Progress, names: list[str] | None) -> SpeedComparison:
    """Compare patching a large scan with encoding all of it again."""
    import numpy as np
    import tifffile

    from imagest_core.painting.geometry import Box
    from imagest_core.painting.reader import open_painting
    from imagest_core.painting.writer import Patch, write_painting

    rng = np.random.default_rng(0)
    samples = rng.integers(0, 4096, (3000, 4000, 3), np.uint16)
    layout: dict[str, Any] = {
        "tile": (256, 256),
        "compression": "zlib",
        "predictor": True,
        "photometric": "rgb",
    }
    with tempfile.TemporaryDirectory() as folder:
        scan, out = Path(folder, "scan.tif"), Path(folder, "out.tif")
        tifffile.imwrite(scan, samples, **layout)
        patch = Patch(Box(1000, 1000, 200, 200), samples[:200, :200])
        with open_painting(scan) as painting:
            timings = (
                fastest(
                    "patch of 200 × 200",
                    lambda: write_painting(painting, [patch], out, check=_unchecked, force=True),
                    repeats,
                ),
                fastest("encoding all again", lambda: tifffile.imwrite(out, samples, **layout), 1),
            )
    return SpeedComparison("writing a 12-megapixel 16-bit Deflate TIFF (without verifying)", timings)


def _unchecked(path: Path) -> None:
    return None
