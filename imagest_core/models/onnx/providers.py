"""Choose the execution provider of ONNX Runtime, and open sessions with it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagest_core.errors import InputError, ModelError, out_of_memory
from imagest_core.messages import Message

CUDA, DIRECTML, COREML, CPU = (
    "CUDAExecutionProvider",
    "DmlExecutionProvider",
    "CoreMLExecutionProvider",
    "CPUExecutionProvider",
)
FAST = (CUDA, DIRECTML, COREML)
"""Those that ``auto`` prefers to the CPU, best first."""
NAMES = {CUDA: "CUDA", DIRECTML: "DirectML", COREML: "Core ML", CPU: "CPU"}
GPU_FAILURE = "CUDA failure"
ERRORS_ONLY = 3
"""Severity from which ONNX Runtime writes to the standard error stream."""


def choose_provider(device: str) -> str:
    """Return the provider for ``auto``, ``cpu`` or ``cuda``; raises ``InputError`` if it isn't there."""
    import onnxruntime

    available = onnxruntime.get_available_providers()
    if device == "cuda" and CUDA not in available:
        raise InputError(
            Message("This ONNX Runtime has no CUDA: install onnxruntime-gpu, or choose the CPU.")
        )
    if device == "cpu":
        return CPU
    return next((provider for provider in FAST if provider in available), CPU)


def open_session(
    graph: bytes | str,
    provider: str,
    weights: Mapping[str, NDArray[np.float32]] | None = None,
    refusal: Message | None = None,
) -> tuple[Any, Any]:
    """Return a session of ``graph``, its content or its path, and what must live as long as it does.

    ``weights`` replace the external weights of the graph. ONNX Runtime reads them where they are. Raises
    :class:`ModelError` with ``refusal`` if ONNX Runtime can't use the graph.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = ERRORS_ONLY
    options.intra_op_num_threads = int(os.environ.get("OMP_NUM_THREADS") or 0)
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if provider == DIRECTML:
        options.enable_mem_pattern = False
    held = [onnxruntime.OrtValue.ortvalue_from_numpy(weight) for weight in (weights or {}).values()]
    providers = [provider] if provider == CPU else [provider, CPU]
    with refused(refusal):
        if weights:
            options.add_external_initializers(list(weights), held)
        session = onnxruntime.InferenceSession(graph, options, providers=providers)
    return session, (held, weights)


@contextmanager
def refused(refusal: Message | None) -> Iterator[None]:
    """Raise :class:`ModelError` with ``refusal`` for errors of ONNX Runtime that the graph causes.

    Lack of memory and failures of the GPU pass.
    """
    try:
        yield
    except Exception as error:
        other_cause = out_of_memory(error) or GPU_FAILURE in str(error)
        if refusal is None or other_cause or not _from_runtime(error):
            raise
        raise ModelError(refusal) from error


def _from_runtime(error: Exception) -> bool:
    """Return whether ONNX Runtime raised ``error``: its own classes share no base class."""
    return type(error).__module__.startswith("onnxruntime.") or isinstance(error, RuntimeError | ValueError)
