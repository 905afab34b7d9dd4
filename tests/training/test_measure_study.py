from __future__ import annotations

from pathlib import Path

import pytest

from scripts.measure_study import mean_row, names_of


def test_each_painting_has_a_name_of_its_own() -> None:
    """Cases are all named clean.png; their falls must not be averaged together."""
    assert names_of([Path("a/x.tif"), Path("b/y.tif")]) == ["x.tif", "y.tif"]
    paths = [Path(each, "clean.png") for each in ("a/1", "a/2", "b/2")]
    assert names_of(paths) == ["1/clean.png", "2/clean.png", "2/clean.png (2)"]


def test_a_mean_over_seeds_has_a_standard_error() -> None:
    row = mean_row("x", [0.0041, 0.0047, 0.0051])
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[:4] == ["x", "3", "+0.0046", "0.0003"]
    assert float(cells[4]) == pytest.approx(16, abs=0.5)
    assert mean_row("x", [0.1]).endswith("| – | – |")
