"""Expanding prompts with a tiny GPT-2, and training one on prompts."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from tiny_language import PROMPTS, tiny_gpt2
from tiny_models import tiny_lora

from imagest_core.errors import InputError, ModelError
from imagest_core.models.cache import loaded_models
from imagest_core.models.identify import identify
from imagest_core.models.identity import ModelKind
from imagest_core.models.language import (
    LanguageModel,
    clean,
    expand,
    find_language_model,
    load_language_model,
    read_language_model,
    sentence_ends,
)
from imagest_core.progress import Cancelled, Progress
from imagest_core.training.loop import LoopOptions, Trainer
from imagest_core.training.prompts import PromptExamples, PromptTask, read_prompts, split_prompts


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    yield tiny_gpt2(tmp_path_factory.mktemp("base") / "gpt")
    loaded_models.clear()


@pytest.fixture(scope="module")
def language(base: Path) -> LanguageModel:
    return read_language_model(base)


@pytest.fixture
def prompts(tmp_path: Path) -> Path:
    path = tmp_path / "prompts.txt"
    path.write_text("\n".join(PROMPTS) + "\n\n", encoding="utf-8")
    return path


def test_a_seed_gives_the_same_text_and_another_seed_another(language: LanguageModel) -> None:
    texts = expand(language, " a red\n cloak ", seed=4, count=3)
    assert texts == expand(language, "a red cloak", seed=4, count=3)
    assert len(texts) == 3
    assert all(text.startswith("a red cloak") for text in texts)
    assert expand(language, "a red cloak", seed=5) == texts[1:2]


def test_global_random_numbers_are_left_alone(language: LanguageModel) -> None:
    before = torch.random.get_rng_state()
    expand(language, "a red cloak", new_tokens=4)
    assert torch.equal(before, torch.random.get_rng_state())


@pytest.mark.parametrize(
    ("added", "complete", "text"),
    [
        (" of silk.  More of it", True, "a cloak of silk."),
        (" of\tsilk \n second", True, "a cloak of silk"),
        (" of 3.5 m, worn by a sai", False, "a cloak of 3.5 m, worn by a"),
        (",\x1b[1m red,", True, "a cloak,[1m red"),
        ("", True, "a cloak"),
    ],
)
def test_a_continuation_ends_with_its_sentence_and_is_cleaned(added: str, complete: bool, text: str) -> None:
    assert clean("a cloak", added, complete) == text


def test_a_sentence_ends_with_its_mark_or_line() -> None:
    assert sentence_ends("oil.")
    assert sentence_ends("oil\nnext")
    assert not sentence_ends("\n oil 3.5")


def test_prompts_that_cannot_be_expanded_are_refused(language: LanguageModel) -> None:
    with pytest.raises(InputError, match="empty"):
        expand(language, "  \n")
    with pytest.raises(InputError, match="too long"):
        expand(language, "red " * 60)


def test_a_cancel_stops_between_tokens(language: LanguageModel) -> None:
    with pytest.raises(Cancelled):
        expand(language, "a cloak", progress=Progress(cancelled=lambda: True))


def test_the_command_prints_the_texts(base: Path, cli, tmp_path: Path) -> None:
    answer = cli("prompt", "expand", "a red cloak", "--model", base, "--count", 2, "--seed", 3)
    assert answer.code == 0, answer.err
    expected = expand(load_language_model(find_language_model(str(base))), "a red cloak", 3, 2)
    assert answer.out.splitlines() == expected
    other = cli("prompt", "expand", "a", "--model", tiny_lora(tmp_path / "a.safetensors"))
    assert other.code == 2
    assert "isn't a language model" in other.err


def test_a_damaged_model_is_refused(tmp_path: Path) -> None:
    folder = tiny_gpt2(tmp_path / "gpt")
    (folder / "vocab.json").write_text("{")
    with pytest.raises(ModelError, match="can't be loaded"):
        read_language_model(folder)


def trained_weights(base: Path, folder: Path, *stops: int) -> torch.Tensor:
    """Train four steps, interrupted after each of ``stops`` steps."""
    for stop in (*stops, None):
        model = read_language_model(base)
        options = LoopOptions(
            folder, steps=4, batch=4, learning_rate=1e-3, warmup=1, precision="no", device="cpu"
        )
        torch.manual_seed(0)
        task = PromptTask(model, PromptExamples(model, PROMPTS[:2]))
        model.model.eval()  # dropout isn't resumed exactly
        trainer = Trainer(task, PromptExamples(model, PROMPTS), options)
        if stop is None:
            assert trainer.run(Progress()).step == 4
            continue
        until = trainer.clock.step + stop
        with pytest.raises(Cancelled):
            trainer.run(Progress(cancelled=lambda: trainer.clock.step >= until))  # noqa: B023
    return torch.cat([value.flatten() for value in trainer.average.values.values()])


def test_an_interrupted_training_continues(base: Path, tmp_path: Path) -> None:
    whole = trained_weights(base, tmp_path / "whole")
    assert torch.allclose(whole, trained_weights(base, tmp_path / "parts", 1, 1), atol=1e-6)


def test_training_lowers_the_held_out_loss_and_packs_a_model(
    base: Path, prompts: Path, cli, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    options = ("train", "prompts", prompts, "--base", base, "-o", run, "--device", "cpu", "--precision", "no")
    more = ("--rate", 5e-3, "--batch", 8, "--evaluate-every", 10)
    answer = cli(*options, *more, "--steps", 10)
    assert answer.code == 0, answer.err
    assert answer.out.startswith("prompts: 29 to train with, 3 held out")
    again = cli(*options, *more, "--steps", 40)  # continues
    assert again.code == 0, again.err
    with (run / "losses.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] == "held-out" and row["name"] == "loss"]
    assert [row["step"] for row in rows] == ["10", "20", "30", "40"]
    assert float(rows[-1]["value"]) < 0.8 * float(rows[0]["value"])
    assert identify(run / "model").kind is ModelKind.LANGUAGE_MODEL
    card = (run / "model" / "README.md").read_text(encoding="utf-8")
    assert "held-out loss" in card
    assert not [path for path in run.rglob("*.json") if str(tmp_path) in path.read_text()]
    weights = load_file(run / "model" / "model.safetensors")["transformer.wte.weight"]
    assert torch.allclose(weights, load_file(run / "state.safetensors")["average.transformer.wte.weight"])
    assert cli("prompt", "expand", "a red", "--model", run / "model").code == 0


def test_other_trainings_and_wrong_files_are_refused(base: Path, prompts: Path, cli, tmp_path: Path) -> None:
    run = tmp_path / "run"
    options = ("--base", base, "-o", run, "--device", "cpu", "--precision", "no", "--steps", 1)
    assert cli("train", "prompts", prompts, *options, "--plan").code == 0
    assert not run.exists()
    assert cli("train", "prompts", prompts, *options).code == 0
    answer = cli("train", "prompts", prompts, *options, "--seed", 3)
    assert answer.code == 2
    assert "was started with --seed 0, which can't change to 3" in answer.err
    prompts.write_text("one\ntwo\n")
    with pytest.raises(InputError, match="2 different prompts"):
        read_prompts(prompts)
    prompts.write_bytes(b"\xff\xfe\x00caf\xe9")
    with pytest.raises(InputError, match="UTF-8"):
        read_prompts(prompts)
    with pytest.raises(InputError, match="can't be read"):
        read_prompts(tmp_path / "none.txt")


def test_prompts_are_held_out_once() -> None:
    chosen, held_out = split_prompts(PROMPTS)
    assert sorted(chosen + held_out) == sorted(PROMPTS)
    assert len(held_out) == 3
