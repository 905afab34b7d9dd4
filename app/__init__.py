"""The workstation: all of Qt lives here."""
