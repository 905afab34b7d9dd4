"""The folder of an adaptation: what belongs to it, sample pictures before and after, result and card."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from imagest_core.painting.picture_files import write_picture
from imagest_core.training.adaptation import AdaptationMethod, AdaptationTask
from imagest_core.training.captioned_examples import CaptionedBatch
from imagest_core.training.loop import Trainer
from imagest_core.training.results import write_folder
from imagest_core.training.resume import with_rates
from imagest_core.training.state import SETTINGS, STATE, check_described_run, make_folder, write_descriptions

RUN = "adaptation-run.json"
BEFORE, AFTER = "sample-before.png", "sample-after.png"
USE = {
    AdaptationMethod.FULL: "--model {result}",
    AdaptationMethod.DREAMBOOTH: "--model {result}",
    AdaptationMethod.LORA: "--model {base} --adapters {result}",
    AdaptationMethod.TEXTUAL_INVERSION: "--model {base} --adapters {result}",
}
CARD = """# {title}

Stable Diffusion adapted with `imagest train` ({method}) on the base model {base}.

    imagest models add {result}
    imagest restore SCAN --mask MASK --engine stable-diffusion {use} --prompt "{prompt}" -o OUT

{facts}

`{before}` and `{after}` show the same prompts and seeds before and after the training.

Fills and pictures made with it are hypotheses, not the artist's work. The licence of the base model applies,
and the rights of the training pictures should be checked before it is passed on.
"""


def check_adaptation_run(folder: Path, description: Mapping[str, Any], inputs: list[Path]) -> None:
    """Check that ``folder`` is new, empty, or an adaptation of this ``description`` that can be resumed."""
    check_described_run(folder, RUN, description, "another base model, method, pictures or captions", inputs)


def start_run(
    task: AdaptationTask, folder: Path, description: Mapping[str, Any], settings: Mapping[str, Any]
) -> None:
    """Write the description of a run, and for a new one the sample pictures before the training."""
    make_folder(folder)
    write_descriptions(folder, {RUN: description, SETTINGS: with_rates(folder, settings)})
    if not (folder / STATE).is_file() or not (folder / BEFORE).is_file():
        write_samples(task, folder / BEFORE)


def write_samples(task: AdaptationTask, path: Path) -> None:
    """Write the sample pictures side by side."""
    with task.hardware.autocast():
        picture = task.sample()
    write_picture(path, picture[..., ::-1])


def save_adaptation(
    trainer: Trainer[CaptionedBatch], task: AdaptationTask, folder: Path, name: str, facts: Mapping[str, Any]
) -> Path:
    """Write the result with its card and sample pictures; return what is added to the library.

    Ends the training: weights are averaged, if they have an average, and may be converted.
    """
    trainer.average.swap(trainer.bare)
    write_samples(task, folder / AFTER)
    stem, result = name_of(name), Path()
    facts = {**facts, "steps": trainer.clock.step, "hours": round(trainer.clock.seconds / 3600, 2)}

    def write(inside: Path) -> None:
        nonlocal result
        result = task.weights.save(inside, stem).relative_to(inside)
        for sample in (BEFORE, AFTER):
            shutil.copyfile(folder / sample, inside / sample)
        text = card(task, name, task.weights.folder if not result.name else result.name, facts)
        (inside / "README.md").write_text(text, encoding="utf-8")

    return write_folder(folder / task.weights.folder, write) / result


def card(task: AdaptationTask, title: str, result: str, facts: Mapping[str, Any]) -> str:
    """Return the text of the card."""
    method, base = task.options.method, task.base.name
    return CARD.format(
        title=title,
        method=method,
        base=base,
        result=result,
        use=USE[method].format(base=base, result=result),
        prompt=task.options.samples[0],
        facts="\n".join(f"- {key.replace('_', ' ')}: {value}" for key, value in facts.items()),
        before=BEFORE,
        after=AFTER,
    )


def name_of(title: str) -> str:
    """Return a file name for a title: letters, digits and hyphens."""
    return re.sub(r"[^\w]+", "-", title.lower()).strip("-_")[:60] or "style"
