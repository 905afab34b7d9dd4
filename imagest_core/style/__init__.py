"""Style references: regions and donor images from which a restoration takes its style."""
