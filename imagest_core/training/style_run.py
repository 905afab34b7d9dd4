"""The folder of a style training: what belongs to it, and the adapter and model written at its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from imagest_core.models.stable_diffusion.style_branch import StyleBranchConfig, save_style_branch
from imagest_core.training.loop import Trainer
from imagest_core.training.pack import held_out_curve
from imagest_core.training.results import write_base_model, write_folder
from imagest_core.training.resume import with_rates
from imagest_core.training.state import SETTINGS, check_described_run, write_descriptions
from imagest_core.training.style_branch import StyleBranchTask
from imagest_core.training.style_examples import StyleBatch

STYLE_RUN = "style-run.json"
ADAPTER, MODEL = "style-adapter", "model"
"""Folders that are written at the end: the adapter, and the base with its trained U-Net."""
CARD = """# Style adapter

A style branch of Imagest for Stable Diffusion 1: a Swin style encoder and its cross-attention
(layers {layers}), trained with `imagest train style` on the base model {base}.

    imagest models add {folder}
    imagest restore SCAN --mask MASK --engine imagest-sd --style-adapter {folder} -o OUT

{facts}

The fills are hypotheses. The licence of the base model applies to what is made with it; the pictures of the
training are not part of the adapter.
"""


def check_style_run(folder: Path, description: Mapping[str, Any], inputs: list[Path]) -> None:
    """Check that ``folder`` is new, empty, or a style training of this ``description`` that can be resumed.

    Raises ``OutputError`` if it holds something else, and ``ModelError`` for another training.
    """
    check_described_run(folder, STYLE_RUN, description, "another base model or objective", inputs)


def describe_run(
    config: StyleBranchConfig, base_hash: str, objective: str, train_unet: bool
) -> dict[str, Any]:
    """Return what must be the same when a run is resumed."""
    return {
        "branch": config.to_json(),
        "base_sha256": base_hash,
        "objective": objective,
        "train_unet": train_unet,
    }


def write_style_run(folder: Path, description: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
    """Write the description and the settings of a run; raises ``OutputError``."""
    write_descriptions(folder, {STYLE_RUN: description, SETTINGS: with_rates(folder, settings)})


def save_results(
    trainer: Trainer[StyleBatch], task: StyleBranchTask, folder: Path, facts: Mapping[str, Any]
) -> list[Path]:
    """Write the averaged weights: the adapter, and the base model if its U-Net was trained.

    Ends the training: the U-Net is converted to half precision. Returns the written folders.
    """
    trainer.average.swap(trainer.bare)
    training = {
        **facts,
        "steps": trainer.clock.step,
        "hours": round(trainer.clock.seconds / 3600, 2),
        "held_out": held_out_curve(folder),
    }
    branch = task.branch
    branch.config = replace(branch.config, training=training)

    def write_adapter(inside: Path) -> None:
        save_style_branch(inside, branch)
        (inside / "README.md").write_text(_card(branch.config), encoding="utf-8")

    written = [write_folder(folder / ADAPTER, write_adapter)]
    if task.options.train_unet:
        written.append(write_folder(folder / MODEL, lambda inside: write_base_model(task.parts, inside)))
    return written


def _card(config: StyleBranchConfig) -> str:
    training = {name: value for name, value in config.training.items() if name != "held_out"}
    last = config.training["held_out"][-1:] or [{}]
    facts = {**training, **{f"held-out {name}": value for name, value in last[0].items() if name != "step"}}
    return CARD.format(
        layers=", ".join(config.layers),
        base=config.training["base"],
        folder=ADAPTER,
        facts="\n".join(f"- {name.replace('_', ' ')}: {value}" for name, value in facts.items()),
    )
