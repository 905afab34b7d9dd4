"""Export from a project: the restored painting, its record, and the fills alone."""
