"""Every error this program raises on purpose.

::

    ImagestError                what went wrong, in one sentence for the user
    ├── InputError              the input or the arguments are wrong (exit 2, nothing written)
    │   ├── PaintingError       a picture that can't be read, or not as a painting
    │   │   └── ProfileError    a colour profile that can't be used, until the user lets sRGB be assumed
    │   ├── MaskError           a mask that doesn't fit the painting
    │   ├── StyleError          a style reference that can't be used
    │   ├── ModelError          weights that are missing, damaged or of another shape
    │   ├── OutputError         a file that can't or mustn't be written
    │   └── ProjectError        a project file that can't be opened or understood
    └── VerificationError       what was written is not what was promised (exit 1)

Cancelling is no error: see :class:`imagest_core.progress.Cancelled`.
"""

from __future__ import annotations


class ImagestError(Exception):
    """Base of all; ``str(error)`` is one sentence a conservator can act on."""


class InputError(ImagestError):
    """The input or the arguments are wrong; nothing was written."""


class PaintingError(InputError):
    """A picture can't be read, or not as a painting."""


class ProfileError(PaintingError):
    """A picture has a colour profile that can't be used; with ``assume_srgb`` it opens all the same."""


class MaskError(InputError):
    """A mask doesn't fit the painting, or leaves nothing to do."""


class StyleError(InputError):
    """A style reference can't be used."""


class ModelError(InputError):
    """Weights are missing, damaged, or of another shape than their description."""


class OutputError(InputError):
    """A file can't, or mustn't, be written."""


class ProjectError(InputError):
    """A project file can't be opened or understood."""


class VerificationError(ImagestError):
    """The written file differs from the source where it must not."""


def out_of_memory(error: BaseException) -> bool:
    """Whether memory has run out: torch on the CPU and OpenCV say so in words alone."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    return any(words in str(error) for words in ("can't allocate memory", "Insufficient memory"))
