"""The desktop program. All Qt code is in this package."""
