"""Workflows decide: deterministic code that Temporal replays."""
