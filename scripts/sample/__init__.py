"""The project's own sample: a procedural painting, its damage, and the pictures of the README."""
