"""Tests, named after promises."""
