"""Measure and plot the trade-off between faithful and textured fills: docs/evaluation/frontier.{csv,svg}.

    python -m scripts.measure_frontier CASES [-o DIR]

Each setting restores every case. DIR/frontier.csv stores the means as soon as they are known, so that an
interrupted run can be resumed. Needs matplotlib (the extra ``docs``).
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from imagest_core.errors import ImagestError
from imagest_core.evaluation.cases import Case, find_cases, load_case
from imagest_core.evaluation.filling import fill_case
from imagest_core.evaluation.metrics import measure
from imagest_core.progress import Progress
from imagest_core.restoration.engines.imagest import PRESETS
from imagest_core.restoration.modes import DDIM, MULTISTEP, Mode, Quality
from imagest_core.restoration.request import RestorationRequest

MEASURES = ("psnr", "haarpsi", "band1", "band2", "band3", "seconds")
HEAD = ("line", "setting", *MEASURES)
DETAIL, SOLVER, PAPER, PEERS = "detail", MULTISTEP, DDIM, "others"
TITLES = {
    DETAIL: "detail of intact paint, 0 to 1",
    SOLVER: "steps of dpm++2m",
    PAPER: "steps of ddim, the paper's solver",
    PEERS: "without a network",
}


Values = Mapping[str, float]
VALUES: Mapping[str, Callable[[Values], float]] = {
    "HaarPSI of the whole picture": lambda values: values["haarpsi"],
    "energy of the three octaves, fill over truth": lambda values: float(
        np.mean([values["band1"], values["band2"], values["band3"]])
    ),
}
"""Measures plotted against PSNR."""


@dataclass(frozen=True)
class Setting:
    """A point of the plot: its ``line``, its ``name`` on the line, and the request."""

    line: str
    name: str
    request: RestorationRequest


def settings() -> list[Setting]:
    """Return faithful and textured fills by detail, solver and steps, and engines without a network."""
    solver, steps = PRESETS[Quality.STANDARD]
    textured = RestorationRequest.of("imagest", mode=Mode.TEXTURED, scheduler=solver, steps=steps)
    faithful = textured.changed(mode=Mode.FAITHFUL)
    peers = [Setting(PEERS, name, RestorationRequest(name)) for name in ("harmonic", "biharmonic", "spline")]
    details = [Setting(DETAIL, f"{detail:g}", textured.changed(detail=detail)) for detail in (0, 0.5, 0.9, 1)]
    solvers = [
        Setting(line, str(count), textured.changed(scheduler=line, steps=count))
        for line, counts in ((SOLVER, (1, 2, 3, 5, 8, 15)), (PAPER, (5, 15)))
        for count in counts
    ]
    return [*peers, Setting(PEERS, "faithful", faithful), *details, *solvers]


def measure_setting(setting: Setting, cases: Sequence[Case], progress: Progress) -> Values:
    """Return the means of :data:`MEASURES` over the cases."""
    found: list[Values] = []
    for index, case in enumerate(cases):
        part = progress.part(index / len(cases), (index + 1) / len(cases))
        filled = fill_case(case, setting.request, part)
        pictures = load_case(case)
        values = measure(filled.picture, pictures.truth, pictures.mask)
        found.append(values | {"seconds": filled.seconds})
    return {name: float(np.mean([values[name] for values in found])) for name in MEASURES}


def read_results(path: Path) -> dict[tuple[str, str], dict[str, float]]:
    """Read existing results by line and setting."""
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {(row["line"], row["setting"]): {name: float(row[name]) for name in MEASURES} for row in rows}


def write_results(path: Path, found: Mapping[tuple[str, str], Values]) -> None:
    """Write all results so far."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEAD)
        writer.writerows(
            [*key, *(f"{values[name]:.4f}" for name in MEASURES)] for key, values in found.items()
        )


def plot(found: Mapping[tuple[str, str], Values], path: Path) -> None:
    """Plot PSNR against HaarPSI and against the energy of the octaves; presets are circled."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "imagest"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 2, figsize=(11, 4.6), layout="constrained")
    presets = {(solver, str(steps)) for solver, steps in PRESETS.values()}
    for axis, (label, value) in zip(axes, VALUES.items()):
        for line, title in TITLES.items():
            own = {name: values for (of, name), values in found.items() if of == line}
            across, up = [each["psnr"] for each in own.values()], [value(each) for each in own.values()]
            axis.plot(across, up, "o" if line == PEERS else "o-", label=title, markersize=4, linewidth=1)
            for x, y, name in zip(across, up, own):
                axis.annotate(name, (x, y), xytext=(4, 3), textcoords="offset points", fontsize=7)
                if (line, name) in presets:
                    axis.plot(x, y, "o", markersize=11, markerfacecolor="none", markeredgecolor="black")
        axis.set_xlabel("PSNR in the damage, dB")
        axis.set_ylabel(label)
        axis.grid(alpha=0.3)
    axes[0].legend(fontsize=8, loc="lower left")
    figure.savefig(path, metadata={"Date": None})


def main() -> int:
    """Measure what is missing, and plot."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("cases", metavar="CASES", type=Path)
    parser.add_argument("-o", "--output", metavar="DIR", type=Path, default=Path("docs/evaluation"))
    args = parser.parse_args()
    table = args.output / "frontier.csv"
    try:
        cases, found = find_cases(args.cases), read_results(table)
        same: dict[RestorationRequest, tuple[str, str]] = {}
        for setting in settings():
            key = setting.line, setting.name
            first = same.setdefault(setting.request, key)
            if key not in found:
                found[key] = found.get(first) or dict(measure_setting(setting, cases, Progress()))
                write_results(table, found)
                print(*key, *(f"{name} {value:.4f}" for name, value in found[key].items()), flush=True)
    except ImagestError as error:
        print(f"measure_frontier: {error}", file=sys.stderr)
        return 2
    plot(found, args.output / "frontier.svg")
    return 0


if __name__ == "__main__":
    sys.exit(main())
