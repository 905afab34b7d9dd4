"""The frozen request that holds everything affecting the pixels of a fill."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from imagest_core.damage.selection import Selection
from imagest_core.errors import InputError
from imagest_core.messages import Message
from imagest_core.restoration.parameters import Choice, Parameters, means_the_same, parameter

MAX_SEED = 2**63 - 1
"""Of the seed and the variation."""
MAX_BATCH = 4096
DILATION_RANGE = (1, 3)


class ScalePolicy(StrEnum):
    """At which scale a hole larger than a window is solved."""

    AUTO = "auto"
    """Coarse first, so that the hole and its context fit the window, then refined."""
    NATIVE = "native"
    """Always at the scan's own scale."""


@dataclass(frozen=True)
class RestorationRequest(Parameters):
    """What every engine shares, the engine's name, and the engine's own ``parameters``.

    Without ``parameters`` they are the engine's defaults. ``batch`` is how many windows a GPU computes at a
    time, 0 for as many as its memory allows; a CPU computes one, so that neither the batch nor the order of
    the windows changes a byte. ``within`` limits the fill to a selection; None fills all damage. Whether
    engine, model and device exist is checked by
    :func:`~imagest_core.restoration.validation.check_request`.
    """

    engine: str = "imagest"
    parameters: Parameters = field(default=None)  # type: ignore[assignment]
    seed: int = parameter(0, label="Seed", help="The same seed gives the same fill.", low=0, high=MAX_SEED)
    variation: int = parameter(
        0, label="Variation", help="Another fill of the same seed.", low=0, high=MAX_SEED
    )
    dilation: int = parameter(
        1,
        label="Mask margin",
        help="Widens the mask over its uncertain boundary (dilation).",
        low=DILATION_RANGE[0],
        high=DILATION_RANGE[1],
        unit="px",
    )
    blend: int = parameter(
        1,
        label="Transition",
        help="Width of the transition inside the margin (blend).",
        low=0,
        high=64,
        unit="px",
    )
    context: float = parameter(
        0.5,
        label="Context",
        help="Intact border around damage, as a share of its size.",
        low=0.01,
        high=4.0,
        unit="×",
        step=0.05,
    )
    scale: ScalePolicy = parameter(
        ScalePolicy.AUTO,
        label="Large damage",
        help="How damage larger than a tile is filled.",
        choices=(
            Choice(ScalePolicy.AUTO, "coarse to fine"),
            Choice(ScalePolicy.NATIVE, "at the scan's own scale"),
        ),
    )
    batch: int = parameter(
        0,
        label="Tiles at once",
        help="Tiles that a GPU computes at once (batch size); a CPU computes one.",
        low=0,
        high=MAX_BATCH,
        soft_high=256,
        automatic="as memory allows",
    )
    device: str = parameter(
        "auto",
        label="Device",
        help="Where the network runs.",
        choices=(Choice("auto", "Automatic"), Choice("cpu", "CPU"), Choice("cuda", "CUDA GPU")),
    )
    runtime: str = parameter(
        "auto",
        label="Runtime",
        help="Library that runs the network; fills of the two differ slightly.",
        choices=(Choice("auto", "Automatic"), Choice("torch", "PyTorch"), Choice("onnx", "ONNX Runtime")),
    )
    within: Selection | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.engine, str):
            raise InputError(
                Message("The engine must be text, not {engine}.", engine=f"{str(self.engine)[:40]!r}")
            )
        if self.parameters is None:
            object.__setattr__(self, "parameters", parameters_of(self.engine)())

    @classmethod
    def of(cls, engine: str = "imagest", **values: Any) -> RestorationRequest:
        """Make a request of shared and engine parameters alike, by name.

        Raises ``InputError`` for a parameter that the engine doesn't have.
        """
        kind = parameters_of(engine)
        shared = {name: value for name, value in values.items() if name in cls.specs()}
        own = {name: value for name, value in values.items() if name not in shared}
        check_names(engine, kind, own)
        return cls(engine, kind(**own), **shared)

    def changed(self, **values: Any) -> RestorationRequest:
        """Return the same with other values, shared or the engine's own.

        With another ``engine`` the parameters that mean the same in both are kept.
        """
        engine = values.pop("engine", self.engine)
        kind = type(self.parameters) if engine == self.engine else parameters_of(engine)
        shared = {name: value for name, value in values.items() if name in self.specs()}
        own = {name: value for name, value in values.items() if name not in shared}
        check_names(engine, kind, own)
        old, new = self.parameters.specs(), kind.specs()
        same = type(self.parameters) is kind
        names = [name for name in old if name in new and (same or means_the_same(old[name], new[name]))]
        kept = {name: getattr(self.parameters, name) for name in names}
        return replace(self, engine=engine, parameters=kind(**{**kept, **own}), **shared)

    def get(self, name: str, default: Any = None) -> Any:
        """Return the value of a shared parameter or of one the engine has, else ``default``."""
        source = self if name in self.specs() else self.parameters
        return getattr(source, name, default)

    def to_plain(self) -> dict[str, Any]:
        """Plain values for JSON."""
        own = {name: _plain(value) for name, value in self.parameters.values().items()}
        shared = {name: _plain(value) for name, value in self.values().items()}
        plain = {"engine": self.engine, "parameters": own, **shared}
        return plain if self.within is None else {**plain, "within": self.within.to_plain()}

    @classmethod
    def from_plain(cls, stored: Mapping[str, Any]) -> RestorationRequest:
        """Return the request that :meth:`to_plain` wrote, also in the flat form of earlier versions.

        The selection is not restored: only its hash is stored. Unknown names are dropped. Raises
        ``TypeError`` or ``ValueError`` where a value doesn't fit.
        """
        try:
            return cls._from_plain(stored)
        except InputError as error:
            raise ValueError(str(error)) from error

    @classmethod
    def _from_plain(cls, stored: Mapping[str, Any]) -> RestorationRequest:
        if not isinstance(stored, Mapping):
            raise TypeError(f"{str(stored)[:40]!r} is no request")
        values = {RENAMED.get(name, name): value for name, value in stored.items()}
        engine = values.pop("engine", "imagest")
        values.pop("within", None)
        own = values.pop("parameters", None)
        if own is None:
            own = {name: value for name, value in values.items() if name not in cls.specs()}
        if not isinstance(own, Mapping):
            raise TypeError(f"{str(own)[:40]!r} are no parameters")
        kind = parameters_of(engine, StoredParameters)
        if kind is StoredParameters:
            parameters: Parameters = StoredParameters(dict(own))
        else:
            parameters = kind(**{name: value for name, value in own.items() if name in kind.specs()})
        shared = {name: value for name, value in values.items() if name in cls.specs()}
        if "context" in shared:
            shared["context"] = _current_context(shared["context"])
        return cls(engine, parameters, **shared)


