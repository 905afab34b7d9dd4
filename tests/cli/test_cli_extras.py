"""Packages of the extras: declared as the code expects, and named in one sentence where they are missing."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from imagest_core.extras import EXTRAS, MissingExtraError, require_extra

ROOT = Path(__file__).parents[2]
COMMANDS = {
    "accelerate": ("train", "autoencoder", "pictures", "-o", "out"),
    "tensorboard": ("train", "imagest", "pictures", "--autoencoder", "model", "-o", "out"),
    "piq": ("evaluate", "cases", "-o", "out"),
    "torchvision": ("evaluate", "cases", "-o", "out"),
    "transformers": ("evaluate", "cases", "-o", "out"),
}
WITHOUT_EXTRAS = """
import sys
for name in {blocked}:
    sys.modules[name] = None
from imagest_core.cli import main
raise SystemExit(main({arguments}))
"""


@pytest.fixture(scope="module")
def extras() -> dict[str, list[str]]:
    """The extras that pyproject.toml declares, as names of packages."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {
        extra: [re.split(r"[<>=!]", line)[0] for line in lines]
        for extra, lines in project["optional-dependencies"].items()
    }


def test_the_modules_are_those_that_the_extras_bring(extras):
    assert {name: tuple(each.replace("-", "_") for each in extras[name]) for name in EXTRAS} == EXTRAS


def test_all_is_every_extra_of_the_program(extras):
    assert extras["all"] == [f"imagest-workstation[{','.join(EXTRAS)}]"]


@pytest.mark.parametrize("module", COMMANDS)
def test_missing_extra_is_named_with_its_install_command(cli, tmp_path, monkeypatch, module):
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.chdir(tmp_path)
    code, out, err = cli(*COMMANDS[module])
    assert (code, out, err.count("\n")) == (2, "", 1)
    extra = next(name for name, modules in EXTRAS.items() if module in modules)
    assert f"({module})" in err
    assert f"pip install 'imagest-workstation[{extra}]'" in err
    assert list(tmp_path.iterdir()) == []


def test_all_missing_packages_are_named(monkeypatch):
    for module in EXTRAS["train"]:
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=r"\(accelerate, tensorboard, torch\)"):
        require_extra("train", "Training")


def test_a_scan_is_restored_without_any_extra(scan, mask, tmp_path):
    blocked = [module for modules in EXTRAS.values() for module in modules] + ["diffusers", "timm", "peft"]
    out = tmp_path / "restored.tif"
    arguments = ["restore", scan, "--mask", mask, "-o", out, "--mode", "faithful"]
    code = WITHOUT_EXTRAS.format(blocked=blocked, arguments=[str(each) for each in arguments])
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert out.exists()
