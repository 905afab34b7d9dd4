"""Tools for developers; the program does not need them at run time."""
