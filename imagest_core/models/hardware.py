"""Which device and number format a network runs in; asked of the hardware, never assumed."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from imagest_core.errors import InputError


@dataclass(frozen=True)
class Hardware:
    """A device and the format of its matrix products; weights and sums stay float32."""

    device: torch.device
    dtype: torch.dtype

    @property
    def name(self) -> str:
        """The GPU's name, or ``CPU``."""
        return torch.cuda.get_device_name(self.device) if self.device.type == "cuda" else "CPU"

    def autocast(self) -> torch.autocast:
        """The context in which the network runs."""
        return torch.autocast(self.device.type, self.dtype, enabled=self.dtype != torch.float32)


def choose_hardware(wanted: str = "auto") -> Hardware:
    """``auto``, ``cpu`` or ``cuda`` → hardware; bf16 only where it is fast (AMX, Ampere and later).

    Raises :class:`InputError` when CUDA is asked for and there is none.
    """
    if wanted != "cpu" and has_cuda():
        dtype = torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16
        return Hardware(torch.device("cuda"), dtype)
    if wanted == "cuda":
        raise InputError("There is no CUDA GPU that can be used here; choose --device cpu or auto.")
    return Hardware(torch.device("cpu"), torch.bfloat16 if has_amx() else torch.float32)


def has_cuda() -> bool:
    """Whether torch can use a GPU."""
    return torch.cuda.is_available()


def has_amx() -> bool:
    """Whether this CPU multiplies bf16 matrices in tiles: four times faster than float32, else slower."""
    return bool(torch.cpu._is_amx_tile_supported())
