"""The record of a restoration: everything needed to describe and repeat it."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from imagest_core.damage.classes import Policy
from imagest_core.damage.map import DamageMap
from imagest_core.damage.regions import Regions
from imagest_core.damage.selection import SelectionFacts
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting
from imagest_core.printable import json_text
from imagest_core.restoration.engines.base import Engine
from imagest_core.restoration.environment import Environment
from imagest_core.restoration.request import RENAMED, RestorationRequest
from imagest_core.restoration.verify import Verification
from imagest_core.serialization import from_plain, to_plain
from imagest_core.style.reference import StyleReference

FORMAT = 3
"""Version of the record. 2 added the operator, the fields used, damage classes, the scan's notes, the donor's
hash and the writer's notes. 3 separates an engine's own parameters from the shared ones and renames the
mask's "growth" to "dilation". See :func:`migrated`."""

MAX_NAMED = 8
"""Number of regions that a note names."""

Facts = Mapping[str, str | int | float | bool]


@dataclass(frozen=True)
class PaintingFacts:
    """The restored file; ``sha256`` is the hash of its bytes, ``notes`` the reader's notes on it."""

    name: str
    sha256: str
    format: str
    width: int
    height: int
    channels: int
    depth: int
    profile: str
    page: int
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, painting: Painting) -> Self:
        """Return the facts of an open painting."""
        return cls(
            painting.path.name,
            painting.sha256(),
            painting.format,
            painting.width,
            painting.height,
            painting.channels,
            painting.depth,
            painting.profile_name,
            painting.page,
            painting.notes,
        )


@dataclass(frozen=True)
class MaskFacts:
    """The damage to fill: ``pixels`` as drawn, ``dilated`` as filled, in ``regions`` connected parts.

    ``protected``: the number of pixels that were protected.
    """

    sha256: str
    pixels: int
    dilated: int
    regions: int
    protected: int = 0

    @classmethod
    def of(
        cls, filled: DamageMap, dilated: DamageMap, regions: Regions, protected: DamageMap | None = None
    ) -> Self:
        """Return the facts of the damage to fill, of its dilation and of the protected pixels."""
        kept = 0 if protected is None else protected.count()
        return cls(mask_hash(filled), filled.count(), dilated.count(), len(regions), kept)


def mask_hash(damage: DamageMap) -> str:
    """Return a hexadecimal hash of the picture's size and its damaged pixels."""
    digest = hashlib.sha256(f"{damage.width} {damage.height}".encode())
    for (x, y), tile in sorted(damage.tiles().items()):
        digest.update(f"|{x} {y} ".encode() + (tile > 0).tobytes())
    return digest.hexdigest()


@dataclass(frozen=True)
class ClassFacts:
    """A damage class of the mask: its policy, and its ``pixels`` as drawn."""

    label: int
    name: str
    policy: Policy
    pixels: int


def class_facts(damage: DamageMap) -> tuple[ClassFacts, ...]:
    """Return the class of every label in ``damage``; a label without a class is filled and has no name."""
    known = {item.label: item for item in damage.classes}
    return tuple(
        ClassFacts(label, known[label].name, known[label].policy, pixels)
        if label in known
        else ClassFacts(label, "", Policy.FILL, pixels)
        for label, pixels in damage.counts().items()
    )


@dataclass(frozen=True)
class EngineFacts:
    """The engine: its name and description, and the facts of its session."""

    name: str
    title: str
    description: str
    facts: Facts = field(default_factory=dict)

    @classmethod
    def of(cls, engine: Engine, facts: Facts) -> Self:
        """Return the facts of an engine and its open session."""
        return cls(engine.name, engine.title, engine.description, dict(facts))


@dataclass(frozen=True)
class WindowFacts:
    """A filled window: its box, native pixels per working pixel, and the engine's notes."""

    box: Box
    scale: int
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ContextFacts:
    """Fills of earlier runs of a project that were treated as known paint.

    ``run``: the run of which a part was restored again. ``pixels``: filled pixels within the windows by run.
    """

    run: int
    pixels: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class RimFacts:
    """The rim of the damage.

    ``limit``, ``pixels``: by how many pixels the mask could grow over it before the restoration, and the
    pixels that this added; 0 if it wasn't cleaned. ``remaining``: numbers of the regions around which it
    still shows after the restoration.
    """

    limit: int = 0
    pixels: int = 0
    remaining: tuple[int, ...] = ()


