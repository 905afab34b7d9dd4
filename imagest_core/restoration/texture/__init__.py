"""Texture synthesis: patches, detail, band energy, colour transfer."""
