"""What a training run keeps on disk, in safetensors and JSON only: it survives a kill."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from imagest_core.errors import ModelError
from imagest_core.models.checkpoint import load_checkpoint
from imagest_core.models.description import CONFIG
from imagest_core.models.network import NetworkConfig

STATE, NETWORK = "state.safetensors", "network.json"


@dataclass
class Clock:
    """Where a run stands."""

    step: int = 0
    seconds: float = 0.0


class Average:
    """Exponential moving average of a module's parameters, warmed up from the start."""

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


def keep_network(folder: Path, config: NetworkConfig) -> None:
    """Write down which network a run trains."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / NETWORK).write_text(json.dumps(config.to_json(), indent=1))


def network_of(folder: Path) -> NetworkConfig:
    """Which network a run trains or a packed model holds; raises ``ModelError`` where there is neither."""
    if is_model(folder):
        return load_checkpoint(folder).network.config
    path = folder / NETWORK
    if not path.is_file() or not (folder / STATE).is_file():
        raise ModelError(f"{folder} holds no finished training: run `imagest train autoencoder` first.")
    return read_network(path)


def read_network(path: Path) -> NetworkConfig:
    """A network's sizes from JSON; raises ``ModelError`` when they can't be understood."""
    try:
        return NetworkConfig.from_json(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ModelError(f"{path} doesn't describe a network ({error}).") from error


def is_model(folder: Path) -> bool:
    """Whether ``folder`` holds a packed model and not a training run."""
    return (folder / CONFIG).is_file()


def averaged(folder: Path, *modules: str) -> dict[str, Tensor]:
    """The averaged weights of a run by name, or a packed model's; of ``modules`` alone if any are named."""
    if is_model(folder):
        network = load_checkpoint(folder).network
        weights = {**network.autoencoder.state_dict()}
        for part in ("unet", "style"):
            weights |= {f"{part}.{k}": v for k, v in getattr(network, part).state_dict().items()}
        weights |= network.infill.state_dict() if network.infill else {}
    else:
        stored = load_file(folder / STATE)
        weights = {k.removeprefix("average."): v for k, v in stored.items() if k.startswith("average.")}
    return {k: v for k, v in weights.items() if not modules or k.split(".", 1)[0] in modules}


def save_state(
    folder: Path, module: nn.Module, average: Average, optimizer: torch.optim.Optimizer, clock: Clock
) -> None:
    """Write ``state.safetensors`` in one atomic step."""
    tensors: dict[str, Tensor] = {}
    for name, parameter in module.named_parameters():
        tensors[f"model.{name}"] = parameter.detach().contiguous()
        tensors[f"average.{name}"] = average.values[name].contiguous()
        for key, value in optimizer.state.get(parameter, {}).items():
            tensors[f"optimizer.{key}.{name}"] = value.detach().contiguous()
    temporary = folder / f"{STATE}.part"
    save_file(tensors, temporary, metadata={"clock": json.dumps(asdict(clock))})
    os.replace(temporary, folder / STATE)


def load_state(
    folder: Path, module: nn.Module, average: Average, optimizer: torch.optim.Optimizer
) -> Clock | None:
    """Restore what :func:`save_state` wrote; None where there is nothing to resume."""
    path = folder / STATE
    if not path.exists():
        return None
    from safetensors import safe_open

    with safe_open(path, "pt") as stored:
        clock = Clock(**json.loads(stored.metadata()["clock"]))
    tensors = load_file(path)
    for name, parameter in module.named_parameters():
        if f"model.{name}" not in tensors or tensors[f"model.{name}"].shape != parameter.shape:
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
