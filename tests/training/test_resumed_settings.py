"""What may change when a training is resumed, and what its card says about it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from tiny_model import picture
from tiny_models import tiny_sd

from imagest_core.errors import ModelError
from imagest_core.models.cache import loaded_models
from imagest_core.painting.picture_files import write_picture
from imagest_core.training.resume import check_settings, stated_rate, with_rates
from imagest_core.training.state import SETTINGS, TrainingClock, write_state


def at_step(folder: Path, step: int, settings: dict[str, object]) -> Path:
    folder.mkdir(exist_ok=True)
    write_state(folder, {"model.weight": torch.zeros(1)}, TrainingClock(step))
    (folder / SETTINGS).write_text(json.dumps(settings))
    return folder


@pytest.mark.parametrize(
    ("name", "option"), [("side", "--side 64"), ("rank", "--rank 64"), ("batch", "--batch 64")]
)
def test_an_option_that_changes_the_run_is_refused(tmp_path: Path, name: str, option: str) -> None:
    run = at_step(tmp_path, 3, {name: 64, "steps": 10})
    check_settings(run, {name: 64, "steps": 20, "minutes": 1})
    with pytest.raises(ModelError, match=f"was started with {option}, which can't change to 32"):
        check_settings(run, {name: 32, "steps": 20})


def test_a_folder_without_a_training_has_no_settings(tmp_path: Path) -> None:
    (tmp_path / SETTINGS).write_text(json.dumps({"side": 64}))
    check_settings(tmp_path, {"side": 32})
    assert with_rates(tmp_path, {"rate": 0.1}) == {"rate": 0.1}


def test_damaged_settings_are_refused(tmp_path: Path) -> None:
    (at_step(tmp_path, 3, {}) / SETTINGS).write_text("{")
    with pytest.raises(ModelError, match="is damaged: start in a new folder"):
        check_settings(tmp_path, {"side": 32})


def test_each_learning_rate_is_stated_with_its_steps(tmp_path: Path) -> None:
    run = at_step(tmp_path, 200, {"rate": 1e-5})
    assert stated_rate(run) == 1e-5
    at_step(run, 200, with_rates(run, {"rate": 1e-6}))
    assert stated_rate(run) == 1e-5, "no step was taken at the other rate"
    at_step(run, 200, with_rates(run, {"rate": 2e-6}))
    at_step(run, 300, json.loads((run / SETTINGS).read_text()))
    assert stated_rate(run) == "1e-05 until step 200, then 2e-06"
    assert with_rates(run, {"rate": 2e-6})["rates"] == [[0, 1e-5], [200, 2e-6]]
    at_step(run, 400, with_rates(run, {"rate": 1e-5}))
    assert stated_rate(run) == "1e-05 until step 200, then 2e-06 until step 300, then 1e-05"


def test_a_resumed_training_of_an_artist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cli) -> None:
    monkeypatch.setenv("IMAGEST_DATA", str(tmp_path / "data"))
    (tmp_path / "works").mkdir()
    write_picture(tmp_path / "works" / "work.png", picture(72, seed=0))
    run = tmp_path / "run"
    command = [
        "train", "artist", tmp_path / "works", "--base", tiny_sd(tmp_path / "sd"), "-o", run,
        "--method", "lora", "--rank", 4, "--device", "cpu", "--precision", "no", "--sample-steps", 1,
    ]  # fmt: skip
    assert cli(*command, "--side", 64, "--steps", 1, "--rate", 0.5).code == 0
    before = (run / SETTINGS).read_bytes()
    for name, wrong in (("side", 32), ("seed", 5), ("batch", 2), ("rank", 2)):
        options = {"side": 64, "steps": 2, name: wrong}
        answer = cli(*command, *(each for key, value in options.items() for each in (f"--{key}", value)))
        assert answer.code == 2
        assert f"was started with --{name} " in answer.err
        assert f"can't change to {wrong}" in answer.err
        assert (run / SETTINGS).read_bytes() == before
    answer = cli(*command, "--side", 64, "--steps", 2, "--rate", 0.25)
    assert answer.code == 0, answer.err
    assert "- learning rate: 0.5 until step 1, then 0.25" in (run / "lora" / "README.md").read_text()
    loaded_models.clear()
