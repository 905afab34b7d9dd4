"""The state of a training run on disk, in safetensors and JSON; it survives a killed process."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from imagest_core.errors import ModelError, OutputError
from imagest_core.models.checkpoint import load_checkpoint
from imagest_core.models.description import CONFIG
from imagest_core.models.imagest.network import NetworkConfig
from imagest_core.models.validation import read_json
from imagest_core.painting.atomic import all_or_none, replacing, write_text
from imagest_core.painting.outputs import check_folder, check_target
from imagest_core.printable import json_text

STATE, NETWORK, SETTINGS = "state.safetensors", "network.json", "settings.json"
LATENT_SCALE = "latent-scale.json"


@dataclass
class TrainingClock:
    """The progress of a run."""

    step: int = 0
    seconds: float = 0.0


class Average:
    """Exponential moving average of a module's parameters, with warm-up."""

    def __init__(self, module: nn.Module, decay: float = 0.999) -> None:
        self.decay = decay
        self.values = {name: p.detach().clone().float() for name, p in module.named_parameters()}

    @torch.no_grad()
    def update(self, module: nn.Module, step: int) -> None:
        """Move towards the module's parameters."""
        weight = 1.0 - min(self.decay, (1 + step) / (10 + step))
        own = list(self.values.values())
        torch._foreach_lerp_(own, [p.detach() for p in module.parameters()], weight)

    def swap(self, module: nn.Module) -> None:
        """Exchange the module's parameters with the average; call twice to undo."""
        with torch.no_grad():
            for name, parameter in module.named_parameters():
                current = parameter.detach().clone()
                parameter.copy_(self.values[name])
                self.values[name] = current


def check_run(folder: Path, config: NetworkConfig, inputs: Iterable[Path] = ()) -> None:
    """Check that ``folder`` is new, empty, or a run of this network that can be resumed.

    Raises ``OutputError`` if it is one of the ``inputs``, not a folder, or contains something else, and
    ``ModelError`` if its network has another shape.
    """
    check_folder(folder, inputs)
    if not folder.is_dir():
        return
    inputs = tuple(inputs)
    for path in filter(Path.is_file, folder.iterdir()):
        check_target(path, force=True, inputs=inputs)
    names = [path.name for path in folder.iterdir() if not path.name.startswith(".")]
    if names and NETWORK not in names and LATENT_SCALE not in names:
        raise OutputError(f"{folder} contains other files than a training run; choose a new folder.")
    if (folder / STATE).is_file() and read_network(folder / NETWORK) != config:
        raise ModelError(f"{folder} belongs to a network of another shape: start in a new folder.")


def write_run(folder: Path, config: NetworkConfig, settings: Mapping[str, Any]) -> None:
    """Write the network and the settings of a run; raises ``OutputError``."""
    make_folder(folder)
    texts = {NETWORK: config.to_json(), SETTINGS: settings}
    paths = {folder / name: value for name, value in texts.items()}
    with all_or_none(paths, force=True):
        for path, value in paths.items():
            with replacing(path, force=True) as temporary:
                write_text(temporary, json_text(value, indent=1, sort_keys=path.name == SETTINGS), path)


def make_folder(folder: Path) -> None:
    """Create the folder of a run; raises ``OutputError``."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"The folder {folder} can't be created: {error.strerror or error}.") from error


def network_of(folder: Path) -> NetworkConfig:
    """Return the network of a run or a packed model; raises ``ModelError`` if it is neither."""
    if is_model(folder):
        return load_checkpoint(folder).network.config
    path = folder / NETWORK
    if not path.is_file() or not (folder / STATE).is_file():
        raise ModelError(f"{folder} contains no finished training: run `imagest train autoencoder` first.")
    return read_network(path)


def read_network(path: Path) -> NetworkConfig:
    """Read a network's sizes from JSON; raises ``ModelError`` if they are invalid."""
    try:
        return NetworkConfig.from_json(read_json(path))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ModelError(f"{path} doesn't describe a network ({error}).") from error


