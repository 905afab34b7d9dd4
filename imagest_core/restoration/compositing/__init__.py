"""From window fills to a composite: views, boundary matching, coarse fills, assembly."""
