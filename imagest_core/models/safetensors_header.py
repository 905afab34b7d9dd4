"""The header of a safetensors file, read and checked without torch and without reading the weights."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NoReturn, TypeGuard

from imagest_core.errors import ModelError
from imagest_core.messages import Message

LARGEST_HEADER = 100_000_000
"""Maximum size of a header in bytes, as in the safetensors library."""

BITS: Mapping[str, int] = {
    "BOOL": 8,
    "F4": 4,
    "F6_E2M3": 6,
    "F6_E3M2": 6,
    "F8_E4M3": 8,
    "F8_E4M3FNUZ": 8,
    "F8_E5M2": 8,
    "F8_E5M2FNUZ": 8,
    "F8_E8M0": 8,
    "U8": 8,
    "I8": 8,
    "F16": 16,
    "BF16": 16,
    "U16": 16,
    "I16": 16,
    "F32": 32,
    "U32": 32,
    "I32": 32,
    "C64": 64,
    "F64": 64,
    "U64": 64,
    "I64": 64,
}
"""Bits of a number by the names of the format."""


@dataclass(frozen=True)
class StoredTensor:
    """Type and shape of a tensor; ``start`` and ``end`` are offsets behind the header."""

    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int


@dataclass(frozen=True)
class Header:
    """The tensors of a file by name, and its free metadata."""

    tensors: Mapping[str, StoredTensor]
    metadata: Mapping[str, str]

    def shape(self, name: str) -> tuple[int, ...]:
        """Return the shape of a tensor; () if there is none of this name."""
        tensor = self.tensors.get(name)
        return tensor.shape if tensor is not None else ()


def read_header(path: Path) -> Header:
    """Read the header of ``path``; raises :class:`ModelError` unless the whole file is consistent with it."""
    if path.exists() and not path.is_file():
        raise _damaged(path.name, "it isn't a regular file")
    try:
        with path.open("rb") as file:
            return _parsed(file, path.stat().st_size, path.name)
    except OSError as error:
        raise ModelError(
            Message("{path} can't be read ({reason}).", path=path, reason=error.strerror or error)
        ) from error


def parse_header(data: bytes, name: str) -> Header:
    """Read the header of a file called ``name`` from its bytes; raises :class:`ModelError`."""
    return _parsed(io.BytesIO(data), len(data), name)


def _parsed(file: IO[bytes], size: int, name: str) -> Header:
    try:
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or length > min(LARGEST_HEADER, size - 8):
            raise ValueError("its header is longer than the file or than 100 MB")
        text = file.read(length).decode("utf-8")
        stored = json.loads(text, parse_constant=_refuse_constant)
        return _checked(stored, size - 8 - length)
    except RecursionError:
        reason: object = "its header is nested too deeply"
    except UnicodeDecodeError:
        reason = "its header isn't UTF-8 text"
    except json.JSONDecodeError:
        reason = "its header isn't JSON"
    except (ValueError, OSError) as error:
        reason = error
    raise _damaged(name, reason)


def _damaged(name: str, reason: object) -> ModelError:
    return ModelError(
        Message("{path} isn't an intact safetensors file ({reason}).", path=name, reason=reason)
    )


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"a size is {name}")


def _checked(stored: Any, data: int) -> Header:
    if not isinstance(stored, dict):
        raise ValueError("its header isn't a JSON object")
    metadata = stored.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise ValueError("its metadata aren't texts")
    tensors = {name: _tensor(name, entry) for name, entry in stored.items()}
    position = 0
    for name, tensor in sorted(tensors.items(), key=lambda item: (item[1].start, item[1].end)):
        if tensor.start != position:
            raise ValueError(f"the tensor {name[:80]} overlaps another one or leaves a gap")
        position = tensor.end
    if position != data:
        raise ValueError("its tensors don't fill the file; it may be cut off")
    return Header(tensors, metadata)


def _tensor(name: str, entry: Any) -> StoredTensor:
    shown = name[:80]
    if not isinstance(entry, dict):
        raise ValueError(f"the tensor {shown} isn't described")
    dtype, shape, offsets = (entry.get(key) for key in ("dtype", "shape", "data_offsets"))
    if not isinstance(dtype, str) or dtype not in BITS:
        raise ValueError(f"the tensor {shown} has an unknown type")
    if not _sizes(shape) or not _sizes(offsets) or len(offsets) != 2 or len(shape) > 16:
        raise ValueError(f"the tensor {shown} has an invalid size")
    start, end = offsets
    if end - start != math.prod(shape) * BITS[dtype] / 8:
        raise ValueError(f"the tensor {shown} doesn't have the size of its shape")
    return StoredTensor(dtype, tuple(shape), start, end)


def _sizes(values: Any) -> TypeGuard[list[int]]:
    return isinstance(values, list) and all(type(value) is int and 0 <= value < 1 << 60 for value in values)
