"""The canvas: a scan of any size, the damage on it, and the tools that mark it."""
