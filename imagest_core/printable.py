"""Text that is safe to print and to store: names from files may hold anything.

Control characters, line breaks and marks that turn the direction of writing become escapes like
``\\x1b`` or ``\\u202e``; bytes of a file name that are no UTF-8 become ``\\xe9``. All output of the
command line goes through :func:`show`, :func:`show_json` or :func:`complain`.
"""

from __future__ import annotations

import codecs
import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO

from imagest_core.errors import OutputError

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


def printable(text: str) -> str:
    """``text`` on one line, without anything that a terminal would obey."""
    return _UNSAFE_CHARACTER.sub(lambda found: _escaped(found[0]), text)


def counted(count: int, one: str, *, commas: bool = True) -> str:
    """``1 region``, ``2,400 regions``."""
    number = f"{count:,}" if commas else str(count)
    return f"{number} {one if count == 1 else one + 's'}"


def with_article(what: str) -> str:
    """``what`` with "a" or "an" before it, as it is spoken: an RGB picture, an 8-bit one."""
    first = what.split("-")[0].split()[0]
    if first.isdigit():
        vowel = first.startswith("8") or first in ("11", "18")
    else:
        vowel = first[0] in ("AEFHILMNORSX" if first.isupper() else "aeioAEIO")
    return f"{'an' if vowel else 'a'} {what}"


def json_text(value: Any, *, indent: int | None = None, sort_keys: bool = False, ascii: bool = False) -> str:
    """``value`` as JSON that any reader and any terminal takes.

    Bytes of a name that are no UTF-8 are stored as the text ``\\xe9``; with ``ascii`` everything beyond
    ASCII is escaped.
    """
    text = json.dumps(value, indent=indent, sort_keys=sort_keys, ensure_ascii=False)
    text = _UNSAFE_IN_JSON.sub(lambda found: _escaped_in_json(found[0]), text)
    return json.dumps(json.loads(text), indent=indent, sort_keys=sort_keys) if ascii else text


def show(*lines: str) -> None:
    """Print ``lines`` to stdout."""
    _print("\n".join(map(printable, lines)))


def show_json(value: Any, *, indent: int | None = None, sort_keys: bool = False) -> None:
    """Print ``value`` as JSON, in ASCII where stdout takes nothing else."""
    text = json_text(value, indent=indent, sort_keys=sort_keys)
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        text = json_text(value, indent=indent, sort_keys=sort_keys, ascii=True)
    _print(text)


def _print(text: str) -> None:
    """Print to stdout; raises ``OutputError`` where that is full or broken, but for a pipe nobody reads."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise OutputError(f"The standard output can't be written: {reason}.") from error


def print_error(sentence: str) -> None:
    """Print one line to stderr, marked as this program's."""
    with suppress(OSError):
        print(f"imagest: {printable(sentence)}", file=error_stream(), flush=True)


_error_streams: list[TextIO] = []


def error_stream() -> TextIO:
    """Where this program's own complaints go: stderr, unless :func:`complaining_to` says otherwise."""
    return _error_streams[-1] if _error_streams else sys.stderr


@contextmanager
def errors_to(stream: TextIO) -> Iterator[None]:
    """While entered, complaints go to ``stream``, whatever ``sys.stderr`` is."""
    _error_streams.append(stream)
    try:
        yield
    finally:
        _error_streams.remove(stream)


def escape_unencodable_output() -> None:
    """Have stdout and stderr replace what their encoding lacks instead of failing on it."""
    codecs.register_error(_ERROR_HANDLER, _replace_unencodable)
    for stream in (sys.stdout, sys.stderr):
        escape_unencodable(stream)


def escape_unencodable(stream: TextIO | None) -> None:
    """Have ``stream`` replace what its encoding lacks."""
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
