"""Original and restored, side by side, one over the other, in turn, or as their difference."""
