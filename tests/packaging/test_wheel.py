"""A wheel installed outside the checkout finds its resources and answers."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PARTS = ("imagest_core", "app", "resources", "pyproject.toml", "setup.py", "README.md", "LICENSE")
MANUAL = Path("docs", "manual")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which a wheel of this checkout was installed."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("installed")
    for part in PARTS:
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, source / part)
    shutil.copytree(ROOT / MANUAL, source / MANUAL)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    offline = ["--no-deps", "--no-index", "--no-build-isolation", "--no-compile"]
    subprocess.run([*pip, "install", *offline, "--target", target, source], check=True, timeout=200)
    return target


def run(installed: Path, *arguments: str) -> str:
    """What Python prints for ``arguments``, far from the checkout and with the installed package."""
    environment = os.environ | {"PYTHONPATH": str(installed), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, *arguments]
    done = subprocess.run(
        command, cwd=installed.parent, env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip()


def test_the_resources_are_those_of_the_wheel(installed):
    found = run(
        installed, "-c", "import resources; print(resources.sample_painting(), resources.sample_mask())"
    )
    assert [Path(path).is_relative_to(installed) for path in found.split()] == [True, True]


def test_the_manual_is_in_the_wheel(installed):
    """The same files as in the checkout, with the pictures where the pages expect them."""
    found = Path(run(installed, "-c", "import resources; print(resources.manual_folder())"))
    assert found == installed / "resources" / "manual"
    files = {path.relative_to(found) for path in found.rglob("*") if path.is_file()}
    assert files == {path.relative_to(ROOT / MANUAL) for path in (ROOT / MANUAL).rglob("*") if path.is_file()}
    code = "from app.manual.pages import NAMES, read_page; print([read_page(n, 'en').title for n in NAMES])"
    assert "Troubleshooting" in run(installed, "-c", code)


def test_the_command_line_opens_the_bundled_sample(installed):
    sample = installed / "resources" / "sample" / "damaged.tif"
    facts = json.loads(run(installed, "-m", "imagest_core", "info", str(sample)))
    assert (facts["width"], facts["height"], facts["depth"]) == (1200, 900, 16)


def test_the_program_is_installed_under_its_name(installed):
    assert "restore" in run(installed, str(installed / "bin" / "imagest"), "--help")


def test_nothing_but_the_packages_and_their_resources_is_installed(installed):
    folders = {path.name for path in installed.iterdir() if not path.name.endswith(".dist-info")}
    assert folders == {"imagest_core", "app", "resources", "bin"}
    assert not list(installed.rglob("__pycache__"))
