"""What becomes of the parts of a scan's file that aren't its samples, one note a part."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Action = Literal["updated", "removed", "lost", "converted", "kept"]

_SENTENCES: dict[Action, str] = {
    "updated": "Updated to show the restored picture: {0}.",
    "removed": "Removed, as it shows the picture before the restoration: {0}.",
    "lost": "Not carried into the TIFF, so only the scan has it: {0}.",
    "converted": "Carried into the TIFF in another form: {0}.",
    "kept": "Kept as it is: {0}.",
}


@dataclass(frozen=True)
class WritingNote:
    """What the writer does to one part of the file.

    ``tag`` names the part with its number (``Photoshop layers (tag 37724)``); ``detail`` says more where
    there is more to say.
    """

    tag: str
    action: Action
    detail: str = ""

    @property
    def sentence(self) -> str:
        """The note as the user reads it."""
        return _SENTENCES[self.action].format(f"{self.tag}, {self.detail}" if self.detail else self.tag)


def sentences(notes: Iterable[WritingNote]) -> tuple[str, ...]:
    """The notes as the user reads them, each once, in order."""
    return tuple(dict.fromkeys(note.sentence for note in notes))
