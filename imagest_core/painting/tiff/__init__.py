"""Read, patch, compact and write TIFF files."""
