"""The GUI benchmark: start-up time, responsiveness and memory of the window."""
