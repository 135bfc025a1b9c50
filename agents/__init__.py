"""Agents think: models, playbooks and the tools they may call."""
