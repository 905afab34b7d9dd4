"""Training the embedded model: pictures, simulated damage, the loops and their state on disk."""
