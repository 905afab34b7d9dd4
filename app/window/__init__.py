"""The main window: actions, docks, status bar, and what keeps them in step."""
