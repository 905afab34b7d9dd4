"""Run a complete evaluation: from a folder of cases to a folder of tables and contact sheets."""

from __future__ import annotations

import io
import os
import platform
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from imagest_core import __version__
from imagest_core.errors import InputError, ModelError
from imagest_core.evaluation import damaged_works, restoration_table, tables
from imagest_core.evaluation.baselines import Baseline, baselines
from imagest_core.evaluation.benchmark import Benchmark, columns, run_benchmark
from imagest_core.evaluation.blind_test import KEY, SHEET, TALLY, check_no_scores
from imagest_core.evaluation.cases import ALL, Case, check_case, find_cases
from imagest_core.evaluation.contact_sheet import Strip, close_strip, contact_sheet, whole_strip
from imagest_core.evaluation.files import encoded, results_folder, write_results
from imagest_core.evaluation.methods import Method, methods
from imagest_core.evaluation.peers import check_installed
from imagest_core.evaluation.perceptual import Perceptual
from imagest_core.evaluation.used_models import models_of_fill, whole_methods
from imagest_core.evaluation.weights import WeightStore
from imagest_core.extras import require_extra
from imagest_core.models.installed import find_model
from imagest_core.progress import Progress
from imagest_core.restoration.engines.registry import available_engines
from imagest_core.restoration.modes import Mode
from imagest_core.restoration.request import RestorationRequest
from imagest_core.restoration.validation import check_request

LIBRARIES = ("numpy", "opencv-python-headless", "scikit-image", "piq", "torch", "torchvision", "pillow")
TABLES = ("cases.csv", "means.csv", "differences.csv", "report.md")
TABLE_2 = ("table-2.md", "table-2.csv", "table-2.png")
ROWS_PER_SHEET = 20
CHECKING = 0.02
"""Share of the progress that is the check of the cases."""
BY_MODEL = ("stable-diffusion", "imagest-sd")
"""Engines that an evaluation without named methods runs once with each model."""


@dataclass(frozen=True)
class Evaluation:
    """The options of an evaluation; ``engines``: names of methods as on the command line (default: all).

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

    @property
    def seed(self) -> int:
        """The seed of fills, intervals and the blind comparison."""
        return int(self.values.get("seed", 0))


@dataclass(frozen=True)
class Outcome:
    """The written files, and the tables in Markdown to print."""

    paths: tuple[Path, ...]
    tables: tuple[str, ...]


def evaluate(evaluation: Evaluation, progress: Progress) -> Outcome:
    """Run the evaluation; return the written tables and sheets. Raises ``InputError``."""
    require_extra("evaluate", "An evaluation")
    cases = find_cases(evaluation.cases, evaluation.limit, truth=False)
    rows, missing = chosen_methods(evaluation)
    if any(row.peer for row in rows):
        check_installed()
    known, damaged = [c for c in cases if c.has_truth], [c for c in cases if not c.has_truth]
    WeightStore.default(evaluation.metric_weights)
    with _prepared(evaluation, known, damaged):
        _check_cases(cases, rows, evaluation.seed, progress.part(0.0, CHECKING / 2))
        checking = progress.part(CHECKING / 2, CHECKING)
        whole, left_out = whole_methods(rows, models_of_fill, checking, named=bool(evaluation.engines))
        missing += [Baseline(row.label, reason=reason) for row, reason in left_out]
        share = CHECKING + (1 - CHECKING) * len(known) / len(cases)
        outputs: dict[str, bytes] = {}
        shown: list[str] = []
        if known:
            outputs |= _with_truth(evaluation, known, whole, missing, progress.part(CHECKING, share), shown)
        if damaged:
            outputs |= _without_truth(evaluation, damaged, whole, progress.part(share, 1.0), shown)
        blind = (KEY, TALLY, *sheet_names(SHEET, len(damaged)))  # a test may be out with judges
        paths = write_results(
            evaluation.out, outputs, force=evaluation.force, inputs=evaluation.inputs, kept=blind
        )
    return Outcome(paths, tuple(shown))


def chosen_methods(evaluation: Evaluation) -> tuple[tuple[Method, ...], list[Baseline]]:
    """Return the named methods; without names all that can run, and those of the paper that can't.

    Raises ``InputError`` and ``ModelError`` for named methods that can't run.
    """
    if evaluation.engines:
        rows = methods(evaluation.engines, evaluation.modes, evaluation.values)
        for row in rows:
            check_method(row)
        return rows, []
    found = baselines()
    missing = [row for row in found if row.reason]
    names = [name for name in available_engines() if name not in BY_MODEL]
    rows = methods(names, evaluation.modes, evaluation.values)
    for row in rows:
        check_method(row)
    for baseline in (row for row in found if row.name):
        try:
            (method,) = methods([baseline.name], evaluation.modes, evaluation.values)
            check_method(method)
            rows = (*rows, method)
        except (ModelError, InputError) as error:
            missing.append(Baseline(f"{baseline.title} ({baseline.name})", reason=str(error).rstrip(".")))
    return rows, missing


def default_names() -> list[str]:
    """Return the names of all methods that this computer has the models of."""
    names = [name for name in available_engines() if name not in BY_MODEL]
    return names + [row.name for row in baselines() if row.name]


def check_method(method: Method) -> None:
    """Raise ``InputError`` or ``ModelError`` unless the method can run."""
    check_request(method.request)
    if method.vqgan:
        require_extra("diffusion", "A VQGAN")
        from imagest_core.evaluation.vqgan import vqgan_model

        vqgan_model(method.vqgan)


def _with_truth(
    evaluation: Evaluation,
    cases: Sequence[Case],
    rows: Sequence[Method],
    missing: Sequence[Baseline],
    progress: Progress,
    shown: list[str],
) -> dict[str, bytes]:
    """Measure cases with a truth; return the files, and append the paper's table to ``shown``."""
    store = WeightStore.default(evaluation.metric_weights)
    perceptual = Perceptual(store, captions=any(case.caption for case in cases))
    benchmark = Benchmark(columns(perceptual), notes=perceptual.notes)
    strips = _measure(benchmark, cases, rows, perceptual, progress)
    benchmark.sets = perceptual.sets(ALL)
    table = restoration_table.table_2(benchmark, missing, perceptual.empty)
    shown.append(table.to_markdown())
    return _truth_files(evaluation, benchmark) | restoration_table.files(table, TABLE_2) | all_sheets(strips)