def named_regions(regions: Sequence[int]) -> str:
    """Return the numbers of regions as text; after the first few, how many follow."""
    named = ", ".join(map(str, regions[:MAX_NAMED]))
    return named if len(regions) <= MAX_NAMED else f"{named}, … (+{len(regions) - MAX_NAMED})"


@dataclass(frozen=True)
class Timings:
    """``started``: local time in ISO 8601; ``seconds`` by stage."""

    started: str
    seconds: Mapping[str, float]

    @property
    def total(self) -> float:
        """Seconds from start to end."""
        return sum(self.seconds.values())


class Clock:
    """Measures the stages of a run."""

    def __init__(self) -> None:
        self._started = datetime.now().astimezone().isoformat(timespec="seconds")
        self._last = time.perf_counter()
        self._seconds: dict[str, float] = {}

    def lap(self, stage: str) -> None:
        """Add the time since the last lap to ``stage``."""
        now = time.perf_counter()
        self._seconds[stage] = self._seconds.get(stage, 0.0) + now - self._last
        self._last = now

    def timings(self) -> Timings:
        """Return the timings so far."""
        return Timings(self._started, dict(self._seconds))


@dataclass(frozen=True)
class StartFacts:
    """The earlier fill that a restoration started from: its result and region, and the strength."""

    run: int
    region: int
    strength: float


@dataclass(frozen=True)
class RestorationRecord:
    """Everything about a restoration; ``notes`` are sentences for the user.

    ``peak_memory`` is that of the whole process so far in bytes, 0 if unknown. ``verification`` and
    ``writing_notes`` (notes of the writer) are set once a file was written. ``used``: the fields of
    ``request`` that the fill depends on (empty in records of format 1). ``operator``: the person who
    restored, "" if not given. ``donor_sha256`` is the hash of the style's donor picture. ``context``: the
    fills that were treated as known, None if there were none. ``rim``: what is known about the rim of the
    damage; None in older records and where exactly a given mask was filled. ``hypothesis``: the fill was
    made as one of several hypotheses about what is lost. ``within``: the selection to which the fill was
    limited, None if there was none. ``start``: the fill that it refines, None if none.
    """

    request: RestorationRequest
    painting: PaintingFacts
    mask: MaskFacts
    style: StyleReference | None
    engine: EngineFacts
    windows: tuple[WindowFacts, ...]
    environment: Environment
    timings: Timings
    peak_memory: int
    notes: tuple[str, ...] = ()
    verification: Verification | None = None
    used: tuple[str, ...] = ()
    operator: str = ""
    classes: tuple[ClassFacts, ...] = ()
    donor_sha256: str = ""
    writing_notes: tuple[str, ...] = ()
    format: int = FORMAT
    context: ContextFacts | None = None
    rim: RimFacts | None = None
    hypothesis: bool = False
    within: SelectionFacts | None = None
    start: StartFacts | None = None

    def to_json(self) -> str:
        r"""Return indented JSON; bytes of file names that aren't UTF-8 become the text ``\xNN``."""
        return json_text(to_plain(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> RestorationRecord:
        """Read a record written by :meth:`to_json`, in this or an older format.

        Raises ``ValueError`` or ``TypeError`` for other text.
        """
        record: RestorationRecord = from_plain(cls, migrated(json.loads(text)))
        return record


def migrated(stored: Any) -> Any:
    """Return a record in plain values in the current format; fields that an older one lacks stay empty.

    The defaults of the fields that format 2 added mean "not recorded". The flat requests of formats 1 and 2
    are read by :meth:`RestorationRequest.from_plain`.
    """
    if not isinstance(stored, Mapping):
        return stored
    if stored.get("format", 1) not in range(1, FORMAT):
        return stored
    used = [RENAMED.get(name, name) for name in stored.get("used", ())]
    mask = dict(stored.get("mask", {}))
    mask["dilated"] = mask.pop("grown", 0)
    return {**stored, "used": used, "mask": mask, "format": FORMAT}
