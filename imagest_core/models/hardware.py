"""Choose the device and number format of a network from the hardware."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from imagest_core.errors import InputError
from imagest_core.models.memory import available_memory


@dataclass(frozen=True)
class Hardware:
    """A device and the format of its matrix products; weights and sums are float32."""

    device: torch.device
    dtype: torch.dtype

    @property
    def name(self) -> str:
        """The GPU's name, or ``CPU``."""
        return torch.cuda.get_device_name(self.device) if self.device.type == "cuda" else "CPU"

    def autocast(self) -> torch.autocast:
        """Return the autocast context for the network."""
        return torch.autocast(self.device.type, self.dtype, enabled=self.dtype != torch.float32)


def choose_hardware(device: str = "auto") -> Hardware:
    """Choose hardware for ``auto``, ``cpu`` or ``cuda``; bf16 only where it is fast (AMX, Ampere or later).

    Raises :class:`InputError` if CUDA is requested but unavailable.
    """
    if device != "cpu" and has_cuda():
        dtype = torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16
        return Hardware(torch.device("cuda"), dtype)
    if device == "cuda":
        raise InputError("No usable CUDA GPU was found; choose the device cpu or auto.")
    return Hardware(torch.device("cpu"), torch.bfloat16 if has_amx() else torch.float32)


def has_cuda() -> bool:
    """Whether torch can use a GPU."""
    return torch.cuda.is_available()


def has_amx() -> bool:
    """Whether this CPU has AMX, with which bf16 is four times faster than float32 (otherwise slower)."""
    return bool(torch.cpu._is_amx_tile_supported())


def free_memory(device: torch.device) -> int | None:
    """Return the free memory in bytes of a device; None if it isn't known."""
    return int(torch.cuda.mem_get_info(device)[0]) if device.type == "cuda" else available_memory()
