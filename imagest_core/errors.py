"""Exceptions that the program raises on purpose.

::

    ImagestError                one sentence for the user that says what went wrong
    ├── InputError              invalid input or arguments (exit code 2, nothing written)
    │   ├── PaintingError       an image that can't be read, or isn't supported as a painting
    │   │   └── ProfileError    an unusable colour profile, unless the user allows assuming sRGB
    │   ├── MaskError           a mask that doesn't match the painting
    │   ├── StyleError          an unusable style reference
    │   ├── ModelError          weights that are missing, damaged or of the wrong shape
    │   ├── OutputError         a file that can't or must not be written
    │   └── ProjectError        a project file that can't be opened or understood
    └── VerificationError       the written file is not what it should be (exit code 1)

Cancellation is not an error: see :class:`imagest_core.progress.Cancelled`.
"""

from __future__ import annotations

from imagest_core.messages import Message, as_message


class ImagestError(Exception):
    """Base class; ``str(error)`` is one English sentence that tells a conservator what to do."""

    @property
    def message(self) -> Message:
        """The sentence with its template and arguments, for the translation."""
        text = self.args[0] if self.args else ""
        return as_message(text if isinstance(text, str) else str(self))


class InputError(ImagestError):
    """The input or the arguments are invalid; nothing was written."""


class PaintingError(InputError):
    """An image can't be read, or isn't supported as a painting."""


class ProfileError(PaintingError):
    """An image has an unusable colour profile; with ``assume_srgb`` it opens nevertheless."""


class MaskError(InputError):
    """A mask doesn't match the painting, or marks nothing to restore."""


class NotBinaryError(MaskError):
    """A mask is not clearly black and white; its colours may stand for several kinds of damage."""


class StyleError(InputError):
    """A style reference can't be used."""


class ModelError(InputError):
    """Weights are missing, damaged, or don't have the shape their description gives."""


class OutputError(InputError):
    """A file can't or must not be written."""


class ProjectError(InputError):
    """A project file can't be opened or understood."""


class VerificationError(ImagestError):
    """The written file differs from the source where it must not differ."""


_NO_MEMORY = (
    "can't allocate memory",
    "Insufficient memory",
    "Failed to allocate memory",
    "bad_alloc",
    "CUDA failure 2: out of memory",
)


def out_of_memory(error: BaseException) -> bool:
    """Return whether ``error`` means that memory ran out.

    On the CPU, torch and OpenCV report this only in the text of a general exception; ONNX Runtime always
    does.
    """
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    return any(words in str(error) for words in _NO_MEMORY)
