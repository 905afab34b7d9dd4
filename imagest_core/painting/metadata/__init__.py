"""Metadata of scans: blocks, text mappings, embedded previews, writing notes."""
