"""Scripted models: playbooks that need no language model."""
