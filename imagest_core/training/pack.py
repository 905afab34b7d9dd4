"""From finished training runs to a checkpoint that can ship: weights, facts and the held-out curve."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from safetensors import safe_open

from imagest_core.models.checkpoint import save_checkpoint
from imagest_core.models.description import Description, read_description
from imagest_core.models.network import ImagestNetwork
from imagest_core.training.diffusion import latent_scale
from imagest_core.training.infill import learned_infill
from imagest_core.training.journal import LOSSES
from imagest_core.training.state import STATE, averaged, is_model, network_of

ROUNDS = ("first", "second", "third", "fourth", "fifth")


def pack(
    autoencoder: Path,
    diffusion: Path,
    folder: Path,
    *,
    name: str,
    title: str,
    licence: str,
    infill: Path | None = None,
    earlier: Path | None = None,
) -> Description:
    """Write the averaged weights of some runs as one checkpoint; a missing run raises ``ModelError``.

    In a run's place can stand a packed model: then that part is taken over from it. Without ``infill`` the
    model has no such part. ``earlier``: what the autoencoder's run went on from, for the model card.
    """
    encoded = network_of(autoencoder).autoencoder
    mixture = learned_infill(infill) if infill else None
    config = replace(
        network_of(diffusion),
        autoencoder=replace(encoded, latent_scale=latent_scale(diffusion)),
        infill=mixture.config if mixture else None,
    )
    network = ImagestNetwork(config)
    network.autoencoder.load_state_dict(averaged(autoencoder, "encoder", "decoder"))
    trained = averaged(diffusion, "unet", "style")
    for part in ("unet", "style"):
        own = {k.removeprefix(f"{part}."): v for k, v in trained.items() if k.startswith(f"{part}.")}
        getattr(network, part).load_state_dict(own)
    if mixture and network.infill:
        network.infill.load_state_dict(mixture.state_dict())
    training = dict(earlier_rounds(earlier)) if earlier else {}
    for part, run in {"autoencoder": autoencoder, "diffusion": diffusion, "infill": infill}.items():
        training |= facts_of(part, run) if run else {}
    return save_checkpoint(folder, network, name=name, title=title, training=training, licence=licence)


def facts_of(part: str, run: Path) -> Mapping[str, Any]:
    """Under ``part``, what is known of a run; of a packed model, what it says of that part's rounds."""
    if is_model(run):
        return {k: v for k, v in read_description(run).training.items() if k.split(",")[0] == part}
    return {part: run_facts(run)}


def earlier_rounds(run: Path) -> Mapping[str, Any]:
    """The autoencoder's rounds before the one that is packed, numbered, of a run or a packed model."""
    names = [f"autoencoder, {number} round" for number in ROUNDS]
    facts = facts_of("autoencoder", run)
    return dict(zip(names, (facts[name] for name in (*names, "autoencoder") if name in facts)))


def run_facts(run: Path) -> Mapping[str, Any]:
    """Steps, minutes, settings and the held-out curve of a run, for the model card."""
    with safe_open(run / STATE, "pt") as stored:
        clock = json.loads(stored.metadata()["clock"])
    settings = json.loads((run / "settings.json").read_text()) if (run / "settings.json").exists() else {}
    return {
        "steps": clock["step"],
        "minutes": round(clock["seconds"] / 60, 1),
        "settings": settings,
        "held_out": held_out_curve(run),
    }


def held_out_curve(run: Path) -> list[dict[str, float]]:
    """One entry an evaluation: the step and each figure."""
    curve: dict[int, dict[str, float]] = {}
    with (run / LOSSES).open(newline="") as file:
        for row in csv.DictReader(file):
            if row["kind"] == "held-out":
                step = int(row["step"])
                curve.setdefault(step, {"step": step})[row["name"]] = float(row["value"])
    return [curve[step] for step in sorted(curve)]
