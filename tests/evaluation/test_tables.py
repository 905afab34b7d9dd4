from __future__ import annotations

import csv
import io
import math

import pytest

from imagest_core.evaluation.benchmark import Benchmark, Row
from imagest_core.evaluation.tables import cases_csv, differences_csv, means_csv, report


@pytest.fixture
def benchmark() -> Benchmark:
    """Two kinds of three cases: the second engine is a decibel better on each, and LPIPS is missing."""
    made = Benchmark(("psnr", "lpips", "seconds"), notes=["LPIPS: empty, since it isn't here."])
    for number in range(6):
        kind = "cracks" if number < 3 else "losses"
        for method, psnr in (("none", 5.0), ("telea", 20.0 + number), ("harmonic", 21.0 + number)):
            made.rows.append(
                Row(f"{number}", kind, method, {"psnr": psnr, "lpips": math.nan, "seconds": 0.5})
            )
    return made


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_every_case_and_method_has_a_line(benchmark: Benchmark) -> None:
    lines = read(cases_csv(benchmark))
    assert len(lines) == 18
    assert lines[1] == {
        "case": "0", "kind": "cracks", "method": "telea", "psnr": "20", "lpips": "", "seconds": "0.5",
    }  # fmt: skip


def test_means_are_by_kind_and_of_all(benchmark: Benchmark) -> None:
    lines = {(line["kind"], line["method"], line["measure"]): line for line in read(means_csv(benchmark, 0))}
    assert lines["cracks", "telea", "psnr"]["mean"] == "21"
    assert lines["all", "harmonic", "psnr"]["mean"] == "23.5"
    assert lines["all", "none", "psnr"]["low"] == "5"
    assert (lines["all", "none", "lpips"]["cases"], lines["all", "none", "lpips"]["mean"]) == ("0", "")


def test_differences_are_paired_and_of_every_two(benchmark: Benchmark) -> None:
    lines = [line for line in read(differences_csv(benchmark, 0)) if line["measure"] == "psnr"]
    assert len(lines) == 9
    (found,) = (
        line
        for line in lines
        if (line["kind"], line["first"], line["second"]) == ("all", "telea", "harmonic")
    )
    assert (found["cases"], found["mean"], found["low"], found["high"]) == ("6", "-1", "-1", "-1")


def test_the_report_has_a_table_for_each_kind(benchmark: Benchmark) -> None:
    text = report(benchmark, 0, {"imagest": "1.2.3"})
    assert [line for line in text.splitlines() if line.startswith("## ")] == [
        "## cracks (3 cases)", "## losses (3 cases)", "## all (6 cases)", "## telea against the others",
        "## Measured with",
    ]  # fmt: skip
    assert "| telea | 21.000 | 0.500 |" in text
    assert "| harmonic | **-1.000 [-1.000, -1.000]** |" in text
    assert "- imagest: 1.2.3" in text
    assert "- LPIPS: empty" in text
    assert "| LPIPS" not in text


def test_sets_are_listed_next_to_the_means(benchmark: Benchmark) -> None:
    benchmark.sets["all", "telea"] = {"fid": 12.3456, "kid": math.nan}
    text = report(benchmark, 0, {})
    assert "| telea | 22.500 | 0.500 | 12.346 |  |" in text
    assert {line["mean"] for line in read(means_csv(benchmark, 0)) if line["measure"] == "fid"} == {"12.3456"}


def test_one_kind_needs_no_table_of_all(benchmark: Benchmark) -> None:
    benchmark.rows = benchmark.rows[:3]
    assert benchmark.kinds == ["cracks"]
    text = report(benchmark, 0, {})
    assert "## cracks (1 case)" in text
    assert "| harmonic | -1.000 |" in text
