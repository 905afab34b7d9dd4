"""Paintings in and out: the reader, colour, resolution, metadata, and the TIFF writer."""
