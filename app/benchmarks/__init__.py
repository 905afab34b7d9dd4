"""The window measured: how soon, how smoothly, with how much memory."""
