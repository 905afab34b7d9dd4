"""The embedded Imagest network."""
