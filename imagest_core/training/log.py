"""Log the metrics of a training run to CSV and TensorBoard."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from imagest_core.training.state import TrainingClock

LOSSES = "losses.csv"


def log(folder: Path, clock: TrainingClock, kind: str, figures: Mapping[str, float]) -> None:
    """Append ``figures`` of one ``kind`` (``train``, ``held-out``) at the current step."""
    from torch.utils.tensorboard import SummaryWriter

    path = folder / LOSSES
    fresh = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.writer(file)
        if fresh:
            writer.writerow(["kind", "step", "seconds", "name", "value"])
        for name, value in figures.items():
            writer.writerow([kind, clock.step, f"{clock.seconds:.1f}", name, f"{value:.6g}"])
    with SummaryWriter(str(folder / "tensorboard")) as board:
        for name, value in figures.items():
            board.add_scalar(f"{kind}/{name}", value, clock.step)
