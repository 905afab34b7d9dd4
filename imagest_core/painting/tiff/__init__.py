"""Reading, patching and converting TIFF files."""
