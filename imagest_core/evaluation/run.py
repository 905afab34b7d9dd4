"""Run a complete evaluation: from a folder of cases to a folder of tables and contact sheets."""

from __future__ import annotations

import io
import os
import platform
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from imagest_core import __version__
from imagest_core.errors import ModelError, OutputError
from imagest_core.evaluation import tables
from imagest_core.evaluation.benchmark import ALL, Benchmark, columns, run_benchmark
from imagest_core.evaluation.cases import Case, find_cases
from imagest_core.evaluation.contact_sheet import Strip, close_strip, contact_sheet, whole_strip
from imagest_core.evaluation.methods import Method, methods
from imagest_core.evaluation.peers import check_installed
from imagest_core.evaluation.perceptual import Perceptual
from imagest_core.evaluation.weights import WeightStore
from imagest_core.extras import require_extra
from imagest_core.models.installed import find_model
from imagest_core.painting.atomic import all_or_none, check_writable, replacing
from imagest_core.painting.outputs import check_targets
from imagest_core.progress import Progress
from imagest_core.restoration.engines.registry import available_engines
from imagest_core.restoration.modes import Mode
from imagest_core.restoration.request import RestorationRequest
from imagest_core.restoration.validation import check_request

LIBRARIES = ("numpy", "opencv-python-headless", "scikit-image", "piq", "torch", "torchvision", "pillow")
TABLES = ("cases.csv", "means.csv", "differences.csv", "report.md")
ROWS_PER_SHEET = 20


@dataclass(frozen=True)
class Evaluation:
    """The options of an evaluation; ``engines`` as on the command line (default: all).

    ``values``: parameters by name; each engine gets those it has. ``force``: replace the results of an
    earlier evaluation in ``out``.
    """

    cases: Path
    out: Path
    engines: tuple[str, ...] = ()
    modes: tuple[Mode, ...] = ()
    limit: int | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    metric_weights: Path | None = None
    force: bool = True

    @property
    def inputs(self) -> tuple[Path, ...]:
        """The folders to read."""
        weights = [self.metric_weights] if self.metric_weights is not None else []
        with suppress(ModelError):
            weights.append(find_model(str(self.values.get("model", ""))))
        return (self.cases, *weights)


def evaluate(evaluation: Evaluation, progress: Progress) -> list[Path]:
    """Run the evaluation; return the written tables and sheets. Raises ``InputError``."""
    require_extra("evaluate", "An evaluation")
    cases = find_cases(evaluation.cases, evaluation.limit)
    rows = methods(evaluation.engines or available_engines(), evaluation.modes, evaluation.values)
    for row in rows:
        check_request(row.request)
    if any(row.peer for row in rows):
        check_installed()
    _prepare(evaluation)
    store = WeightStore.default(evaluation.metric_weights)
    perceptual = Perceptual(store, captions=any(case.caption for case in cases))
    benchmark = Benchmark(columns(perceptual), notes=perceptual.notes)
    strips = _measure(benchmark, cases, rows, perceptual, progress)
    benchmark.sets = perceptual.sets(ALL)
    return _write(evaluation, benchmark, strips)


def _measure(
    benchmark: Benchmark,
    cases: Sequence[Case],
    rows: Sequence[Method],
    perceptual: Perceptual,
    progress: Progress,
) -> dict[str, list[Strip]]:
    strips: dict[str, list[Strip]] = defaultdict(list)
    for scored, filled in run_benchmark(cases, rows, perceptual, progress):
        benchmark.rows.extend(scored)
        strips[f"sheet-{filled.case.kind}"].append(whole_strip(filled))
        strips[f"close-{filled.case.kind}"].append(close_strip(filled))
    return strips


def facts(values: Mapping[str, Any]) -> dict[str, str]:
    """Return what the results depend on: versions, machine, and given or shared parameters."""
    result = {"imagest": __version__, "Python": platform.python_version()}
    result |= {name: _version(name) for name in LIBRARIES}
    result["machine"] = f"{platform.system()} {platform.machine()}, {os.cpu_count()} logical cores"
    shown = {**RestorationRequest().values(), **values}
    del shown["batch"], shown["variation"]
    result["request"] = ", ".join(
        f"{name} {value}" for name, value in shown.items() if value not in ("", None)
    )
    return result


def _write(evaluation: Evaluation, benchmark: Benchmark, strips: Mapping[str, list[Strip]]) -> list[Path]:
    seed = int(evaluation.values.get("seed", 0))
    written = (
        tables.cases_csv(benchmark),
        tables.means_csv(benchmark, seed),
        tables.differences_csv(benchmark, seed),
        tables.report(benchmark, seed, facts(evaluation.values)),
    )
    texts = dict(zip(TABLES, written, strict=True))
    outputs = {name: text.encode(errors="backslashreplace") for name, text in texts.items()}
    for name, rows in strips.items():
        outputs |= _sheets(name, rows)
    files = {evaluation.out / name: data for name, data in outputs.items()}
    with all_or_none(files, force=evaluation.force, inputs=evaluation.inputs):
        for path, data in files.items():
            with replacing(path, force=evaluation.force, room=len(data)) as temporary:
                temporary.write_bytes(data)
    return list(files)


def _sheets(name: str, strips: Sequence[Strip]) -> dict[str, bytes]:
    """Return the contact sheets as PNG data by file name."""
    sheets = {}
    for number, start in enumerate(range(0, len(strips), ROWS_PER_SHEET), start=1):
        data = io.BytesIO()
        contact_sheet(strips[start : start + ROWS_PER_SHEET]).save(data, "PNG")
        sheets[f"{name}.png" if number == 1 else f"{name}-{number}.png"] = data.getvalue()
    return sheets


def _prepare(evaluation: Evaluation) -> None:
    """Create the folder; raises ``OutputError`` if a table can't be written there."""
    out = evaluation.out
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"The folder {out} can't be created: {error.strerror or error}.") from error
    check_targets([out / name for name in TABLES], force=evaluation.force, inputs=evaluation.inputs)
    check_writable(out / TABLES[0])


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "of unknown version"
