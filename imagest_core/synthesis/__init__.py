"""Synthesis: pictures from text and style alone, as hypotheses about what is lost."""
