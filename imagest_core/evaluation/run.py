"""A whole evaluation: from a folder of cases to a folder of tables and contact sheets."""

from __future__ import annotations

import os
import platform
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from imagest_core import __version__
from imagest_core.errors import OutputError
from imagest_core.evaluation import tables
from imagest_core.evaluation.benchmark import ALL, Benchmark, columns, run_benchmark
from imagest_core.evaluation.cases import Case, find_cases
from imagest_core.evaluation.contestants import Contestant, contestants
from imagest_core.evaluation.perceptual import Perceptual
from imagest_core.evaluation.sheet import Strip, close_strip, contact_sheet, whole_strip
from imagest_core.evaluation.weights import WeightStore
from imagest_core.progress import Progress
from imagest_core.restoration.checking import check_request
from imagest_core.restoration.engines import engine, engine_names
from imagest_core.restoration.request import Mode, RestorationRequest

LIBRARIES = ("numpy", "opencv-python-headless", "scikit-image", "piq", "torch", "torchvision", "pillow")
ROWS_A_SHEET = 20


@dataclass(frozen=True)
class Evaluation:
    """What to evaluate: ``engines`` as on the command line (all there are when empty), and how."""

    cases: Path
    out: Path
    engines: tuple[str, ...] = ()
    modes: tuple[Mode, ...] = ()
    limit: int | None = None
    request: RestorationRequest = field(default_factory=RestorationRequest)
    metric_weights: Path | None = None


def evaluate(evaluation: Evaluation, progress: Progress) -> list[Path]:
    """Measure, and write the tables and sheets; returns the files written. Raises ``InputError``."""
    cases = find_cases(evaluation.cases, evaluation.limit)
    rows = contestants(evaluation.engines or engine_names(), evaluation.modes, _has_modes)
    for row in rows:
        check_request(replace(evaluation.request, engine=row.engine, mode=row.mode))
    _prepare(evaluation.out)
    store = WeightStore.usual(evaluation.metric_weights)
    perceptual = Perceptual(store, captions=any(case.caption for case in cases))
    benchmark = Benchmark(columns(perceptual), notes=perceptual.notes)
    strips = _measure(benchmark, cases, rows, evaluation.request, perceptual, progress)
    benchmark.sets = perceptual.sets(ALL)
    return _write(evaluation, benchmark, strips)


def _measure(
    benchmark: Benchmark,
    cases: Sequence[Case],
    rows: Sequence[Contestant],
    request: RestorationRequest,
    perceptual: Perceptual,
    progress: Progress,
) -> dict[str, list[Strip]]:
    strips: dict[str, list[Strip]] = defaultdict(list)
    for scored, filled in run_benchmark(cases, rows, request, perceptual, progress):
        benchmark.rows.extend(scored)
        strips[f"sheet-{filled.case.kind}"].append(whole_strip(filled))
        strips[f"close-{filled.case.kind}"].append(close_strip(filled))
    return strips


def facts(request: RestorationRequest) -> dict[str, str]:
    """What the figures depend on: the versions, the machine, and the request."""
    found = {"imagest": __version__, "Python": platform.python_version()}
    found |= {name: _version(name) for name in LIBRARIES}
    found["machine"] = f"{platform.system()} {platform.machine()}, {os.cpu_count()} logical cores"
    asked = replace(request, engine="", mode=Mode.TEXTURED)
    shown = (
        "weights",
        "quality",
        "steps",
        "scheduler",
        "seed",
        "growth",
        "blend",
        "context",
        "scale",
        "device",
    )
    found["request"] = ", ".join(
        f"{name} {value}" for name in shown if (value := getattr(asked, name)) not in ("", None)
    )
    return found


def _write(evaluation: Evaluation, benchmark: Benchmark, strips: Mapping[str, list[Strip]]) -> list[Path]:
    seed = evaluation.request.seed
    texts = {
        "cases.csv": tables.cases_csv(benchmark),
        "means.csv": tables.means_csv(benchmark, seed),
        "differences.csv": tables.differences_csv(benchmark, seed),
        "report.md": tables.report(benchmark, seed, facts(evaluation.request)),
    }
    try:
        written = [_save(evaluation.out / name, text) for name, text in texts.items()]
        return [
            *written,
            *(path for name, rows in strips.items() for path in _sheets(evaluation.out, name, rows)),
        ]
    except OSError as error:
        raise OutputError(f"{evaluation.out} can't be written: {error.strerror or error}.") from error


def _save(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


def _sheets(out: Path, name: str, strips: Sequence[Strip]) -> list[Path]:
    written = []
    for number, start in enumerate(range(0, len(strips), ROWS_A_SHEET), start=1):
        path = out / (f"{name}.png" if number == 1 else f"{name}-{number}.png")
        contact_sheet(strips[start : start + ROWS_A_SHEET]).save(path)
        written.append(path)
    return written


def _prepare(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"The folder {out} can't be made: {error.strerror or error}.") from error


def _has_modes(name: str) -> bool:
    return engine(name).uses_style


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "of unknown version"
