"""The panels beside the canvas, in the order of the workflow."""
