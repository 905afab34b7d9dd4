"""Table 1 of the paper: pictures from prompts and style pictures, measured and shown side by side."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imagest_core.errors import InputError, ModelError, OutputError
from imagest_core.evaluation.baselines import Baseline, baselines, title_of
from imagest_core.evaluation.cases import eight_bit
from imagest_core.evaluation.cited import SYNTHESIS_COLUMNS, TABLE_1
from imagest_core.evaluation.contact_sheet import Strip, fitted
from imagest_core.evaluation.files import encoded, made_folder, results_folder, write_results
from imagest_core.evaluation.paper_table import PaperRow, PaperTable, RowKind, cited_rows, missing_rows
from imagest_core.evaluation.perceptual import Perceptual, set_distances
from imagest_core.evaluation.plots import plotted
from imagest_core.evaluation.run import Outcome, all_sheets, facts, sheet_names
from imagest_core.evaluation.style_transfer import DESCRIPTION
from imagest_core.evaluation.synthesis_inputs import (
    picture_files,
    read_prompts,
    read_square,
    style_square,
)
from imagest_core.evaluation.synthesis_methods import Style, SynthesisMethod, SynthesisSettings
from imagest_core.evaluation.tables import csv_text
from imagest_core.evaluation.used_models import models_of_synthesis, whole_methods
from imagest_core.evaluation.weights import WeightStore
from imagest_core.extras import require_extra
from imagest_core.painting.outputs import check_target, normalized_name
from imagest_core.progress import Progress
from imagest_core.synthesis.api import write_generated

TABLES = ("table-1.md", "table-1.csv", "table-1.png", "pictures.csv")
PICTURES = "pictures"
SHEET = "sheet"
CHECKING = 0.02
"""Share of the progress that is the check of the pictures."""
GIGABYTE = 1e9
STYLE = "style"


@dataclass(frozen=True)
class SynthesisEvaluation:
    """The options: ``prompts`` is a text file, ``styles`` a folder of pictures.

    ``methods`` are names as on the command line (default: all that can run). ``reference``: pictures for
    FID and KID; the style pictures unless given.
    """

    prompts: Path
    styles: Path
    out: Path
    methods: tuple[str, ...] = ()
    settings: SynthesisSettings = field(default_factory=SynthesisSettings)
    limit: int | None = None
    metric_weights: Path | None = None
    reference: Path | None = None
    force: bool = False

    @property
    def inputs(self) -> tuple[Path, ...]:
        """What is read."""
        return tuple(p for p in (self.prompts, self.styles, self.metric_weights, self.reference) if p)


@dataclass
class Measured:
    """The figures of one method over all pairs; ``values`` by column, one a picture."""

    name: str
    values: dict[str, list[float]] = field(default_factory=lambda: {"style": [], "clip": [], "seconds": []})
    features: list[NDArray[np.float32]] = field(default_factory=list)
    memory: float = math.nan

    def row(self, reference: Sequence[NDArray[np.float32]]) -> PaperRow:
        """Return the row of the table: means, and the median of the seconds."""
        figures = {name: _mean(self.values[name]) for name in ("style", "clip")}
        figures |= {"seconds": median(self.values["seconds"]), "memory": self.memory}
        if self.features and reference:
            figures |= set_distances(list(reference), self.features)
        return PaperRow(RowKind.MEASURED, title_of(self.name) or self.name, self.name, figures)


def evaluate_synthesis(evaluation: SynthesisEvaluation, progress: Progress) -> Outcome:
    """Run the evaluation; return the written files and the table. Raises ``InputError``, ``ModelError``."""
    require_extra("evaluate", "An evaluation")
    require_extra("diffusion", "Evaluating synthesis")
    prompts = read_prompts(evaluation.prompts, evaluation.limit)
    styles = picture_files(evaluation.styles, "style pictures")
    reference = picture_files(evaluation.reference, "pictures") if evaluation.reference else styles
    methods, missing = chosen_methods(evaluation)
    folders = _folders(evaluation, methods)
    store = WeightStore.default(evaluation.metric_weights)
    pairs = [(prompt, styles[number % len(styles)]) for number, prompt in enumerate(prompts)]
    with _prepared(evaluation, folders.values(), len(pairs)):
        checking = progress.part(0.0, CHECKING / 2)
        methods, damaged = whole_methods(
            methods, models_of_synthesis, checking, named=bool(evaluation.methods)
        )
        missing += [Baseline(method.name, reason=reason) for method, reason in damaged]
        folders = {method.name: folders[method.name] for method in methods}
        # All pictures are read before the first one is painted, which takes long.
        checking = progress.part(CHECKING / 2, CHECKING, "checking")
        for path in checking.part(0.0, 0.5).steps(sorted({path for _, path in pairs} - {*reference})):
            read_square(path, evaluation.settings.side)
        perceptual = Perceptual(store, captions=True, distances=False)
        features = [
            perceptual.features(eight_bit(read_square(path, evaluation.settings.side)))
            for path in checking.part(0.5, 1.0).steps(reference)
        ]
        painting = progress.part(CHECKING, 1.0)
        measured = _paint_all(evaluation, methods, folders, pairs, perceptual, painting)
        known = [each for each in features if each is not None]
        table = _table(evaluation, measured, missing, perceptual, known)
        outputs = _files(table, measured, pairs) | _sheets(evaluation, folders, pairs)
        paths = write_results(
            evaluation.out,
            outputs,
            force=evaluation.force,
            inputs=evaluation.inputs,
            written=[path for folder in folders.values() for path in _picture_files(folder, len(pairs))],
        )
    return Outcome(paths, (table.to_markdown(),))


def chosen_methods(evaluation: SynthesisEvaluation) -> tuple[list[SynthesisMethod], list[Baseline]]:
    """Return the named methods, or all that the library's models make possible, and why others are missing.

    Raises ``InputError`` and ``ModelError`` for named methods that can't run.
    """
    from imagest_core.models.hardware import choose_hardware

    settings = evaluation.settings
    choose_hardware(settings.device)
    if evaluation.methods:
        return [SynthesisMethod(name, settings) for name in dict.fromkeys(evaluation.methods)], []
    found = baselines(synthesis=True)
    methods, missing = [], [row for row in found if row.reason]
    for baseline in (row for row in found if row.name):
        try:
            methods.append(SynthesisMethod(baseline.name, settings))
        except (ModelError, InputError) as error:
            missing.append(Baseline(f"{baseline.title} ({baseline.name})", reason=str(error).rstrip(".")))
    return methods, missing


def _paint_all(
    evaluation: SynthesisEvaluation,
    methods: Sequence[SynthesisMethod],
    folders: Mapping[str, Path],
    pairs: Sequence[tuple[str, Path]],
    perceptual: Perceptual,
    progress: Progress,
) -> list[Measured]:
    """Paint all pairs method by method into the ``folders``; return the figures."""
    measured = []
    for number, method in enumerate(methods):
        part = progress.part(number / len(methods), (number + 1) / len(methods), method.name)
        with made_folder(folders[method.name]):
            measured.append(_paint(evaluation, method, folders[method.name], pairs, perceptual, part))
    progress.set(1.0)
    return measured


def _paint(
    evaluation: SynthesisEvaluation,
    method: SynthesisMethod,
    folder: Path,
    pairs: Sequence[tuple[str, Path]],
    perceptual: Perceptual,
    progress: Progress,
) -> Measured:
    """Paint all pairs with one method, whose model is alone in memory, and write the pictures."""
    from imagest_core.evaluation.peak_memory import peak, reset_peak
    from imagest_core.models.cache import loaded_models
    from imagest_core.models.hardware import choose_hardware

    device = choose_hardware(evaluation.settings.device).device
    loaded_models.clear()
    reset_peak(device)
    result = Measured(method.name)
    for number, (prompt, path) in enumerate(pairs):
        style = Style(path, style_square(path, evaluation.settings.side))
        step = progress.part(number / len(pairs), (number + 1) / len(pairs))
        painted = method.paint(prompt, style, number, step)
        result.memory = peak(device) / GIGABYTE or math.nan
        out = folder / picture_name(number)
        record = {**painted.record, "file": out.name, "method": method.name, "style": path.name}
        write_generated(
            painted.picture, prompt, record, out, force=evaluation.force, inputs=evaluation.inputs
        )
        picture = eight_bit(painted.picture)
        result.values["style"].append(perceptual.style_loss(picture, eight_bit(style.square)))
        result.values["clip"].append(perceptual.clip_score(picture, prompt))
        result.values["seconds"].append(painted.seconds)
        features = perceptual.features(picture)
        if features is not None:
            result.features.append(features)
    loaded_models.clear()
    return result


def _sheets(
    evaluation: SynthesisEvaluation, folders: Mapping[str, Path], pairs: Sequence[tuple[str, Path]]
) -> dict[str, bytes]:
    """Return the contact sheets as files, of the pictures that were written."""
    strips = []
    for number, (prompt, path) in enumerate(pairs):
        cells = {STYLE: fitted(eight_bit(style_square(path, evaluation.settings.side)))}
        for method, folder in folders.items():
            with Image.open(folder / picture_name(number)) as picture:
                cells[method] = fitted(np.asarray(picture.convert("RGB")))
        strips.append(Strip(prompt, cells))
    return all_sheets({SHEET: strips})


def picture_name(number: int) -> str:
    """Return the file name of the picture of a pair, counted from 0."""
    return f"{number + 1:04d}.png"


def _picture_files(folder: Path, count: int) -> list[Path]:
    """Return the pictures of a method with their records."""
    pictures = [folder / picture_name(number) for number in range(count)]
    return [file for each in pictures for file in (each, each.with_suffix(".json"))]


def _folders(evaluation: SynthesisEvaluation, methods: Sequence[SynthesisMethod]) -> dict[str, Path]:
    """Return a folder of its own for the pictures of each method, by name."""
    folders: dict[str, Path] = {}
    for method in methods:
        name = plain = file_name(method.name)
        taken = {normalized_name(folder.name) for folder in folders.values()}
        number = 1
        while normalized_name(name) in taken:
            number += 1
            name = f"{plain}-{number}"
        folders[method.name] = evaluation.out / PICTURES / name
    return folders


def file_name(method: str) -> str:
    """Return a method's name as the name of a folder."""
    return re.sub(r"[^\w.+-]+", "-", method).strip("-.")[:100] or "method"


