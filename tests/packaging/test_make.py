"""What is missing on a machine is said in one sentence with its remedy."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from scripts import check_system, freeze

ROOT = Path(__file__).parents[2]

#: What ``make`` hands to the commands it runs. Another ``make`` would take options and its level from it.
INHERITED = {"MAKEFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "MFLAGS"}

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


def run_make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run ``make`` in ``folder`` as a user would, even where ``make`` itself started the tests."""
    environment = {name: value for name, value in os.environ.items() if name not in INHERITED}
    command = ["make", "--no-print-directory", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, env=environment)


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
    done = run_make(ROOT, f"VENV={tmp_path / 'venv'}", f"PYTHON={python}", "demo")
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


class Tables:
    """``make tables`` with a stand-in for the environment, whose command writes down its arguments."""

    def __init__(self, folder: Path) -> None:
        self.venv, self.log = folder / "venv", folder / "log.txt"
        (self.venv / "bin").mkdir(parents=True)
        command = self.venv / "bin" / "imagest"
        command.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" -- >> "{self.log}"\n')
        command.chmod(0o755)
        for name in ("Makefile", "pyproject.toml", "constraints.txt"):
            shutil.copy(ROOT / name, folder)
        self.folder = folder

    def make(self, *values: str) -> subprocess.CompletedProcess[str]:
        """Run the target where everything is installed."""
        installed = (f"--old-file={self.venv}/{name}" for name in (".measuring", ".installed"))
        return run_make(self.folder, f"VENV={self.venv}", *installed, "tables", *values)


@pytest.fixture
def tables(tmp_path: Path) -> Tables:
    return Tables(tmp_path)


@pytest.fixture
def paths(tmp_path: Path) -> list[str]:
    """Existing inputs whose names have spaces."""
    for name in ("my cases", "my styles", "the weights"):
        (tmp_path / name).mkdir()
    (tmp_path / "my prompts.txt").write_text("gold\n")
    return ["CASES=my cases", "PROMPTS=my prompts.txt", "STYLES=my styles"]


def said_by(done: subprocess.CompletedProcess[str]) -> str:
    """The sentence on the standard error of a ``make`` that failed."""
    (sentence,) = (line for line in done.stderr.splitlines() if not line.startswith("make:"))
    assert done.returncode != 0
    return sentence


def test_the_tables_get_paths_with_spaces_whole(tables: Tables, paths: list[str]) -> None:
    done = tables.make(*paths, "WEIGHTS=the weights", "ARGS=--device cpu")
    assert done.returncode == 0, done.stderr
    shared = ["--metric-weights", "the weights", "--device", "cpu", "--"]
    assert tables.log.read_text().splitlines() == [
        *("evaluate-synthesis", "my prompts.txt", "--styles", "my styles", "-o", "out/table-1", *shared),
        *("evaluate", "my cases", "-o", "out/table-2", *shared),
    ]


def test_the_tables_need_their_inputs(tables: Tables, paths: list[str]) -> None:
    for left_out in range(3):
        given = [path for number, path in enumerate(paths) if number != left_out]
        assert "CASES=cases PROMPTS=prompts.txt STYLES=styles" in said_by(tables.make(*given))
    assert "There is no absent" in said_by(tables.make(*paths[:2], "STYLES=absent"))
    assert "There is no absent" in said_by(tables.make(*paths, "WEIGHTS=absent"))
    assert not tables.log.exists()


def test_tables_are_made_again_by_force_only(tables: Tables, paths: list[str]) -> None:
    (tables.folder / "out" / "table-2").mkdir(parents=True)
    assert "ARGS=--force" in said_by(tables.make(*paths))
    assert not tables.log.exists()
    assert tables.make(*paths, "ARGS=--device cpu --force").returncode == 0
    assert tables.log.read_text().count("--force\n") == 2


def test_the_tables_install_what_they_need(tables: Tables, paths: list[str]) -> None:
    plan = run_make(tables.folder, "-n", f"VENV={tables.venv}", "tables", *paths).stdout
    assert plan.index(".[evaluate,diffusion]") < plan.index("evaluate-synthesis")
