"""Tools around the project; none of them is needed to run it."""
