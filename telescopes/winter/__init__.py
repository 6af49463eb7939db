"""WINTER."""
