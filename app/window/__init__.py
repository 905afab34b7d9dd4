"""The main window: actions, docks, status bar, and their synchronization with the document."""
