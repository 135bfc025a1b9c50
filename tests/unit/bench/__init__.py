"""The protocol checker."""
