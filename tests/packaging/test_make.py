"""What is missing on a machine is said in one sentence with its remedy."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from scripts import check_system, freeze

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


def python_that(folder: Path, refuses: str) -> Path:
    """A Python that fails where it is asked for ``refuses``, and works else."""
    path = folder / "python"
    path.write_text(f'#!/bin/sh\ncase "$*" in *"{refuses}"*) exit 1;; esac\nexec {sys.executable} "$@"\n')
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("refuses", "sentence"),
    [
        ("version_info", "Python 3.11, 3.12 or 3.13 is needed"),
        ("import venv", "apt-get install python3-venv"),
    ],
)
def test_a_python_that_cannot_make_the_environment(tmp_path, refuses, sentence):
    python = python_that(tmp_path, refuses)
    command = ["make", "--no-print-directory", f"VENV={tmp_path / 'venv'}", f"PYTHON={python}", "demo"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode != 0
    said = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    assert len(said) == 1
    assert sentence in said[0]
    assert not (tmp_path / "venv").exists()


def test_a_missing_library_names_its_package(monkeypatch, capsys):
    monkeypatch.setattr(check_system, "QT", {"libsurelynothere.so.9": "libsurely9", "libc.so.6": "libc6"})
    monkeypatch.setattr(sys, "argv", ["check_system.py"])
    assert check_system.main() == (1 if sys.platform.startswith("linux") else 0)
    if sys.platform.startswith("linux"):
        assert capsys.readouterr().err.strip().endswith("sudo apt-get install libsurely9")


def test_the_constraints_pin_all_that_the_project_asks_for_and_name_no_place():
    lines = [line for line in freeze.FILE.read_text().splitlines() if not line.startswith("#")]
    pinned = {Requirement(line).name for line in lines}
    assert pinned >= {
        "torch",
        "diffusers",
        "pyside6-essentials",
        "numpy",
        "tifffile",
        "pytest",
        "ruff",
        "setuptools",
    }
    assert pinned.isdisjoint({"imagest-workstation", "torchmetrics"})
    assert all(str(Requirement(line).specifier).startswith("==") for line in lines)
    assert not [line for line in lines if "/" in line or "@" in line or "+" in line]
