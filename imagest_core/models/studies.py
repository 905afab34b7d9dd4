"""Studies of a painting: small changes of a model's weights, as one safetensors file. Needs no torch.

A study belongs to the weights it was trained on. Requests name it by the SHA-256 of its file; the studies of
an opened project, and those read from files, are known to the process by that name.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from threading import Lock
from typing import Any

from imagest_core.errors import ModelError
from imagest_core.messages import Message
from imagest_core.models.safetensors_header import Header, parse_header

KEY = "imagest_study"
"""Key of the facts in the file's metadata."""
LARGEST = 256 << 20
"""Maximum size of a study's file in bytes."""
IMAGEST, STABLE_DIFFUSION = "imagest", "stable-diffusion"
MARGIN = 2.0
"""A study is kept if the loss on held-out crops falls by more than so many standard errors.

One is not enough: without any effect, one study in six would pass by chance.
"""
METHODS = {IMAGEST: "the Imagest network", STABLE_DIFFUSION: "Stable Diffusion"}
"""What a study adapts."""


@dataclass(frozen=True)
class StudyFacts:
    """How a study was made.

    ``adapts`` is a key of ``METHODS``; ``base`` and ``base_sha256`` are name and weights hash of the model.
    ``crops`` and ``held_out`` count intact crops of ``side`` network pixels at ``scale`` native pixels each.
    ``loss_before``, ``loss_after``: mean losses of the held-out crops; ``gain``: the mean of their paired
    differences; ``standard_error``: that of the gain.
    """

    adapts: str
    base: str
    base_sha256: str
    scan: str
    scan_sha256: str
    mask_sha256: str
    steps: int
    rank: int
    rate: float
    seed: int
    side: int
    scale: int
    crops: int
    held_out: int
    loss_before: float
    loss_after: float
    gain: float
    standard_error: float
    device: str = ""
    prompt: str = ""
    format: int = 1

    @property
    def helps(self) -> bool:
        """Whether the loss on held-out crops fell by clearly more than its standard error."""
        return self.gain > MARGIN * self.standard_error

    @property
    def improvement(self) -> float:
        """The gain as a share of the loss before."""
        return self.gain / self.loss_before if self.loss_before > 0 else 0.0

    def to_metadata(self) -> dict[str, str]:
        """Return the metadata of the file, a single one: their order in the file is random."""
        return {KEY: json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)}


@dataclass(frozen=True)
class Study:
    """A study in memory; ``data`` are the bytes of its file."""

    sha256: str
    facts: StudyFacts
    data: bytes = field(repr=False, compare=False)

    @property
    def record(self) -> Mapping[str, str | int | float]:
        """What the record of a restoration says of it."""
        facts = self.facts
        return {
            "study_sha256": self.sha256,
            "study_scan_sha256": facts.scan_sha256,
            "study_steps": facts.steps,
            "study_crops": facts.crops,
            "study_held_out_crops": facts.held_out,
            "study_loss_before": facts.loss_before,
            "study_loss_after": facts.loss_after,
            "study_standard_error": facts.standard_error,
        }


def parse_study(data: bytes, name: str) -> Study:
    """Return the study in the bytes of a file; raises :class:`ModelError` if it is none."""
    header = parse_header(data, name)
    try:
        facts = _facts(header)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ModelError(
            Message("{path} is no study of a painting: make one with imagest train painting.", path=name)
        ) from error
    return Study(hashlib.sha256(data).hexdigest(), facts, data)


def _facts(header: Header) -> StudyFacts:
    stored = json.loads(header.metadata[KEY])
    if stored.get("format") != 1 or not header.tensors:
        raise ValueError("another format")
    kinds: Mapping[str, Any] = {"int": int, "float": (int, float), "str": str}
    values: dict[str, Any] = {}
    for each in fields(StudyFacts):
        value = stored[each.name]
        if isinstance(value, bool) or not isinstance(value, kinds[str(each.type)]):
            raise TypeError(each.name)
        if not isinstance(value, str) and not math.isfinite(value):
            raise ValueError(each.name)
        values[each.name] = value
    if values["adapts"] not in METHODS:
        raise ValueError("adapts another model")
    return StudyFacts(**values)


def read_study(path: Path) -> Study:
    """Read a study's file; raises :class:`ModelError`."""
    try:
        size = path.stat().st_size
        if not path.is_file() or size > LARGEST:
            raise OSError("it is too large" if path.is_file() else "it is no file")
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror or error
        raise ModelError(
            Message("The study {path} can't be read ({reason}).", path=path, reason=reason)
        ) from error
    return parse_study(data, path.name)


_known: dict[str, Study] = {}
_lock = Lock()


def know_study(study: Study) -> Study:
    """Let requests of this process name ``study`` by its hash."""
    with _lock:
        return _known.setdefault(study.sha256, study)


def find_study(name: str) -> Study:
    """Return a known study by its hash, or read that of a file; raises :class:`ModelError`."""
    with _lock:
        if name in _known:
            return _known[name]
    if _is_hash(name) and not Path(name).exists():
        raise ModelError(
            Message(
                "The study {sha256}… isn't known here: name its file with --study, or open the project "
                "that keeps it.",
                sha256=name[:12],
            )
        )
    return know_study(read_study(Path(name)))


def _is_hash(name: str) -> bool:
    return len(name) == 64 and all(letter in "0123456789abcdef" for letter in name)


def check_study(study: Study, adapts: str, base: str, base_sha256: str = "") -> None:
    """Raise :class:`ModelError` unless ``study`` was made of the weights ``base_sha256``.

    Without ``base_sha256`` only the kind of the model is checked.
    """
    facts = study.facts
    if facts.adapts != adapts:
        raise ModelError(
            Message(
                "The study adapts {found}, not {wanted}: choose the engine it was made with.",
                found=METHODS[facts.adapts],
                wanted=METHODS[adapts],
            )
        )
    if base_sha256 and facts.base_sha256 != base_sha256:
        raise ModelError(
            Message(
                "The study was made with other weights ({found}) than those of {base}: choose that model, "
                "or study the painting again.",
                found=facts.base,
                base=base,
            )
        )
