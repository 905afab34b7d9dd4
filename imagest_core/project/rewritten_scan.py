"""A scan that another program has rewritten: what of it is still as it was when the project was begun."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from imagest_core.damage.map import TILE
from imagest_core.errors import InputError, PaintingError
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting, open_painting
from imagest_core.progress import Progress
from imagest_core.project.state import PaintingReference

SMALL = 16_000_000
"""Up to so many pixels the samples of a scan are hashed when its project is begun, which takes a fraction of
a second; those of a larger one when it is first restored."""

NONE = "none"


@dataclass(frozen=True)
class Rewritten:
    """The file at ``path`` lies in place of the scan.

    ``same_samples`` is None where that can't be told; ``changes`` says in a few words each what differs.
    """

    path: Path
    same_samples: bool | None
    changes: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """What is the matter and what can be done."""
        what = " and also ".join(self.changes)
        if self.same_samples:
            return (
                f"{self.path} was rewritten by another program: every sample is as it was, but not {what};"
                " accept it to go on with it (--accept-rewritten), or put the original file back."
            )
        return (
            f"{self.path} has changed since the project was begun ({what}): show where the original scan is,"
            " or begin a new project."
        )


def sample_hash(painting: Painting, progress: Progress | None = None) -> str:
    """The SHA-256 of all samples as displayed, with their size and kind.

    It decodes the whole scan, a strip at a time. Raises ``PaintingError`` and ``Cancelled``.
    """
    kind = f"{painting.width} {painting.height} {painting.channels} {painting.depth} {painting.white_is_zero}"
    digest = hashlib.sha256(kind.encode())
    for y in (progress or Progress()).steps(range(0, painting.height, TILE)):
        strip = painting.read(Box(0, y, painting.width, TILE).within(painting.box))
        digest.update(strip.astype(strip.dtype.newbyteorder("<"), copy=False).tobytes())
    return digest.hexdigest()


def profile_hash(painting: Painting) -> str:
    """The SHA-256 of the colour profile in the file, ``none`` where it has none."""
    return hashlib.sha256(painting.profile).hexdigest() if painting.profile else NONE


def resolution_of(painting: Painting) -> str:
    """The scale that the file gives, to be read; ``none`` where it gives none."""
    scale = painting.resolution
    if scale is None:
        return NONE
    across, down = scale.px_per_mm_x * 25.4, scale.px_per_mm_y * 25.4
    return f"{across:.4g} dpi" if across == down else f"{across:.4g} × {down:.4g} dpi"


def metadata_hash(painting: Painting) -> str:
    """The SHA-256 of what the file says about its picture."""
    known = painting.metadata
    texts = known.description, known.software, known.date, known.artist, known.copyright
    digest = hashlib.sha256()
    for blob in (known.xmp, known.exif, known.iptc, *(text.encode("utf-8", "replace") for text in texts)):
        digest.update(b"-" if blob is None else b"%d " % len(blob) + blob)
    return digest.hexdigest()


def with_facts(
    reference: PaintingReference, painting: Painting, progress: Progress | None = None, *, samples: bool
) -> PaintingReference:
    """``reference`` with what tells later what was changed of it; with ``samples`` the scan is decoded.

    The samples of a scan that is damaged somewhere stay unknown.
    """
    known = reference.samples
    if samples:
        with suppress(PaintingError):
            known = sample_hash(painting, progress)
    return replace(
        reference,
        profile=profile_hash(painting),
        profile_name=painting.profile_name if painting.profile else "",
        orientation=painting.orientation,
        metadata=metadata_hash(painting),
        resolution=resolution_of(painting),
        samples=known,
    )


def compared(reference: PaintingReference, path: Path) -> Rewritten:
    """The file at ``path`` compared with what is known of the scan."""
    try:
        with open_painting(path, page=reference.page) as painting:
            return _compared(reference, painting, path)
    except InputError:
        return Rewritten(path, False, ("it can't be read as a picture any more",))


def _compared(reference: PaintingReference, painting: Painting, path: Path) -> Rewritten:
    changes = _kind_changes(reference, painting)
    same = None if not reference.samples else not changes and sample_hash(painting) == reference.samples
    if changes:
        same = False
    elif same is False:
        changes = ["its samples"]
    elif same is None:
        changes = ["whether its samples are the same can't be told, since they were never recorded"]
    changes += _other_changes(reference, painting)
    return Rewritten(path, same, tuple(changes) or ("how it is stored",))


def _kind_changes(reference: PaintingReference, painting: Painting) -> list[str]:
    changes = []
    if (reference.width, reference.height) != (painting.width, painting.height):
        old = f"{reference.width} × {reference.height}"
        changes.append(f"its size ({old}, now {painting.width} × {painting.height})")
    if reference.channels != painting.channels:
        changes.append(f"its channels ({reference.channels}, now {painting.channels})")
    if reference.depth != painting.depth:
        changes.append(f"its bits a sample ({reference.depth}, now {painting.depth})")
    return changes


def _other_changes(reference: PaintingReference, painting: Painting) -> list[str]:
    """What differs besides the samples, as far as it was recorded."""
    changes = []
    if reference.profile and reference.profile != profile_hash(painting):
        old = reference.profile_name or NONE
        new = painting.profile_name if painting.profile else NONE
        changes.append(f"its colour profile ({old}, now {new})")
    if reference.orientation and reference.orientation != painting.orientation:
        changes.append(f"its orientation ({reference.orientation}, now {painting.orientation})")
    if reference.resolution and reference.resolution != resolution_of(painting):
        changes.append(f"its resolution ({reference.resolution}, now {resolution_of(painting)})")
    if reference.metadata and reference.metadata != metadata_hash(painting):
        changes.append("its metadata")
    return changes


def accepted(reference: PaintingReference, path: Path) -> PaintingReference:
    """The scan as it lies at ``path`` now, which the user goes on with; raises ``PaintingError``."""
    with open_painting(path, page=reference.page) as painting:
        found = path.stat()
        taken = replace(
            reference,
            path=path.resolve(),
            sha256=painting.sha256(),
            size=found.st_size,
            modified=found.st_mtime_ns,
            formerly=(*reference.formerly, reference.sha256),
        )
        return with_facts(taken, painting, samples=False)
