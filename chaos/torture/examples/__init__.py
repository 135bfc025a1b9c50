"""A tool for each effect that keeps its promise, and one that does not."""
