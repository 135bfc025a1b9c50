"""Stores keep: Postgres, Redis and the file system, and nothing else touches them."""
