"""The results of a benchmark as CSV and Markdown."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations

from imagest_core.evaluation.benchmark import SECONDS, Benchmark
from imagest_core.evaluation.bootstrap import LEVEL, Interval, mean_interval, paired_difference
from imagest_core.evaluation.methods import NONE

NAMES = {
    "psnr": "PSNR dB", "ssim": "SSIM", "haarpsi": "HaarPSI", "gmsd": "GMSD", "energy": "energy",
    "band1": "band 0–1", "band2": "band 1–2", "band3": "band 2–4", "de2000": "ΔE₀₀", "lpips": "LPIPS",
    "lpips_whole": "LPIPS, whole", "style": "style loss", "clip": "CLIP", "fid": "FID",
    "kid": "KID", SECONDS: "seconds",
}  # fmt: skip
COMPARED = ("psnr", "ssim", "haarpsi", "gmsd", "de2000", "lpips", "lpips_whole")
"""The metrics whose differences the report prints; the CSV has those of all."""
EXPLANATION = (
    "PSNR (dB), SSIM and ΔE₀₀ inside the damage (not dilated); HaarPSI and GMSD of the whole picture; "
    "LPIPS in the damage and of the whole picture. "
    "Energy is the mean Sobel magnitude in the damage eroded by one pixel, bands are the RMS of "
    "difference-of-Gaussian octaves (σ 0–1, 1–2, 2–4) in the damage, both as a ratio "
    "of fill to truth: 1 is the energy of the truth, and white noise has energy, too. `none` is the unfilled "
    "damage, harmonic+noise a smooth fill with white noise of another method's energy in the finest octave. "
    "Seconds show the order of magnitude only."
)


def cases_csv(benchmark: Benchmark) -> str:
    """Return a line per case and method; a cell is empty if nothing was measured."""
    head = ["case", "kind", "method", *benchmark.columns]
    rows = ([row.case, row.kind, row.method, *(_cell(row.values.get(column)) for column in benchmark.columns)]
            for row in benchmark.rows)  # fmt: skip
    return csv_text(head, rows)


def means_csv(benchmark: Benchmark, seed: int) -> str:
    """Return mean and interval of each metric by kind and method, and FID and KID."""
    head = ["kind", "method", "measure", "cases", "mean", "low", "high"]
    return csv_text(head, _mean_rows(benchmark, seed))


def differences_csv(benchmark: Benchmark, seed: int) -> str:
    """Return the paired difference, first minus second, of every two methods by kind and metric."""
    head = ["kind", "measure", "first", "second", "cases", "mean", "low", "high"]
    pairs = list(combinations(benchmark.methods, 2))
    rows = (
        [kind, column, first, second, *_numbers(_difference(benchmark, kind, column, first, second, seed))]
        for kind in benchmark.kinds
        for column in benchmark.columns
        for first, second in pairs
    )
    return csv_text(head, rows)


def report(benchmark: Benchmark, seed: int, facts: Mapping[str, str]) -> str:
    """Return the Markdown report: means by kind, differences, and what the results depend on."""
    cases = len({row.case for row in benchmark.rows})
    parts = [
        f"# Evaluation of {counted(cases)}",
        EXPLANATION,
        *_means(benchmark),
        *_differences(benchmark, seed),
    ]
    notes = [f"- {note}" for note in benchmark.notes]
    used = [f"- {name}: {value}" for name, value in facts.items()]
    return "\n\n".join([*parts, "## Measured with", "\n".join([*used, *notes])]) + "\n"


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table with a text column followed by number columns."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def counted(cases: int) -> str:
    """Return ``1 case``, ``2 cases``."""
    return "1 case" if cases == 1 else f"{cases} cases"


def interval_text(interval: Interval) -> str:
    """Return a signed mean with its bounds, bold if they exclude zero; empty if nothing was measured."""
    if not interval.count:
        return ""
    if interval.count == 1:
        return f"{interval.mean:+.3f}"
    text = f"{interval.mean:+.3f} [{interval.low:+.3f}, {interval.high:+.3f}]"
    return f"**{text}**" if interval.excludes_zero else text


def _means(benchmark: Benchmark) -> Iterator[str]:
    for kind in benchmark.kinds:
        count = len(benchmark.values(kind, NONE, SECONDS))
        yield f"## {kind} ({counted(count)})"
        shown = [column for column in benchmark.columns if _measured(benchmark, kind, column)]
        sets = [name for name in ("fid", "kid") if any(name in each for each in benchmark.sets.values())]
        head = ["method", *(NAMES[column] for column in (*shown, *sets))]
        yield markdown_table(
            head, (_mean_line(benchmark, kind, method, shown, sets) for method in benchmark.methods)
        )


def _mean_line(benchmark: Benchmark, kind: str, method: str, shown: list[str], sets: list[str]) -> list[str]:
    means = [_mean(benchmark.values(kind, method, column)) for column in shown]
    whole = benchmark.sets.get((kind, method), {})
    return [method, *(_short(mean) for mean in means), *(_short(whole.get(name, math.nan)) for name in sets)]


def _differences(benchmark: Benchmark, seed: int) -> Iterator[str]:
    engines = [method for method in benchmark.methods if method != NONE]
    if len(engines) < 2:
        return
    first = engines[0]
    yield f"## {first} against the others"
    yield (
        f"Mean paired difference ({first} minus the other, case by case) and its {LEVEL:.0%} bootstrap "
        "interval; **bold** where the interval excludes zero. Every other pair is in differences.csv."
    )
    for kind in benchmark.kinds:
        shown = [column for column in COMPARED if _measured(benchmark, kind, column)]
        others = [method for method in benchmark.methods if method != first]
        yield f"### {kind}"
        yield markdown_table(
            [f"{first} minus", *(NAMES[column] for column in shown)],
            (
                [
                    other,
                    *(
                        interval_text(_difference(benchmark, kind, each, first, other, seed))
                        for each in shown
                    ),
                ]
                for other in others
            ),
        )


def _difference(benchmark: Benchmark, kind: str, column: str, first: str, second: str, seed: int) -> Interval:
    return paired_difference(
        benchmark.values(kind, first, column), benchmark.values(kind, second, column), seed
    )


def _mean_rows(benchmark: Benchmark, seed: int) -> Iterator[list[str]]:
    for kind in benchmark.kinds:
        for method in benchmark.methods:
            for column in benchmark.columns:
                interval = mean_interval(benchmark.values(kind, method, column), seed)
                yield [kind, method, column, *_numbers(interval)]
            for name, value in benchmark.sets.get((kind, method), {}).items():
                count = len(benchmark.values(kind, method, SECONDS))
                yield [kind, method, name, str(count), _cell(value), "", ""]


def _measured(benchmark: Benchmark, kind: str, column: str) -> bool:
    every = (value for method in benchmark.methods for value in benchmark.values(kind, method, column))
    return any(not math.isnan(value) for value in every)


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return sum(known) / len(known) if known else math.nan


def _numbers(interval: Interval) -> list[str]:
    return [str(interval.count), *(_cell(value) for value in (interval.mean, interval.low, interval.high))]


def _short(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.3f}"


def _cell(value: float | None) -> str:
    return "" if value is None or math.isnan(value) else f"{value:.6g}"


def csv_text(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue()
