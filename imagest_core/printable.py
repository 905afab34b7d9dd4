r"""Make text safe to print and to store: file names may contain any characters.

Control characters, line breaks and characters that change the text direction become escapes such as
``\x1b`` or ``\u202e``; bytes of a file name that aren't valid UTF-8 become ``\xe9``. All output of the
command line goes through :func:`show`, :func:`show_json` or :func:`print_error`.
"""

from __future__ import annotations

import codecs
import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO
from unicodedata import east_asian_width

from imagest_core.errors import OutputError
from imagest_core.messages import Message

_UNSAFE = "\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff"
_UNSAFE_CHARACTER = re.compile(f"[{_UNSAFE}]")
_UNSAFE_IN_JSON = re.compile(f"[{_UNSAFE}]".replace("\x00-\x1f", "\x00-\x09\x0b-\x1f"))
_REPLACEMENTS = {
    "×": "x",
    "–": "-",
    "—": "-",
    "−": "-",
    "’": "'",
    "‘": "'",
    "“": '"',
    "”": '"',
    "…": "...",
    "→": "->",
}
_ERROR_HANDLER = "imagest-plain"


def megabytes_apart(needed: int, free: int) -> tuple[str, str]:
    """Return two numbers of bytes in MB, with as many digits as it takes to tell them apart, at most six."""
    for digits in range(7):
        shown = f"{needed / 1e6:,.{digits}f}", f"{free / 1e6:,.{digits}f}"
        if shown[0] != shown[1]:
            break
    return shown


def printable(text: str) -> str:
    """Return ``text`` as one line without characters that a terminal would interpret."""
    return _UNSAFE_CHARACTER.sub(lambda match: _escaped(match[0]), text)


def counted(count: int, one: str, *, commas: bool = True) -> str:
    """Return a count with its noun, such as ``1 region`` or ``2,400 regions``."""
    number = f"{count:,}" if commas else str(count)
    return f"{number} {one if count == 1 else one + 's'}"


def padded(text: str, width: int) -> str:
    """Return ``text`` with spaces up to ``width`` columns of a terminal, where CJK characters take two."""
    columns = sum(1 + (east_asian_width(each) in "WF") for each in text)
    return text + " " * (width - columns)


def size_text(size: int) -> str:
    """Return a size in bytes as "4.27 GB", "38.6 MB" or "12 kB"."""
    if size < 1e6:
        return f"{size / 1e3:.0f} kB"
    return f"{size / 1e9:.2f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"


def article(noun: str) -> str:
    """Return "a" or "an" for ``noun`` as it is pronounced: an RGB picture, an 8-bit picture."""
    first = noun.split("-")[0].split()[0]
    if first.isdigit():
        vowel = first.startswith("8") or first in ("11", "18")
    else:
        vowel = first[0] in ("AEFHILMNORSX" if first.isupper() else "aeioAEIO")
    return "an" if vowel else "a"


def json_text(value: Any, *, indent: int | None = None, sort_keys: bool = False, ascii: bool = False) -> str:
    r"""Return ``value`` as JSON that is safe to store and to print.

    Bytes of a file name that aren't valid UTF-8 are stored as the text ``\xe9``. With ``ascii``, all
    characters beyond ASCII are escaped.
    """
    text = json.dumps(value, indent=indent, sort_keys=sort_keys, ensure_ascii=False)
    text = _UNSAFE_IN_JSON.sub(lambda match: _escaped_in_json(match[0]), text)
    return json.dumps(json.loads(text), indent=indent, sort_keys=sort_keys) if ascii else text


def show(*lines: str) -> None:
    """Print ``lines`` to stdout."""
    _print("\n".join(map(printable, lines)))


def show_json(value: Any, *, indent: int | None = None, sort_keys: bool = False) -> None:
    """Print ``value`` as JSON, in ASCII if stdout can't encode other characters."""
    text = json_text(value, indent=indent, sort_keys=sort_keys)
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        text = json_text(value, indent=indent, sort_keys=sort_keys, ascii=True)
    _print(text)


def _print(text: str) -> None:
    """Print to stdout; raise ``OutputError`` if it can't be written, except for a closed pipe."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise OutputError(
            Message("The standard output can't be written: {reason}.", reason=reason)
        ) from error


def print_error(sentence: str) -> None:
    """Print one line to stderr, prefixed with the program's name."""
    with suppress(OSError):
        print(f"imagest: {printable(sentence)}", file=error_stream(), flush=True)


_error_streams: list[TextIO] = []


def error_stream() -> TextIO:
    """Return the stream for the program's error messages: stderr, unless :func:`errors_to` is active."""
    return _error_streams[-1] if _error_streams else sys.stderr


@contextmanager
def errors_to(stream: TextIO) -> Iterator[None]:
    """Send error messages to ``stream`` inside the context, whatever ``sys.stderr`` is."""
    _error_streams.append(stream)
    try:
        yield
    finally:
        _error_streams.remove(stream)


def escape_unencodable_output() -> None:
    """Make stdout and stderr replace characters their encoding lacks instead of failing."""
    codecs.register_error(_ERROR_HANDLER, _replace_unencodable)
    for stream in (sys.stdout, sys.stderr):
        escape_unencodable(stream)


def escape_unencodable(stream: TextIO | None) -> None:
    """Make ``stream`` replace characters its encoding lacks instead of failing."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        with suppress(OSError, ValueError):
            reconfigure(errors=_ERROR_HANDLER)


def _replace_unencodable(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    bad = error.object[error.start : error.end]
    return "".join(_REPLACEMENTS.get(character) or _escaped(character) for character in bad), error.end


def _escaped(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that Python couldn't decode
        return f"\\x{code - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")


def _escaped_in_json(character: str) -> str:
    code = ord(character)
    return "\\" + _escaped(character) if 0xD800 <= code <= 0xDFFF else f"\\u{code:04x}"
