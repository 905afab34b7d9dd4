"""The document a conservator works on, and the file that keeps every gesture of it."""
