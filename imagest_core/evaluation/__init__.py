"""Measure engines on cases whose undamaged picture is known."""
