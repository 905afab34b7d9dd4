"""Translation of messages that come from the core, and of operation names."""
