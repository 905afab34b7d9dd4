"""The state of a project at one moment. It is changed only by operations."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, Self

from imagest_core.damage.examples import ExampleStroke
from imagest_core.damage.map import DamageMap, TileKey
from imagest_core.damage.stored_model import StoredModel
from imagest_core.painting.geometry import Box
from imagest_core.painting.resolution import Resolution
from imagest_core.project.run import Run
from imagest_core.style.reference import StyleReference

NOWHERE = Box(0, 0, 0, 0)
_LARGEST = 2**62


@dataclass(frozen=True)
class PaintingReference:
    """The scan of a project: its last known location, and how to recognise it.

    Parameters
    ----------
    path, sha256
        Location and hash of the file.
    width, height, channels, depth
        Size and sample type.
    page
        Page of the file.
    size, modified
        Size (bytes) and modification time (ns), which show without hashing that the file is unchanged.
    assume_srgb
        Whether sRGB replaces an unusable colour profile.
    samples, profile, metadata
        Hashes of the decoded samples, the colour profile and the metadata, "" if unknown. They show what
        another program has changed.
    profile_name, orientation, resolution
        Further properties for the same purpose, "" or 0 if unknown.
    formerly
        Hashes of earlier versions of the file with the same samples.
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
    """The scale of the scan.

    Parameters
    ----------
    resolution
        The scale and its origin.
    points, length
        The two points (px as displayed) and their distance (mm) that the user measured, if any.
    """

    resolution: Resolution
    points: tuple[Point, Point] | None = None
    length: float | None = None


@dataclass(frozen=True)
class Annotation:
    """A note at a position of the picture (px as displayed), with operator and time (ISO 8601)."""

    x: float
    y: float
    text: str
    operator: str = ""
    time: str = ""


class LayerKind(StrEnum):
    """What a layer shows."""

    INFRARED = "infrared"
    ULTRAVIOLET = "ultraviolet"
    XRAY = "xray"
    RAKING = "raking"
    EARLIER = "earlier"
    OTHER = "other"


@dataclass(frozen=True)
class Layer:
    """A further picture of the work, registered with the scan.

    Parameters
    ----------
    name, kind
        Its name, which is unique, and what it shows.
    path, sha256
        Location and hash of the file when it was registered.
    width, height
        Its size.
    matrix
        The 9 values of the (3, 3) homography from pixel centres of the scan to those of the picture.
    agreement, inliers
        See :class:`~imagest_core.damage.detection.registration.Alignment`.
    residual
        Root mean square of the remaining shifts (px of the scan), None if unknown.
    assume_srgb
        Whether sRGB replaces an unusable colour profile.
    """

    name: str
    kind: LayerKind
    path: Path
    sha256: str
    width: int
    height: int
    matrix: tuple[float, ...]
    agreement: float = 0.0
    inliers: int = 0
    residual: float | None = None
    assume_srgb: bool = False


class Verdict(StrEnum):
    """Decision of the conservator on a fill."""

    UNDECIDED = "undecided"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class Subject(NamedTuple):
    """The subject of a decision.

    It is one region of a run, a whole run (``region`` 0), or a region of damage identified by its ``box``; if
    that damage changes, the decision no longer applies.
    """

    run: int = 0
    region: int = 0
    box: Box = NOWHERE

    def __str__(self) -> str:
        return ",".join(map(str, self.box)) if self.run == 0 else f"{self.run}/{self.region}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse the result of ``str``; raises ``ValueError``."""
        if "/" in text:
            run, region = map(int, text.split("/"))
            if not (0 < run <= _LARGEST and 0 <= region <= _LARGEST):
                raise ValueError(f"{text} is not a region of a run")
            return cls(run, region)
        subject = cls(box=Box(*map(int, text.split(","))))
        if max(map(abs, subject.box)) > _LARGEST:
            raise ValueError(f"{text} is not a box")
        return subject


@dataclass(frozen=True)
class Decision:
    """A verdict and a note with operator and time (ISO 8601).

    ``place`` counts acceptances: where accepted fills overlap, the one accepted last is used.
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
    rejected_parts: dict[int, DamageMap] = field(default_factory=dict)
    """Rejected pixels by run, as label 1; no entry for none. A map is replaced, never changed in place."""
    annotations: tuple[Annotation, ...] = ()
    layers: tuple[Layer, ...] = ()
    examples: tuple[ExampleStroke, ...] = ()
    """Strokes on damage and on intact paint to learn from, in the order of drawing."""
    damage_model: StoredModel | None = None
    """The model that was loaded, or that the damage was derived with last."""

    @property
    def box(self) -> Box:
        """Bounds of the whole image."""
        return self.damage.box

    def copy(self) -> State:
        """Return a copy that operations can change independently."""
        return State(
            self.painting,
            self.damage.copy(),
            self.style,
            self.calibration,
            self.operator,
            self.notes,
            dict(self.runs),
            dict(self.decisions),
            dict(self.rejected_parts),
            self.annotations,
            self.layers,
            self.examples,
            self.damage_model,
        )


class Aspect(StrEnum):
    """Parts of a state that can change."""

    DAMAGE = "damage"
    CLASSES = "classes"
    STYLE = "style"
    CALIBRATION = "calibration"
    OPERATOR = "operator"
    NOTES = "notes"
    ANNOTATIONS = "annotations"
    LAYERS = "layers"
    EXAMPLES = "examples"
    DAMAGE_MODEL = "damage_model"
    RUNS = "runs"
    DECISIONS = "decisions"
    REJECTED_PARTS = "rejected_parts"


SETTINGS = (
    Aspect.CLASSES,
    Aspect.STYLE,
    Aspect.CALIBRATION,
    Aspect.OPERATOR,
    Aspect.NOTES,
    Aspect.ANNOTATIONS,
    Aspect.LAYERS,
    Aspect.EXAMPLES,
    Aspect.DAMAGE_MODEL,
)
"""The aspects that are a single small value."""

ADDED_LATER = (Aspect.ANNOTATIONS, Aspect.LAYERS, Aspect.EXAMPLES, Aspect.DAMAGE_MODEL)
"""Settings that files of earlier versions lack."""


@dataclass(frozen=True)
class Change:
    """What an operation has changed: the aspect, the area of the image, and the entries."""

    aspect: Aspect
    box: Box = NOWHERE
    tiles: tuple[TileKey, ...] = ()
    subjects: tuple[Subject, ...] = ()
    run: int = 0


Changes = tuple[Change, ...]
