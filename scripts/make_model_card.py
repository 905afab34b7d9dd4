"""Write a model's card: its training data, its measured quality, its limitations.

    python -m scripts.make_model_card MODEL MEANS.csv [--notes FILE]

``MEANS.csv`` is written by ``imagest evaluate``. The figures are also added to the model's ``config.json``.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from imagest_core.models.description import Description, read_description, write_description
from imagest_core.training.resume import rate_text

SHOWN = ("psnr", "ssim", "haarpsi", "band1", "band2", "band3", "seconds")
Row = dict[str, str]
TITLES = ("PSNR dB", "SSIM", "HaarPSI", "band 0–1", "band 1–2", "band 2–4", "seconds")


def main() -> None:
    """Read the figures, and update the description and the card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("means", type=Path)
    parser.add_argument("--notes", type=Path, help="Markdown to append: observations and limitations")
    args = parser.parse_args()
    rows = read_means(args.means)
    description = replace(read_description(args.model), metrics=as_metrics(rows))
    write_description(args.model, description)
    notes = args.notes.read_text(encoding="utf-8") if args.notes else ""
    (args.model / "README.md").write_text(card(description, rows, notes), encoding="utf-8")


def read_means(path: Path) -> list[Row]:
    """Read ``means.csv`` as one row per kind and method, with the measures as columns."""
    rows: dict[tuple[str, str], Row] = {}
    with path.open(newline="", encoding="utf-8") as file:
        for line in csv.DictReader(file):
            key = (line["kind"], line["method"])
            row = rows.setdefault(key, {"kind": line["kind"], "method": line["method"]})
            row[line["measure"]] = line["mean"]
    return list(rows.values())


def as_metrics(rows: Sequence[Mapping[str, str]]) -> dict[str, dict[str, dict[str, float]]]:
    """Return kind → method → figures for the description."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    for row in rows:
        if row["method"].startswith("imagest"):
            figures = {name: round(float(row[name]), 4) for name in SHOWN if row.get(name)}
            found.setdefault(row["kind"], {})[row["method"]] = figures
    return found


def card(description: Description, rows: Sequence[Mapping[str, str]], notes: str) -> str:
    """Return the card as Markdown."""
    parts = [
        f"# {description.title}",
        f"Name `{description.name}`, weights {description.weights_hash}. {description.licence}",
        "## Training",
        *(training(part, facts) for part, facts in description.training.items()),
        "## Measured",
        "In the damage, region means over each kind; bands are the fill's energy over the truth's.",
        *(table(kind, rows) for kind in dict.fromkeys(row["kind"] for row in rows)),
        notes.strip(),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def training(part: str, facts: Mapping[str, Any]) -> str:
    """Return a paragraph and the held-out curve of one training run."""
    settings = facts["settings"]
    took = f"{facts['minutes']} minutes"
    if "patches" in settings:
        count = f"{settings['patches']:,} patches"
        how = f"{facts['steps']} rounds of expectation and maximisation on {count} in {took}"
    else:
        how = (
            f"{facts['steps']} steps of {settings['batch']} crops of {settings['side']} px in {took},"
            f" learning rate {rate_text(settings)} falling to 0"
        )
    text = f"**{part}**: {how}, on {', '.join(settings['sources'])} (15 % of the works held out)."
    curve = facts["held_out"]
    names = [name for name in curve[-1] if name != "step"]
    lines = [f"| step | {' | '.join(names)} |", "|" + "---|" * (len(names) + 1)]
    lines += [f"| {row['step']} | {' | '.join(f'{row[name]:.3f}' for name in names)} |" for row in curve]
    return text + "\n\nHeld out:\n\n" + "\n".join(lines)


def table(kind: str, rows: Sequence[Mapping[str, str]]) -> str:
    """Return the table of one kind of damage."""
    lines = [f"| {kind} | {' | '.join(TITLES)} |", "|---|" + "---:|" * len(SHOWN)]
    for row in rows:
        if row["kind"] == kind and row["method"] != "none":
            lines.append(f"| {row['method']} | {' | '.join(number(row.get(name, '')) for name in SHOWN)} |")
    return "\n".join(lines)


def number(text: str) -> str:
    """Format a number with three decimals; empty stays empty."""
    return f"{float(text):.3f}" if text else ""


if __name__ == "__main__":
    main()
