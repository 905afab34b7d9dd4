"""Pack finished training runs into a checkpoint: weights, facts and the held-out curve."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from imagest_core.errors import ModelError
from imagest_core.models.checkpoint import save_checkpoint
from imagest_core.models.description import Description, read_description
from imagest_core.models.imagest.network import ImagestNetwork
from imagest_core.models.validation import read_json
from imagest_core.painting.outputs import check_regular_file
from imagest_core.training.diffusion import latent_scale
from imagest_core.training.log import LOSSES
from imagest_core.training.state import SETTINGS, STATE, averaged, is_model, network_of, read_state

ROUNDS = ("first", "second", "third", "fourth", "fifth")


def pack(
    autoencoder: Path,
    diffusion: Path,
    folder: Path,
    *,
    name: str,
    title: str,
    licence: str,
    earlier: Path | None = None,
) -> Description:
    """Write the averaged weights of runs as one checkpoint; raises ``ModelError`` if a run is missing.

    A packed model may replace a run; that part is then copied from it. ``earlier``: the run that the
    autoencoder's run continued, for the model card.
    """
    encoded = network_of(autoencoder).autoencoder
    scaled = replace(encoded, latent_scale=latent_scale(diffusion))
    config = replace(network_of(diffusion), autoencoder=scaled)
    network = ImagestNetwork(config)
    network.autoencoder.load_state_dict(averaged(autoencoder, "encoder", "decoder"))
    trained = averaged(diffusion, "unet", "style")
    for part in ("unet", "style"):
        own = {k.removeprefix(f"{part}."): v for k, v in trained.items() if k.startswith(f"{part}.")}
        getattr(network, part).load_state_dict(own)
    if earlier:
        network_of(earlier)
    training = dict(earlier_rounds(earlier)) if earlier else {}
    for part, run in {"autoencoder": autoencoder, "diffusion": diffusion}.items():
        training |= facts_of(part, run)
    return save_checkpoint(folder, network, name=name, title=title, training=training, licence=licence)


def facts_of(part: str, run: Path) -> Mapping[str, Any]:
    """Return the facts of a run under ``part``, or those of a packed model for that part's rounds."""
    if is_model(run):
        return {k: v for k, v in read_description(run).training.items() if k.split(",")[0] == part}
    return {part: run_facts(run)}


def earlier_rounds(run: Path) -> Mapping[str, Any]:
    """Return the autoencoder's earlier rounds of a run or a packed model, numbered."""
    names = [f"autoencoder, {number} round" for number in ROUNDS]
    facts = facts_of("autoencoder", run)
    return dict(zip(names, (facts[name] for name in (*names, "autoencoder") if name in facts)))


def run_facts(run: Path) -> Mapping[str, Any]:
    """Return steps, minutes, settings and the held-out curve of a run, for the model card."""
    _, clock = read_state(run / STATE)
    return {
        "steps": clock.step,
        "minutes": round(clock.seconds / 60, 1),
        "settings": _settings(run / SETTINGS),
        "held_out": held_out_curve(run),
    }


def _settings(path: Path) -> Any:
    if not path.exists():
        return {}
    try:
        return read_json(path)
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} is damaged ({error}): pack without it.") from error


def held_out_curve(run: Path) -> list[dict[str, float]]:
    """Return step and metrics of each evaluation; raises ``ModelError`` if the log is damaged."""
    curve: dict[int, dict[str, float]] = {}
    check_regular_file(run / LOSSES)
    try:
        with (run / LOSSES).open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                if row["kind"] == "held-out":
                    step = int(row["step"])
                    curve.setdefault(step, {"step": step})[row["name"]] = float(row["value"])
    except (OSError, ValueError, TypeError, KeyError, csv.Error) as error:
        raise ModelError(f"{run / LOSSES} is missing or damaged: train again to pack a model.") from error
    return [curve[step] for step in sorted(curve)]
