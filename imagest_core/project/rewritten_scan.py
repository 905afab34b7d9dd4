"""Comparison of a scan rewritten by another program with the scan of a project."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from imagest_core.damage.map import TILE
from imagest_core.errors import InputError, PaintingError
from imagest_core.messages import LIST_OF_TWO, Message, joined
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting, open_painting
from imagest_core.progress import Progress
from imagest_core.project.state import PaintingReference

HASHED_AT_ONCE = 16_000_000
"""Scans of up to this many pixels are hashed when a project is created, larger ones when first restored."""

NONE = "none"


@dataclass(frozen=True)
class RewrittenScan:
    """A file in place of the scan.

    Parameters
    ----------
    path
        The file.
    same_samples
        Whether its samples are those of the scan, None if unknown.
    changes
        What differs, in a few words each.
    """

    path: Path
    same_samples: bool | None
    changes: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """Describe the changes and what the user can do."""
        what = joined(self.changes, LIST_OF_TWO)
        if self.same_samples:
            return Message(
                "{path} was rewritten by another program: every sample is unchanged, but not {what}; "
                "accept it to continue (--accept-rewritten), or restore the original file.",
                path=self.path,
                what=what,
            )
        return Message(
            "{path} has changed since the project was created ({what}): locate the original "
            "scan, or create a new project.",
            path=self.path,
            what=what,
        )


def sample_hash(painting: Painting, progress: Progress | None = None) -> str:
    """Return the SHA-256 of all samples as displayed, including their size and type.

    It decodes the whole scan in strips. Raises ``PaintingError`` and ``Cancelled``.
    """
    kind = f"{painting.width} {painting.height} {painting.channels} {painting.depth} {painting.white_is_zero}"
    digest = hashlib.sha256(kind.encode())
    for y in (progress or Progress()).steps(range(0, painting.height, TILE)):
        strip = painting.read(Box(0, y, painting.width, TILE).within(painting.box))
        digest.update(strip.astype(strip.dtype.newbyteorder("<"), copy=False).tobytes())
    return digest.hexdigest()


def profile_hash(painting: Painting) -> str:
    """Return the SHA-256 of the embedded colour profile, or ``none``."""
    return hashlib.sha256(painting.profile).hexdigest() if painting.profile else NONE


def resolution_of(painting: Painting) -> str:
    """Format the resolution in the file, or ``none``."""
    scale = painting.resolution
    if scale is None:
        return NONE
    across, down = scale.px_per_mm_x * 25.4, scale.px_per_mm_y * 25.4
    return f"{across:.4g} dpi" if across == down else f"{across:.4g} × {down:.4g} dpi"


def metadata_hash(painting: Painting) -> str:
    """Return the SHA-256 of the metadata of the file."""
    samples_hash = painting.metadata
    texts = (
        samples_hash.description,
        samples_hash.software,
        samples_hash.date,
        samples_hash.artist,
        samples_hash.copyright,
    )
    digest = hashlib.sha256()
    for blob in (
        samples_hash.xmp,
        samples_hash.exif,
        samples_hash.iptc,
        *(text.encode("utf-8", "replace") for text in texts),
    ):
        digest.update(b"-" if blob is None else b"%d " % len(blob) + blob)
    return digest.hexdigest()


def with_fingerprint(
    reference: PaintingReference, painting: Painting, progress: Progress | None = None, *, samples: bool
) -> PaintingReference:
    """Return ``reference`` with the hashes that later show what was changed.

    Samples are hashed only with ``samples``, which decodes the scan; those of a damaged scan stay unknown.
    """
    samples_hash = reference.samples
    if samples:
        with suppress(PaintingError):
            samples_hash = sample_hash(painting, progress)
    return replace(
        reference,
        profile=profile_hash(painting),
        profile_name=painting.profile_name if painting.profile else "",
        orientation=painting.orientation,
        metadata=metadata_hash(painting),
        resolution=resolution_of(painting),
        samples=samples_hash,
    )


def compare_scan(reference: PaintingReference, path: Path) -> RewrittenScan:
    """Compare the file at ``path`` with the recorded hashes of the scan."""
    try:
        with open_painting(path, page=reference.page) as painting:
            return _compare_opened(reference, painting, path)
    except InputError:
        return RewrittenScan(path, False, (Message("it can no longer be read as a picture"),))


def _compare_opened(reference: PaintingReference, painting: Painting, path: Path) -> RewrittenScan:
    changes = _kind_changes(reference, painting)
    same = None if not reference.samples else not changes and sample_hash(painting) == reference.samples
    if changes:
        same = False
    elif same is False:
        changes = [Message("its samples")]
    elif same is None:
        changes = [Message("its samples can't be compared, since they were never recorded")]
    changes += _other_changes(reference, painting)
    return RewrittenScan(path, same, tuple(changes) or (Message("its encoding"),))


def _kind_changes(reference: PaintingReference, painting: Painting) -> list[str]:
    changes: list[str] = []
    if (reference.width, reference.height) != (painting.width, painting.height):
        old = f"{reference.width} × {reference.height}"
        changes.append(
            Message(
                "its size ({old}, now {width} × {height})",
                old=old,
                width=painting.width,
                height=painting.height,
            )
        )
    if reference.channels != painting.channels:
        changes.append(
            Message(
                "its channels ({old}, now {new})",
                old=reference.channels,
                new=painting.channels,
            )
        )
    if reference.depth != painting.depth:
        changes.append(
            Message("its bits per sample ({old}, now {new})", old=reference.depth, new=painting.depth)
        )
    return changes


def _other_changes(reference: PaintingReference, painting: Painting) -> list[str]:
    """Return recorded properties other than samples that differ."""
    changes: list[str] = []
    if reference.profile and reference.profile != profile_hash(painting):
        old = reference.profile_name or NONE
        new = painting.profile_name if painting.profile else NONE
        changes.append(Message("its colour profile ({old}, now {new})", old=old, new=new))
    if reference.orientation and reference.orientation != painting.orientation:
        changes.append(
            Message(
                "its orientation ({old}, now {new})",
                old=reference.orientation,
                new=painting.orientation,
            )
        )
    if reference.resolution and reference.resolution != resolution_of(painting):
        changes.append(
            Message(
                "its resolution ({old}, now {new})",
                old=reference.resolution,
                new=resolution_of(painting),
            )
        )
    if reference.metadata and reference.metadata != metadata_hash(painting):
        changes.append(Message("its metadata"))
    return changes


def accept_scan(reference: PaintingReference, path: Path) -> PaintingReference:
    """Return a reference to the rewritten file at ``path``; raises ``PaintingError``."""
    with open_painting(path, page=reference.page) as painting:
        stat = path.stat()
        updated = replace(
            reference,
            path=path.resolve(),
            sha256=painting.sha256(),
            size=stat.st_size,
            modified=stat.st_mtime_ns,
            formerly=(*reference.formerly, reference.sha256),
        )
        return with_fingerprint(updated, painting, samples=False)
