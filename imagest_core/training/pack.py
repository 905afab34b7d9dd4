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
from imagest_core.models.description import Description
from imagest_core.models.network import ImagestNetwork
from imagest_core.training.diffusion import latent_scale
from imagest_core.training.state import STATE, averaged, network_of


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
    """Write the averaged weights of two runs as one checkpoint; a missing run raises ``ModelError``.

    ``earlier``: the run that the autoencoder's went on from, for the model card.
    """
    encoded = network_of(autoencoder).autoencoder
    config = replace(
        network_of(diffusion), autoencoder=replace(encoded, latent_scale=latent_scale(diffusion))
    )
    network = ImagestNetwork(config)
    network.autoencoder.load_state_dict(averaged(autoencoder))
    trained = averaged(diffusion)
    for part in ("unet", "style"):
        own = {k.removeprefix(f"{part}."): v for k, v in trained.items() if k.startswith(f"{part}.")}
        getattr(network, part).load_state_dict(own)
    rounds = {"autoencoder, first round": earlier} if earlier else {}
    rounds |= {"autoencoder": autoencoder, "diffusion": diffusion}
    training = {part: run_facts(run) for part, run in rounds.items()}
    return save_checkpoint(folder, network, name=name, title=title, training=training, licence=licence)


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
    with (run / "losses.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if row["kind"] == "held-out":
                step = int(row["step"])
                curve.setdefault(step, {"step": step})[row["name"]] = float(row["value"])
    return [curve[step] for step in sorted(curve)]
