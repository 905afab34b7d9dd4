"""The state of a training run on disk, in safetensors and JSON; it survives a killed process."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
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
OPTIMIZER_KEYS = ("step", "exp_avg", "exp_avg_sq", "state1", "state2", "qmap1", "qmap2", "absmax1", "absmax2")
"""State of AdamW for a parameter: torch's, and that of the 8-bit one of bitsandbytes."""
NUMBER = "optimizer-number"
"""Prefix of the optimizer's values that aren't tensors."""
DTYPES = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.int64: "I64",
    torch.int32: "I32",
    torch.uint8: "U8",
}
"""Names of number formats in safetensors."""


@dataclass
class TrainingClock:
    """The progress of a run."""

    step: int = 0
    seconds: float = 0.0


class Average:
    """Exponential moving average of a module's parameters, with warm-up; a decay of 0 keeps none."""

    def __init__(self, module: nn.Module, decay: float = 0.999) -> None:
        self.decay = decay
        parameters = dict(module.named_parameters()) if decay else {}
        self.values = {name: p.detach().clone().float() for name, p in parameters.items()}

    @torch.no_grad()
    def update(self, module: nn.Module, step: int) -> None:
        """Move towards the module's parameters."""
        if not self.values:
            return
        weight = 1.0 - min(self.decay, (1 + step) / (10 + step))
        own = list(self.values.values())
        torch._foreach_lerp_(own, [p.detach() for p in module.parameters()], weight)

    def swap(self, module: nn.Module) -> None:
        """Exchange the module's parameters with the average, if there is one; call twice to undo."""
        parameters = dict(module.named_parameters()) if self.values else {}
        with torch.no_grad():
            for name, parameter in parameters.items():
                current = parameter.detach().clone()
                parameter.copy_(self.values[name])
                self.values[name] = current


def check_run(folder: Path, config: NetworkConfig, inputs: Iterable[Path] = ()) -> None:
    """Check that ``folder`` is new, empty, or a run of this network that can be resumed.

    Raises ``OutputError`` if it is one of the ``inputs``, not a folder, or contains something else, and
    ``ModelError`` if its network has another shape.
    """
    check_run_folder(folder, (NETWORK, LATENT_SCALE), inputs)
    if (folder / STATE).is_file() and read_network(folder / NETWORK) != config:
        raise ModelError(f"{folder} belongs to a network of another shape: start in a new folder.")


def check_run_folder(folder: Path, marks: Iterable[str], inputs: Iterable[Path] = ()) -> None:
    """Check that ``folder`` is new, empty, or a training run: one of ``marks`` is in it.

    Raises ``OutputError`` if it is one of the ``inputs`` or inside one, not a folder, or contains something
    else.
    """
    inputs = tuple(inputs)
    check_folder(folder, inputs)
    for path in filter(Path.is_dir, inputs):
        if folder.resolve().is_relative_to(path.resolve()):
            raise OutputError(f"{folder} is inside {path}, which is read: choose a folder elsewhere.")
    if not folder.is_dir():
        return
    for path in filter(Path.is_file, folder.iterdir()):
        check_target(path, force=True, inputs=inputs)
    names = [path.name for path in folder.iterdir() if not path.name.startswith(".")]
    if names and not any(mark in names for mark in marks):
        raise OutputError(f"{folder} contains other files than a training run; choose a new folder.")


def check_described_run(
    folder: Path, name: str, description: Mapping[str, Any], differences: str, inputs: Iterable[Path] = ()
) -> None:
    """Check that ``folder`` is new, empty, or a training of this ``description``, in its file ``name``.

    Raises ``OutputError`` if it holds something else, and ``ModelError`` for another training, which has
    ``differences``.
    """
    check_run_folder(folder, (name,), inputs)
    if not (folder / STATE).is_file():
        return
    try:
        stored = read_json(folder / name)
    except (OSError, ValueError) as error:
        raise ModelError(f"{folder / name} is damaged: start in a new folder.") from error
    if stored != json.loads(json.dumps(description)):
        raise ModelError(f"{folder} belongs to a training with {differences}: start in a new folder.")


def write_run(folder: Path, config: NetworkConfig, settings: Mapping[str, Any]) -> None:
    """Write the network and the settings of a run; raises ``OutputError``."""
    write_descriptions(folder, {NETWORK: config.to_json(), SETTINGS: settings})


