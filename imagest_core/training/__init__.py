"""Train the embedded model: pictures, simulated damage, the training loop and its state on disk."""
