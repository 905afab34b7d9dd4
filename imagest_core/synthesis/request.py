"""The frozen request that holds everything affecting the pixels of synthesized pictures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imagest_core.errors import InputError
from imagest_core.messages import Message
from imagest_core.restoration.engines.registry import engine_names, get_engine
from imagest_core.restoration.parameters import Choice, Parameters, parameter
from imagest_core.restoration.request import MAX_SEED, check_names, parameters_of

SMALLEST, LARGEST, MULTIPLE = 64, 4096, 8
MOST = 64
"""Maximum number of pictures of a request."""
MOST_STYLE_PICTURES = 8


def synthesis_engines() -> tuple[str, ...]:
    """Return the engines that can make pictures from text alone."""
    return tuple(name for name in engine_names() if hasattr(get_engine(name), "open_synthesis"))


@dataclass(frozen=True)
class SynthesisRequest(Parameters):
    """The engine with its parameters, the size, and the seeds ``seed`` … ``seed + count − 1``."""

    engine: str = "stable-diffusion"
    parameters: Parameters | None = None
    style_images: tuple[Path, ...] = ()
    width: int = parameter(
        512, label="Width", help="Width of the picture.", low=SMALLEST, high=LARGEST, unit="px"
    )
    height: int = parameter(
        512, label="Height", help="Height of the picture.", low=SMALLEST, high=LARGEST, unit="px"
    )
    seed: int = parameter(0, label="Seed", help="The seed of the first picture.", low=0, high=MAX_SEED - MOST)
    count: int = parameter(1, label="Count", help="Number of pictures.", low=1, high=MOST)
    device: str = parameter(
        "auto",
        label="Device",
        help="Where the network runs.",
        choices=(Choice("auto", "Automatic"), Choice("cpu", "CPU"), Choice("cuda", "CUDA GPU")),
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.parameters is None:
            object.__setattr__(self, "parameters", parameters_of(self.engine)())
        for name in ("width", "height"):
            if getattr(self, name) % MULTIPLE:
                raise InputError(
                    Message(
                        "The {side} must be a multiple of {multiple} px, not {value}.",
                        side=Message(name),
                        multiple=MULTIPLE,
                        value=getattr(self, name),
                    )
                )
        if len(self.style_images) > MOST_STYLE_PICTURES:
            raise InputError(
                Message("At most {count} style pictures can be given.", count=MOST_STYLE_PICTURES)
            )

    @classmethod
    def of(cls, engine: str = "stable-diffusion", **values: Any) -> SynthesisRequest:
        """Make a request of shared and engine parameters alike, by name; raises ``InputError``."""
        if engine not in synthesis_engines():
            raise InputError(
                Message(
                    "The engine {engine} makes no pictures from text; choose one of {engines}.",
                    engine=engine,
                    engines=", ".join(synthesis_engines()),
                )
            )
        kind = parameters_of(engine)
        shared = {n: v for n, v in values.items() if n in cls.specs() or n == "style_images"}
        own = {n: v for n, v in values.items() if n not in shared}
        check_names(engine, kind, own)
        return cls(engine, kind(**own), **shared)

    @property
    def seeds(self) -> range:
        """The seed of each picture."""
        return range(self.seed, self.seed + self.count)

    def to_plain(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        own = self.parameters.values() if self.parameters is not None else {}
        return {
            "engine": self.engine,
            "parameters": {name: getattr(value, "value", value) for name, value in own.items()},
            "style_images": [str(path) for path in self.style_images],
            **self.values(),
        }
