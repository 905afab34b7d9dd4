"""The panels next to the canvas, in the order of the workflow."""
