"""Longhaul beside others, on one witness and one plan of kills."""
