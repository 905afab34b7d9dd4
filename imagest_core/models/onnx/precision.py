"""The number formats that a graph can be exported in."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

FLOAT32, FLOAT16, INT8 = "float32", "float16", "int8"
PRECISIONS = (FLOAT32, FLOAT16, INT8)


def converted(proto: Any, precision: str) -> Any:
    """Return the graph ``proto`` in a precision; inputs and outputs stay float32."""
    if precision == FLOAT16:
        from onnxruntime.transformers.float16 import convert_float_to_float16

        return convert_float_to_float16(proto, keep_io_types=True, disable_shape_infer=False)
    return _quantized(proto) if precision == INT8 else proto


def _quantized(proto: Any) -> Any:
    """Return a graph with int8 weights; activations are quantized as they come."""
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "quantized.onnx")
        quantize_dynamic(proto, path, weight_type=QuantType.QInt8, per_channel=True)
        return onnx.load(path)
