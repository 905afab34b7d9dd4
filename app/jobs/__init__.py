"""Background work: the job queue, previews, preloading, time estimates."""