def _current_context(value: Any) -> Any:
    """Return a stored context within today's range: earlier versions accepted values down to 0."""
    low = RestorationRequest.specs()["context"].low or 0.0
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return low if number and 0 <= value < low else value


RENAMED = {"growth": "dilation", "weights": "model"}
"""Names of earlier versions' records."""


@dataclass(frozen=True)
class StoredParameters(Parameters):
    """Parameters of an engine that this version doesn't have, as a record holds them."""

    stored: Mapping[str, Any] = field(default_factory=dict)

    def __hash__(self) -> int:
        return hash(frozenset(self.stored))  # values may be unhashable

    def values(self) -> dict[str, Any]:
        """Name → value."""
        return dict(self.stored)


def parameters_of(engine: str, default: type[Parameters] = Parameters) -> type[Parameters]:
    """Return the parameters of an engine; ``default`` where there is no such engine."""
    from imagest_core.restoration.engines.registry import ENGINES, get_engine

    return get_engine(engine).Parameters if isinstance(engine, str) and engine in ENGINES else default


def check_names(engine: str, kind: type[Parameters], names: Mapping[str, Any]) -> None:
    """Raise ``InputError`` for the first name that isn't a parameter of ``engine``."""
    from imagest_core.restoration.engines.registry import get_engine

    unknown = sorted(names.keys() - kind.specs().keys())
    if unknown:
        get_engine(engine)
        known = ", ".join(kind.specs()) or "none"
        raise InputError(
            Message(
                "The engine {engine} has no parameter {unknown}; its parameters are: {known}.",
                engine=engine,
                unknown=unknown[0],
                known=known,
            )
        )


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, StrEnum) else value
