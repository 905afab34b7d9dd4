"""Stable Diffusion 1.x, 2.x and XL as backbones: loading, text, adapters, the style branch."""
