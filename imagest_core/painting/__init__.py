"""Read and write paintings: reader, colour, resolution, metadata and the TIFF writer."""