def _table(
    evaluation: SynthesisEvaluation,
    measured: Sequence[Measured],
    missing: Sequence[Baseline],
    perceptual: Perceptual,
    reference: Sequence[NDArray[np.float32]],
) -> PaperTable:
    rows = [each.row(reference) for each in measured]
    reasons = {**perceptual.empty, "memory": "this system doesn't report the memory of a process."}
    empty = {
        column: reasons.get(column, "needs at least two prompts and two reference pictures.")
        for column in SYNTHESIS_COLUMNS
        if rows and all(math.isnan(row.value(column)) for row in rows)
    }
    return PaperTable(
        "Table 1: synthesis",
        SYNTHESIS_COLUMNS,
        (*rows, *missing_rows(missing), *cited_rows(TABLE_1)),
        empty,
        tuple(_notes(evaluation, rows, perceptual)),
    )


def _notes(
    evaluation: SynthesisEvaluation, rows: Sequence[PaperRow], perceptual: Perceptual
) -> Iterable[str]:
    settings = evaluation.settings
    yield (
        f"{settings.side} × {settings.side} px, batch 1, {settings.steps} DDIM steps, guidance "
        f"{settings.guidance:g}, first seed {settings.seed}. Amused has a sampler of its own."
    )
    yield (
        "Seconds are the median of sampling and decoding, without loading and encoding the text. Peak "
        "memory is what a GPU has allocated; on a CPU it is that of the whole process, the program included."
    )
    pictures = evaluation.reference or evaluation.styles
    yield f"FID and KID compare with the pictures in {pictures.name}."
    if any("two-stage" in row.name for row in rows):
        yield DESCRIPTION
    yield from (note for note in perceptual.notes if "empty" not in note)
    used = facts({})
    yield (
        "Measured with "
        + ", ".join(f"{name} {used[name]}" for name in ("imagest", "torch"))
        + (f" on {used['machine']}.")
    )


