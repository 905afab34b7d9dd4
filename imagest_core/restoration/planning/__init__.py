"""Plan which windows fill which damage, and at which scale."""
