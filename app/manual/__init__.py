"""The manual: Markdown pages shown in a window of the program, without a network."""
