"""The panels round the canvas, in the order of the work."""