def _files(
    table: PaperTable, measured: Sequence[Measured], pairs: Sequence[tuple[str, Path]]
) -> dict[str, bytes]:
    texts = {
        TABLES[0]: table.to_markdown(),
        TABLES[1]: table.to_csv(),
        TABLES[3]: _pictures_csv(measured, pairs),
    }
    return encoded(texts) | {TABLES[2]: plotted(table)}


def _pictures_csv(measured: Sequence[Measured], pairs: Sequence[tuple[str, Path]]) -> str:
    columns = ("style", "clip", "seconds")
    rows = (
        [
            str(number + 1),
            each.name,
            prompt,
            style.name,
            *(_cell(each.values[c][number]) for c in columns),
        ]
        for each in measured
        for number, (prompt, style) in enumerate(pairs)
    )
    return csv_text(["picture", "method", "prompt", "style_picture", *columns], rows)


@contextmanager
def _prepared(evaluation: SynthesisEvaluation, folders: Iterable[Path], count: int) -> Iterator[None]:
    """Create the folder; raises ``OutputError`` if something can't be written there."""
    names = [*TABLES, *sheet_names(SHEET, count)]
    with results_folder(evaluation.out, names, force=evaluation.force, inputs=evaluation.inputs):
        for folder in folders:
            if any(os.path.lexists(place) and not place.is_dir() for place in (folder.parent, folder)):
                raise OutputError(f"{folder} can't be a folder, since a file is there: move it away.")
            for path in _picture_files(folder, count):
                if os.path.lexists(path) and not (evaluation.force and path.is_file()):
                    check_target(path, force=evaluation.force)
        yield


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return sum(known) / len(known) if known else math.nan


def _cell(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.6g}"
