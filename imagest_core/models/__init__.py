"""Models: the Imagest network, its checkpoints, and the library of installed models.

Most modules need torch; import them only where a network runs.
"""