def is_model(folder: Path) -> bool:
    """Whether ``folder`` contains a packed model rather than a training run."""
    return (folder / CONFIG).is_file()


def averaged(folder: Path, *modules: str) -> dict[str, Tensor]:
    """Return the averaged weights of a run or a packed model by name; only of ``modules`` if given."""
    if is_model(folder):
        network = load_checkpoint(folder).network
        weights = {**network.autoencoder.state_dict()}
        for part in ("unet", "style"):
            weights |= {f"{part}.{k}": v for k, v in getattr(network, part).state_dict().items()}
    else:
        stored, _ = read_state(folder / STATE)
        weights = {k.removeprefix("average."): v for k, v in stored.items() if k.startswith("average.")}
    return {k: v for k, v in weights.items() if not modules or k.split(".", 1)[0] in modules}


def save_state(
    folder: Path, module: nn.Module, average: Average, optimizer: torch.optim.Optimizer, clock: TrainingClock
) -> None:
    """Write ``state.safetensors`` in one atomic step."""
    tensors: dict[str, Tensor] = {}
    for name, parameter in module.named_parameters():
        tensors[f"model.{name}"] = parameter.detach().contiguous()
        tensors[f"average.{name}"] = average.values[name].contiguous()
        for key, value in optimizer.state.get(parameter, {}).items():
            tensors[f"optimizer.{key}.{name}"] = value.detach().contiguous()
    write_state(folder, tensors, clock)


def write_state(folder: Path, tensors: Mapping[str, Tensor], clock: TrainingClock) -> None:
    """Write ``tensors`` and the clock; the old state stays until the new one is complete."""
    with replacing(folder / STATE, force=True) as temporary:
        save_file(dict(tensors), temporary, metadata={"clock": json.dumps(asdict(clock))})


def read_state(path: Path) -> tuple[dict[str, Tensor], TrainingClock]:
    """Read the state written by :func:`write_state`; raises ``ModelError`` if it is damaged."""
    try:
        with safe_open(path, "pt") as stored:
            facts = json.loads((stored.metadata() or {})["clock"])
            clock = TrainingClock(step=int(facts["step"]), seconds=float(facts["seconds"]))
        if clock.step < 0 or not math.isfinite(clock.seconds):
            raise ValueError("its clock is wrong")
        return load_file(path), clock
    except (SafetensorError, OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise ModelError(f"{path} is a damaged training state: start in a new folder.") from error


def load_state(
    folder: Path, module: nn.Module, average: Average, optimizer: torch.optim.Optimizer
) -> TrainingClock | None:
    """Restore the state written by :func:`save_state`; None if there is nothing to resume."""
    path = folder / STATE
    if not path.exists():
        return None
    tensors, clock = read_state(path)
    for name, parameter in module.named_parameters():
        for stored in (tensors.get(f"model.{name}"), tensors.get(f"average.{name}")):
            if stored is None or stored.shape != parameter.shape or not stored.is_floating_point():
                raise ModelError(
                    f"{path} belongs to a network of another shape (at {name}): start in a new folder."
                )
        with torch.no_grad():
            parameter.copy_(tensors[f"model.{name}"])
        average.values[name] = tensors[f"average.{name}"].to(parameter.device)
        keys = [key for key in tensors if key.startswith("optimizer.") and key.endswith(f".{name}")]
        optimizer.state[parameter] = {
            key.removeprefix("optimizer.").removesuffix(f".{name}"): tensors[key].to(
                "cpu" if key.startswith("optimizer.step.") else parameter.device
            )
            for key in keys
            if key.removeprefix("optimizer.").removesuffix(f".{name}") in ("step", "exp_avg", "exp_avg_sq")
        }
    return clock


def start_torch(seed: int, threads: int = 0) -> None:
    """Seed torch's generators, and limit it to ``threads`` CPU threads unless that is 0."""
    if threads:
        torch.set_num_threads(threads)
    torch.manual_seed(seed)
