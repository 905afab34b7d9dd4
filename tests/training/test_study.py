"""Studies of a painting at toy size: crops, adaptation, what is kept, and fills that it changes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import torch
from safetensors.torch import load, save
from tiny_model import picture, tiny_checkpoint
from tiny_models import tiny_sd

from imagest_core.damage.map import DamageMap
from imagest_core.errors import InputError, ModelError, OutputError
from imagest_core.models import studies
from imagest_core.models.cache import loaded_models
from imagest_core.models.low_rank import LowRankChanges, add_changes
from imagest_core.models.studies import Study, find_study, know_study, parse_study, read_study
from imagest_core.painting.geometry import Box
from imagest_core.painting.picture_files import write_picture
from imagest_core.painting.reader import Painting, open_painting
from imagest_core.paths import cache_folder
from imagest_core.progress import Cancelled, Progress
from imagest_core.restoration.api import restore
from imagest_core.restoration.request import RestorationRequest
from imagest_core.restoration.result import RestorationResult
from imagest_core.training.intact_crops import (
    RIM,
    CropSize,
    damaged_near,
    place_crops,
    read_crops,
)
from imagest_core.training.study import PaintingStudy, StudyOutcome, load_task, options_for, paired_gain

SIDE = 920
Answer = Any
HOLE = Box(300, 280, 60, 50)
TOY = options_for(studies.IMAGEST, steps=12, rate=1e-2, rank=4, batch=4, crops=32)


@pytest.fixture(autouse=True)
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("IMAGEST_DATA", str(tmp_path / "data"))
    yield
    loaded_models.clear()


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    tiny_checkpoint(folder / "toy")
    return folder


@pytest.fixture(scope="module")
def pipelines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pipelines")
    tiny_sd(folder / "sd1")
    tiny_sd(folder / "inpainting", inpainting=True)
    return folder


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    path = tmp_path / "scan.tif"
    tifffile.imwrite(path, picture(SIDE), photometric="rgb", rowsperstrip=64)
    return path


@pytest.fixture
def mask(tmp_path: Path) -> Path:
    path = tmp_path / "mask.png"
    write_picture(path, damage().read(Box(0, 0, SIDE, SIDE)) * 255)
    return path


@pytest.fixture
def painting(scan: Path) -> Iterator[Painting]:
    with open_painting(scan) as opened:
        yield opened


def damage() -> DamageMap:
    made = DamageMap(SIDE, SIDE)
    made.write(HOLE, np.ones((HOLE.height, HOLE.width), np.uint8))
    return made


def study_of(painting: Painting, models: Path, steps: int = 12) -> PaintingStudy:
    options = replace(TOY, steps=steps)
    task = load_task(studies.IMAGEST, str(models / "toy"), "cpu", 0, options, Progress())
    task.sizes = (CropSize(16, 2),)
    return PaintingStudy(painting, damage(), task, options)


def made_study(painting: Painting, models: Path) -> Study:
    outcome = study_of(painting, models).run(Progress())
    return outcome.study or kept_anyway(outcome)


def kept_anyway(outcome: StudyOutcome) -> Study:
    raise AssertionError(str(outcome.message))


# Crops


def test_held_out_crops_are_intact_and_apart_from_the_others() -> None:
    places = place_crops(Box(0, 0, SIDE, SIDE), damage(), (CropSize(256), CropSize(32, 2)), seed=1)
    assert places.size == CropSize(32, 2)  # too few of 256 px
    assert len(places.held_out) >= 8
    for cell in places.held_out:
        assert not damaged_near(damage(), cell).any()
        assert not any(cell.expanded(8).touches(square) for square in places.training)
    assert len(set(places.training)) == len(places.training) == 256


def test_damage_and_its_rim_are_left_out_of_the_loss_and_filled(painting: Painting) -> None:
    square = Box(HOLE.x - 40, HOLE.y - 40, 64, 64)
    near = damaged_near(damage(), square)
    assert near[40 - RIM, 40 - RIM]
    assert not near[40 - RIM - 1, 40 - RIM - 1]
    crops = read_crops(painting, damage(), CropSize(32, 2), [square], Progress())
    assert crops.damaged[0, 0, 20 - RIM // 2, 20 - RIM // 2] == 1
    samples = picture(SIDE)
    samples[HOLE.slices] = 255 - samples[HOLE.slices]
    changed = painting.path.with_name("changed.tif")
    tifffile.imwrite(changed, samples, photometric="rgb")
    with open_painting(changed) as other:
        again = read_crops(other, damage(), CropSize(32, 2), [square], Progress())
    assert torch.equal(crops.clean, again.clean)


def test_too_little_intact_paint_is_refused() -> None:
    whole = DamageMap(200, 200)
    whole.write(Box(0, 0, 200, 120), np.ones((120, 200), np.uint8))
    with pytest.raises(InputError, match="Too little of the painting is intact"):
        place_crops(whole.box, whole, (CropSize(64),), seed=0)


# Weights


def test_stored_changes_are_those_that_were_trained() -> None:
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Conv2d(4, 8, 3), torch.nn.Flatten(), torch.nn.Linear(8, 6))
    plain = {name: value.clone() for name, value in network.state_dict().items()}
    changes, x = LowRankChanges(network, 2), torch.rand(3, 4, 3, 3)
    torch.nn.init.normal_(changes.get_submodule("0").up)
    changed = network(x)
    fresh = torch.nn.Sequential(torch.nn.Conv2d(4, 8, 3), torch.nn.Flatten(), torch.nn.Linear(8, 6))
    fresh.load_state_dict(plain)
    assert not torch.allclose(fresh(x), changed, atol=1e-2)
    add_changes(fresh, changes.tensors(), "x")
    assert torch.allclose(fresh(x), changed, atol=5e-3)
    with pytest.raises(ModelError, match="doesn't fit the network"):
        add_changes(fresh, {"9.down": torch.ones(2, 2), "9.up": torch.ones(2, 2)}, "x")


# Keeping only what helps


def test_the_gain_is_paired() -> None:
    gain, error = paired_gain(np.array([1.0, 5.0, 9.0]), np.array([0.9, 4.8, 8.7]))
    assert gain == pytest.approx(0.2)
    assert error == pytest.approx(0.1 / np.sqrt(3))


def test_a_study_that_does_not_help_is_discarded(painting: Painting, models: Path) -> None:
    study = study_of(painting, models, steps=1)
    object.__setattr__(study.options, "rate", 0.0)
    outcome = study.run(Progress())
    assert outcome.study is None
    assert outcome.facts.loss_before == outcome.facts.loss_after
    assert "doesn't help and is discarded" in outcome.message


def test_a_study_changes_fills_and_the_record_names_it(painting: Painting, models: Path) -> None:
    study = know_study(made_study(painting, models))
    assert study.facts.helps
    request = RestorationRequest.of("imagest", model=str(models / "toy"), device="cpu")
    plain = restore(painting, damage(), request)
    studied = restore(painting, damage(), request.changed(study=study.sha256))
    again = restore(painting, damage(), request.changed(study=study.sha256))
    assert _bytes(studied) == _bytes(again) != _bytes(plain)
    assert studied.record.request.get("study") == study.sha256
    facts = studied.record.engine.facts
    assert facts["study_sha256"] == study.sha256
    assert (facts["study_steps"], facts["study_crops"]) == (12, 32)
    assert facts["study_loss_after"] < facts["study_loss_before"]
    assert "study_sha256" not in plain.record.engine.facts
    assert not any("another scan" in note for note in studied.record.notes)


def test_a_study_of_another_scan_is_noted(painting: Painting, models: Path, tmp_path: Path) -> None:
    study = know_study(made_study(painting, models))
    other = tmp_path / "other.tif"
    tifffile.imwrite(other, picture(SIDE, seed=3), photometric="rgb")
    request = RestorationRequest.of("imagest", model=str(models / "toy"), study=study.sha256, device="cpu")
    with open_painting(other) as opened:
        assert any("made of another scan" in note for note in restore(opened, damage(), request).record.notes)


def _bytes(result: RestorationResult) -> bytes:
    return b"".join(np.ascontiguousarray(fill.colour).tobytes() for fill in result.fills)


# The file


def test_a_file_that_is_no_study_is_refused(tmp_path: Path, models: Path, painting: Painting) -> None:
    study = made_study(painting, models)
    assert parse_study(study.data, "x") == study
    path = tmp_path / "study.safetensors"
    for data in (b"", study.data[:-3], b"PK" + study.data, save({"a": torch.ones(2)})):
        path.write_bytes(data)
        with pytest.raises(ModelError):
            read_study(path)
    facts = json.loads(study.facts.to_metadata()[studies.KEY])
    for wrong in ({"steps": "many"}, {"loss_after": None}, {"adapts": "flux"}, {"format": 2}):
        text = json.dumps({**facts, **wrong})
        with pytest.raises(ModelError, match="is no study of a painting"):
            parse_study(save(load(study.data), {studies.KEY: text}), "x")
    with pytest.raises(ModelError, match="can't be read"):
        read_study(tmp_path)
    with pytest.raises(ModelError, match="isn't known here"):
        find_study("0" * 64)


def test_a_study_of_other_weights_or_another_kind_is_refused(
    painting: Painting, models: Path, tmp_path: Path
) -> None:
    study = know_study(made_study(painting, models))
    other = tiny_checkpoint(tmp_path / "other", seed=1)
    request = RestorationRequest.of("imagest", model=str(other), study=study.sha256, device="cpu")
    with pytest.raises(ModelError, match="made with other weights"):
        restore(painting, damage(), request)
    with pytest.raises(ModelError, match="not Stable Diffusion"):
        studies.check_study(study, studies.STABLE_DIFFUSION, "sd1")
    fitting = request.changed(model=str(models / "toy"), runtime="onnx")
    with pytest.raises(InputError, match="leave out --runtime onnx"):
        restore(painting, damage(), fitting)


# Cancelling and resuming


def test_a_cancelled_study_continues_where_it_was(painting: Painting, models: Path) -> None:
    first = study_of(painting, models)
    whole = first.run(Progress())
    first.finish()
    assert not list((cache_folder() / "studies").iterdir())
    interrupted = study_of(painting, models)
    reports = 0

    def stop() -> bool:
        nonlocal reports
        reports += interrupted.folder.is_dir()
        return reports > 8

    with pytest.raises(Cancelled):
        interrupted.run(Progress(cancelled=stop))
    resumed = study_of(painting, models)
    assert 0 < resumed.plan.done < 12
    outcome = resumed.run(Progress())
    assert whole.study is not None
    assert outcome.study is not None
    assert outcome.facts.loss_after == whole.facts.loss_after
    assert outcome.study.sha256 == whole.study.sha256


# Stable Diffusion


@pytest.mark.parametrize("base", ["sd1", "inpainting"])
def test_a_lora_studies_the_painting(pipelines: Path, painting: Painting, base: str) -> None:
    options = options_for(
        studies.STABLE_DIFFUSION, steps=4, rate=1e-2, rank=2, batch=2, crops=16, prompt="boats"
    )
    task = load_task(studies.STABLE_DIFFUSION, str(pipelines / base), "cpu", 0, options, Progress())
    prepared = PaintingStudy(painting, damage(), task, options)
    assert prepared.places.size.native == 64
    assert prepared.plan.memory > 0
    outcome = prepared.run(Progress())
    data = save(task.tensors(), outcome.facts.to_metadata())
    study = know_study(parse_study(data, "x"))
    request = RestorationRequest.of(
        "stable-diffusion", model=str(pipelines / base), steps=2, device="cpu", detail=0.0
    )
    plain = restore(painting, damage(), request)
    studied = restore(painting, damage(), request.changed(study=study.sha256))
    assert _bytes(plain) != _bytes(studied)
    assert studied.record.engine.facts["study_sha256"] == study.sha256


# The command line


def test_a_study_that_could_not_be_written_is_not_trained_again(
    cli: Callable[..., Answer], scan: Path, mask: Path, models: Path, tmp_path: Path, monkeypatch
) -> None:
    out = tmp_path / "study.safetensors"
    command = ["train", "painting", scan, "--mask", mask, "--model", models / "toy", "--device", "cpu",
               "--steps", 6, "--rate", 0.01, "--batch", 2, "--rank", 2, "--crops", 16, "-o", out]  # fmt: skip

    def no_room(*_: object, **__: object) -> None:
        raise OutputError("The disk became full.")

    with monkeypatch.context() as patch:
        patch.setattr("imagest_core.training.study.write_study", no_room)
        assert cli(*command).code == 2
    assert not out.exists()
    made = cli(*command)
    assert made.code == 0, made.err
    assert "for 6 steps (6 of them are done)" in made.out
    assert out.exists()
    assert not list((cache_folder() / "studies").iterdir())


def test_a_small_gain_is_shown_with_the_digits_of_its_error() -> None:
    facts = studies.StudyFacts(
        studies.IMAGEST, "b", "0", "s", "0", "0", 1, 1, 0.1, 0, 64, 1, 9, 9, 1.15784, 1.15781, 3e-5, 1.23e-6
    )
    sentence = str(StudyOutcome(facts, None, 1.0).message)
    assert "from 1.1578400 to 1.1578100 (standard error 0.0000012)" in sentence
    assert "(standard error 0.0000)" in str(
        StudyOutcome(replace(facts, standard_error=0.0), None, 1.0).message
    )


def test_the_command_line_studies_and_restores(
    cli: Callable[..., Answer], scan: Path, mask: Path, models: Path, tmp_path: Path
) -> None:
    out, toy = tmp_path / "study.safetensors", models / "toy"
    train = ["train", "painting", scan, "--mask", mask, "--model", toy, "--device", "cpu", "-o", out]
    toy_options = ["--steps", 6, "--rate", 0.01, "--batch", 2, "--rank", 2, "--crops", 16]
    planned = cli(*train, *toy_options, "--plan")
    assert planned.code == 0
    for line in ("crops: ", "memory: about ", "time: about ", "for 6 steps"):
        assert line in planned.out
    assert not out.exists()
    made = cli(*train, *toy_options)
    assert made.code == 0, made.err
    assert made.out.index("time: about") < made.out.index("The study helps")
    assert studies.KEY in read_study(out).facts.to_metadata()
    assert cli(*train).code == 2  # it exists
    restoring = ["restore", scan, "--mask", mask, "--model", toy, "--device", "cpu"]
    record = tmp_path / "record.json"
    done = cli(*restoring, "--study", out, "-o", tmp_path / "out.tif", "--record", record)
    assert done.code == 0, done.err
    stored = json.loads(record.read_text())
    assert stored["request"]["parameters"]["study"] == read_study(out).sha256
    assert stored["engine"]["facts"]["study_steps"] == 6
    refused = cli(*restoring, "--study", mask, "-o", tmp_path / "no.tif")
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert not (tmp_path / "no.tif").exists()
    unused = cli(*restoring[:-4], "--mode", "faithful", "--study", out, "-o", tmp_path / "no.tif")
    assert unused.code == 2
    overwritten = cli(*restoring, "--study", out, "-o", out, "--force")
    assert overwritten.code == 2
    weights = next(toy.glob("*.safetensors"))
    before = weights.read_bytes()
    replaced = cli(*train[:-1], weights, *toy_options, "--force")
    assert (replaced.code, "is no study, so it is not replaced" in replaced.err) == (2, True)
    assert weights.read_bytes() == before
    large = cli(*train[:-1], tmp_path / "other.safetensors", *toy_options, "--rank", 256)
    assert (large.code, large.err.count("\n")) == (2, 1)
    assert "No layer of the network is larger than the rank 256" in large.err


def test_wrong_options_of_the_command_are_refused(
    cli: Callable[..., Answer], scan: Path, mask: Path, tmp_path: Path
) -> None:
    train = ["train", "painting", scan, "--mask", mask, "-o"]
    for options in (
        [tmp_path / "study.tif"],
        [mask, "--force"],
        [tmp_path / "s.safetensors", "--prompt", "boats"],
        [tmp_path / "s.safetensors", "--engine", "stable-diffusion", "--model", "none"],
        [tmp_path / "s.safetensors", "--steps", "0"],
    ):
        answer = cli(*train, *options)
        assert answer.code == 2, options
        assert not (tmp_path / "s.safetensors").exists()
