"""What a project knows at one moment. It is changed by operations only."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, Self

from imagest_core.damage.map import DamageMap, TileKey
from imagest_core.painting.geometry import Box
from imagest_core.painting.resolution import Resolution
from imagest_core.project.run import Run
from imagest_core.style.reference import StyleReference

NOWHERE = Box(0, 0, 0, 0)
_LARGEST = 2**62


@dataclass(frozen=True)
class PaintingReference:
    """The scan a project is about: where it was last seen, and how to know it again.

    ``size`` (bytes) and ``modified`` (ns) tell without hashing that a file is still the same.
    ``assume_srgb``: the user lets sRGB stand for its colour profile, which can't be used. What follows
    says what has changed where another program has rewritten it, "" or 0 where it isn't known: hashes of
    the decoded ``samples``, of the ``profile`` (whose name is ``profile_name``) and of the ``metadata``,
    the ``orientation`` and the ``resolution``. ``formerly`` are hashes of the file before it was rewritten,
    samples unchanged.
    """

    path: Path
    sha256: str
    width: int
    height: int
    channels: int
    depth: int
    page: int
    size: int
    modified: int
    assume_srgb: bool = False
    samples: str = ""
    profile: str = ""
    profile_name: str = ""
    orientation: int = 0
    metadata: str = ""
    formerly: tuple[str, ...] = ()
    resolution: str = ""


Point = tuple[float, float]


@dataclass(frozen=True)
class Calibration:
    """The scale of the scan, which says itself where it comes from.

    ``points`` (px as displayed) and ``length`` (mm between them) are what the user measured, if they did.
    """

    resolution: Resolution
    points: tuple[Point, Point] | None = None
    length: float | None = None


class Verdict(StrEnum):
    """What the conservator said to a fill."""

    UNDECIDED = "undecided"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class Subject(NamedTuple):
    """What a decision is about: one region of a run, a whole run (``region`` 0), or a damaged
    region as it lies in the map (``box``; once its damage changes it counts as not yet seen)."""

    run: int = 0
    region: int = 0
    box: Box = NOWHERE

    def __str__(self) -> str:
        return ",".join(map(str, self.box)) if self.run == 0 else f"{self.run}/{self.region}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The subject that ``str`` turned into ``text``; raises ``ValueError``."""
        if "/" in text:
            run, region = map(int, text.split("/"))
            if not (0 < run <= _LARGEST and 0 <= region <= _LARGEST):
                raise ValueError(f"{text} is no region of a run")
            return cls(run, region)
        found = cls(box=Box(*map(int, text.split(","))))
        if max(map(abs, found.box)) > _LARGEST:
            raise ValueError(f"{text} is no box")
        return found


@dataclass(frozen=True)
class Decision:
    """A verdict and a note by somebody at some time (ISO 8601).

    ``place`` counts acceptances: where accepted fills overlap, the one accepted last is seen.
    """

    verdict: Verdict = Verdict.UNDECIDED
    note: str = ""
    operator: str = ""
    time: str = ""
    place: int = 0


@dataclass
class State:
    """Everything a project knows at one moment."""

    painting: PaintingReference
    damage: DamageMap
    style: StyleReference = field(default_factory=StyleReference)
    calibration: Calibration | None = None
    operator: str = ""
    notes: str = ""
    runs: dict[int, Run] = field(default_factory=dict)
    decisions: dict[Subject, Decision] = field(default_factory=dict)

    @property
    def box(self) -> Box:
        """The whole picture."""
        return self.damage.box

    def copy(self) -> State:
        """A state that operations can change without this one."""
        return State(
            self.painting,
            self.damage.copy(),
            self.style,
            self.calibration,
            self.operator,
            self.notes,
            dict(self.runs),
            dict(self.decisions),
        )


class Aspect(StrEnum):
    """The sides of a state that can change."""

    DAMAGE = "damage"
    CLASSES = "classes"
    STYLE = "style"
    CALIBRATION = "calibration"
    OPERATOR = "operator"
    NOTES = "notes"
    RUNS = "runs"
    DECISIONS = "decisions"


SETTINGS = (Aspect.CLASSES, Aspect.STYLE, Aspect.CALIBRATION, Aspect.OPERATOR, Aspect.NOTES)
"""The aspects that are one small value."""


@dataclass(frozen=True)
class Change:
    """What an operation has touched: the aspect, where in the picture, and which entries of it."""

    aspect: Aspect
    box: Box = NOWHERE
    tiles: tuple[TileKey, ...] = ()
    subjects: tuple[Subject, ...] = ()
    run: int = 0


Changes = tuple[Change, ...]