def write_descriptions(folder: Path, texts: Mapping[str, Any]) -> None:
    """Write JSON files into the folder of a run, all or none; raises ``OutputError``."""
    make_folder(folder)
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
        tensors[f"model.{name}"] = parameter.detach()
        if average.values:
            tensors[f"average.{name}"] = average.values[name]
        for key, value in optimizer.state.get(parameter, {}).items():
            prefix = "optimizer" if isinstance(value, Tensor) else NUMBER
            tensors[f"{prefix}.{key}.{name}"] = torch.as_tensor(value).detach()
    write_state(folder, tensors, clock)


def write_state(folder: Path, tensors: Mapping[str, Tensor], clock: TrainingClock) -> None:
    """Write ``tensors`` and the clock; the old state stays until the new one is complete."""
    with replacing(folder / STATE, force=True) as temporary:
        write_tensors(temporary, tensors, {"clock": json.dumps(asdict(clock))})


def write_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Write a safetensors file one tensor at a time.

    ``safetensors.torch.save_file`` needs all of them contiguous and in the computer's memory at once.
    """
    ordered = sorted(tensors.items(), key=lambda item: (-item[1].element_size(), item[0]))  # for alignment
    header: dict[str, Any] = {"__metadata__": dict(metadata)}
    position = 0
    for name, tensor in ordered:
        end = position + tensor.numel() * tensor.element_size()
        dtype, shape = DTYPES[tensor.dtype], list(tensor.shape)
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [position, end]}
        position = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for _, tensor in ordered:
            flat = tensor.detach().cpu().contiguous().reshape(-1)
            file.write(flat.view(torch.uint8).numpy().data)


def read_state(path: Path) -> tuple[dict[str, Tensor], TrainingClock]:
    """Read the state written by :func:`write_state`; raises ``ModelError`` if it is damaged."""
    with _opened(path) as (stored, clock):
        return {name: stored.get_tensor(name) for name in stored.keys()}, clock  # noqa: SIM118 - no mapping


def stored_clock(path: Path) -> TrainingClock:
    """Read only the clock of a state; raises ``ModelError`` if it is damaged."""
    with _opened(path) as (_, clock):
        return clock


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, TrainingClock]]:
    """Open a state; its tensors are read one at a time. Raises ``ModelError`` if it is damaged."""
    try:
        with safe_open(path, "pt") as stored:
            facts = json.loads((stored.metadata() or {})["clock"])
            clock = TrainingClock(step=int(facts["step"]), seconds=float(facts["seconds"]))
            if clock.step < 0 or not math.isfinite(clock.seconds):
                raise ValueError("its clock is wrong")
            yield stored, clock
    except (SafetensorError, OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise ModelError(f"{path} is a damaged training state: start in a new folder.") from error


def load_state(
    folder: Path, module: nn.Module, average: Average, optimizer: torch.optim.Optimizer
) -> TrainingClock | None:
    """Restore the state written by :func:`save_state`; None if there is nothing to resume."""
    path = folder / STATE
    if not path.exists():
        return None
    with _opened(path) as (stored, clock):
        names = frozenset(stored.keys())
        for name, parameter in module.named_parameters():
            with torch.no_grad():
                parameter.copy_(_stored_weights(stored, f"model.{name}", path, parameter))
            if average.values:
                mean = _stored_weights(stored, f"average.{name}", path, parameter)
                average.values[name] = mean.to(parameter.device)
            optimizer.state[parameter] = _optimizer_state(stored, names, name, parameter.device)
    return clock


def _stored_weights(stored: Any, name: str, path: Path, like: Tensor) -> Tensor:
    try:
        tensor: Tensor = stored.get_tensor(name)
    except SafetensorError:
        tensor = torch.zeros(0)
    if tensor.shape != like.shape or not tensor.is_floating_point():
        short = name.split(".", 1)[1]
        raise ModelError(f"{path} belongs to a network of another shape (at {short}): start in a new folder.")
    return tensor


def _optimizer_state(stored: Any, names: frozenset[str], name: str, device: torch.device) -> dict[str, Any]:
    """Return the optimizer's state of a parameter: tensors, and plain numbers where they were numbers."""
    state: dict[str, Any] = {}
    for key in OPTIMIZER_KEYS:
        if f"optimizer.{key}.{name}" in names:
            value = stored.get_tensor(f"optimizer.{key}.{name}")
            state[key] = value.to("cpu" if key == "step" else device)
        elif f"{NUMBER}.{key}.{name}" in names:
            state[key] = stored.get_tensor(f"{NUMBER}.{key}.{name}").item()
    return state


def start_torch(seed: int, threads: int = 0) -> None:
    """Seed torch's generators, and limit it to ``threads`` CPU threads unless that is 0."""
    if threads:
        torch.set_num_threads(threads)
    torch.manual_seed(seed)
