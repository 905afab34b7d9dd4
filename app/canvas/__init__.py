"""The canvas: shows a scan of any size with its damage, and provides the tools that mark damage."""
