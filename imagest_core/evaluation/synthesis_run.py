"""Table 1 of the paper: pictures from prompts and style pictures, measured and shown side by side."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Image8
from imagest_core.errors import InputError, ModelError
from imagest_core.evaluation.baselines import Baseline, baselines, title_of
from imagest_core.evaluation.cases import displayed, eight_bit
from imagest_core.evaluation.cited import SYNTHESIS_COLUMNS, TABLE_1
from imagest_core.evaluation.contact_sheet import Strip, fitted
from imagest_core.evaluation.files import encoded, make_folder, write_files
from imagest_core.evaluation.paper_table import PaperRow, PaperTable, RowKind, cited_rows, missing_rows
from imagest_core.evaluation.perceptual import Perceptual, set_distances
from imagest_core.evaluation.plots import plotted
from imagest_core.evaluation.run import Outcome, all_sheets, facts
from imagest_core.evaluation.style_transfer import DESCRIPTION
from imagest_core.evaluation.synthesis_methods import Style, SynthesisMethod, SynthesisSettings
from imagest_core.evaluation.tables import csv_text
from imagest_core.evaluation.weights import WeightStore
from imagest_core.extras import require_extra
from imagest_core.painting.atomic import check_writable
from imagest_core.painting.outputs import check_regular_file, check_targets
from imagest_core.painting.reader import open_painting
from imagest_core.progress import Progress
from imagest_core.synthesis.api import write_generated

TABLES = ("table-1.md", "table-1.csv", "table-1.png", "pictures.csv")
PICTURES = "pictures"
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff")
LONGEST_PROMPT = 1000
MOST_PROMPTS = 100_000
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
    styles = read_styles(evaluation.styles, evaluation.settings.side)
    methods, missing = chosen_methods(evaluation)
    reference = (
        read_styles(evaluation.reference, evaluation.settings.side) if evaluation.reference else styles
    )
    perceptual = Perceptual(WeightStore.default(evaluation.metric_weights), captions=True, distances=False)
    _prepare(evaluation)
    pairs = [(prompt, styles[number % len(styles)]) for number, prompt in enumerate(prompts)]
    measured, sheets = _paint_all(evaluation, methods, pairs, perceptual, progress)
    features = [perceptual.features(eight_bit(each.square)) for each in reference] if measured else []
    table = _table(evaluation, measured, missing, perceptual, [each for each in features if each is not None])
    outputs = _files(table, measured, pairs) | sheets
    paths = write_files(evaluation.out, outputs, force=evaluation.force, inputs=evaluation.inputs)
    return Outcome(paths, (table.to_markdown(),))


def chosen_methods(evaluation: SynthesisEvaluation) -> tuple[list[SynthesisMethod], list[Baseline]]:
    """Return the named methods, or all that the library's models make possible, and why others are missing.

    Raises ``InputError`` and ``ModelError`` for named methods that can't run.
    """
    settings = evaluation.settings
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


def read_prompts(path: Path, limit: int | None = None) -> list[str]:
    """Return the prompts of a text file, one a line; raises ``InputError``."""
    check_regular_file(path)
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        raise InputError(
            f"{path} can't be read as text in UTF-8: name a file with one prompt a line."
        ) from None
    prompts = [line.strip() for line in lines if line.strip()][: limit or MOST_PROMPTS]
    if not prompts:
        raise InputError(f"{path} has no prompt: write one a line.")
    longest = max(prompts, key=len)
    if len(longest) > LONGEST_PROMPT or not longest.isprintable():
        raise InputError(
            f"{path} has a line that is no prompt: write at most {LONGEST_PROMPT} letters a line."
        )
    return prompts


def read_styles(folder: Path, side: int) -> list[Style]:
    """Return the pictures of a folder as centred squares; raises ``InputError`` and ``PaintingError``."""
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}: name one that contains style pictures.")
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if not paths:
        raise InputError(f"{folder} contains no picture ({', '.join(SUFFIXES)}).")
    return [Style(path, _square(path, side)) for path in paths]


def _square(path: Path, side: int) -> NDArray[np.float32]:
    with open_painting(path) as painting:
        picture = displayed(painting)
    length = min(picture.shape[:2])
    top, left = ((size - length) // 2 for size in picture.shape[:2])
    square = picture[top : top + length, left : left + length]
    shrink = cv2.INTER_AREA if length > side else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(square, (side, side), interpolation=shrink), np.float32) / np.float32(255)


def _paint_all(
    evaluation: SynthesisEvaluation,
    methods: Sequence[SynthesisMethod],
    pairs: Sequence[tuple[str, Style]],
    perceptual: Perceptual,
    progress: Progress,
) -> tuple[list[Measured], dict[str, bytes]]:
    """Paint all pairs method by method; return the figures, and the contact sheets as files."""
    cells: list[dict[str, Image8]] = [{STYLE: eight_bit(style.square)} for _, style in pairs]
    measured = []
    for number, method in enumerate(methods):
        part = progress.part(number / len(methods), (number + 1) / len(methods), method.name)
        measured.append(_paint(evaluation, method, pairs, cells, perceptual, part))
    progress.set(1.0)
    strips = [
        Strip(prompt, {label: fitted(picture) for label, picture in row.items()})
        for (prompt, _), row in zip(pairs, cells)
    ]
    return measured, all_sheets({"sheet": strips})


def _paint(
    evaluation: SynthesisEvaluation,
    method: SynthesisMethod,
    pairs: Sequence[tuple[str, Style]],
    cells: Sequence[dict[str, Image8]],
    perceptual: Perceptual,
    progress: Progress,
) -> Measured:
    """Paint all pairs with one method, whose model is alone in memory, and write the pictures."""
    from imagest_core.evaluation.peak_memory import peak, reset_peak
    from imagest_core.models.cache import loaded_models
    from imagest_core.models.hardware import choose_hardware

    device = choose_hardware(evaluation.settings.device).device
    folder = evaluation.out / PICTURES / file_name(method.name)
    make_folder(folder)
    loaded_models.clear()
    reset_peak(device)
    result = Measured(method.name)
    for number, (prompt, style) in enumerate(pairs):
        step = progress.part(number / len(pairs), (number + 1) / len(pairs))
        painted = method.paint(prompt, style, number, step)
        result.memory = peak(device) / GIGABYTE or math.nan
        out = folder / f"{number + 1:04d}.png"
        record = {**painted.record, "file": out.name, "method": method.name, "style": style.path.name}
        write_generated(
            painted.picture, prompt, record, out, force=evaluation.force, inputs=evaluation.inputs
        )
        picture = eight_bit(painted.picture)
        cells[number][method.name] = picture
        result.values["style"].append(perceptual.style_loss(picture, eight_bit(style.square)))
        result.values["clip"].append(perceptual.clip_score(picture, prompt))
        result.values["seconds"].append(painted.seconds)
        features = perceptual.features(picture)
        if features is not None:
            result.features.append(features)
    loaded_models.clear()
    return result


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
    table: PaperTable, measured: Sequence[Measured], pairs: Sequence[tuple[str, Style]]
) -> dict[str, bytes]:
    texts = {
        TABLES[0]: table.to_markdown(),
        TABLES[1]: table.to_csv(),
        TABLES[3]: _pictures_csv(measured, pairs),
    }
    return encoded(texts) | {TABLES[2]: plotted(table)}


def _pictures_csv(measured: Sequence[Measured], pairs: Sequence[tuple[str, Style]]) -> str:
    columns = ("style", "clip", "seconds")
    rows = (
        [
            str(number + 1),
            each.name,
            prompt,
            style.path.name,
            *(_cell(each.values[c][number]) for c in columns),
        ]
        for each in measured
        for number, (prompt, style) in enumerate(pairs)
    )
    return csv_text(["picture", "method", "prompt", "style_picture", *columns], rows)


def _prepare(evaluation: SynthesisEvaluation) -> None:
    """Create the folder; raises ``OutputError`` if something can't be written there."""
    make_folder(evaluation.out)
    targets = [evaluation.out / name for name in TABLES]
    check_targets(targets, force=evaluation.force, inputs=evaluation.inputs)
    check_writable(targets[0])


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return sum(known) / len(known) if known else math.nan


def _cell(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.6g}"