def _without_truth(
    evaluation: Evaluation,
    cases: Sequence[Case],
    rows: Sequence[Method],
    progress: Progress,
    shown: list[str],
) -> dict[str, bytes]:
    """Measure really damaged works; return the files, and append the report to ``shown``."""
    results = damaged_works.measure_damaged(cases, rows, evaluation.seed, progress)
    shown.append(damaged_works.report(results))
    texts = damaged_works.texts(results)
    return encoded(texts) | all_sheets({SHEET: results.strips})


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


def _truth_files(evaluation: Evaluation, benchmark: Benchmark) -> dict[str, bytes]:
    seed = evaluation.seed
    written = (
        tables.cases_csv(benchmark),
        tables.means_csv(benchmark, seed),
        tables.differences_csv(benchmark, seed),
        tables.report(benchmark, seed, facts(evaluation.values)),
    )
    return encoded(dict(zip(TABLES, written, strict=True)))


def all_sheets(strips: Mapping[str, Sequence[Strip]]) -> dict[str, bytes]:
    """Return contact sheets as PNG data by file name, from strips by the start of the names."""
    sheets: dict[str, bytes] = {}
    for name, rows in strips.items():
        sheets |= _sheets(name, rows)
    return sheets


def _sheets(name: str, strips: Sequence[Strip]) -> dict[str, bytes]:
    """Return the contact sheets as PNG data by file name."""
    sheets = {}
    for number, file in enumerate(sheet_names(name, len(strips))):
        data = io.BytesIO()
        start = number * ROWS_PER_SHEET
        contact_sheet(strips[start : start + ROWS_PER_SHEET]).save(data, "PNG")
        sheets[file] = data.getvalue()
    return sheets


def sheet_names(name: str, rows: int) -> list[str]:
    """Return the file names of contact sheets with that many rows in all."""
    count = -(-rows // ROWS_PER_SHEET)
    return [f"{name}.png" if number == 1 else f"{name}-{number}.png" for number in range(1, count + 1)]


@contextmanager
def _prepared(evaluation: Evaluation, known: Sequence[Case], damaged: Sequence[Case]) -> Iterator[None]:
    """Create the folder; raises ``OutputError`` if a table or sheet can't be written there."""
    kinds = Counter(case.kind for case in known)
    names = [*TABLES, *TABLE_2, *damaged_works.FILES, *sheet_names(SHEET, len(damaged))]
    for start in ("sheet", "close"):
        names += (name for kind, count in kinds.items() for name in sheet_names(f"{start}-{kind}", count))
    check_no_scores(evaluation.out / TALLY)
    with results_folder(evaluation.out, names, force=evaluation.force, inputs=evaluation.inputs):
        yield


def _check_cases(cases: Sequence[Case], rows: Sequence[Method], seed: int, progress: Progress) -> None:
    """Raise ``InputError`` if a case can't be filled, or if there are too many methods to judge."""
    damaged_works.blind_test([case for case in cases if not case.has_truth], rows, seed)
    for number, case in enumerate(cases):
        progress.part(number / len(cases), (number + 1) / len(cases), "checking").set(0.0)
        check_case(case, max(row.request.dilation for row in rows))


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "of unknown version"
