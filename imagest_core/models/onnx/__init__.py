"""The Imagest network as ONNX graphs: running them needs onnxruntime alone, exporting them needs torch."""
