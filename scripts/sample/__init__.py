"""The bundled sample: a procedural painting and its damage."""
